from algozoo.detectors.costs import costs
from algozoo.detectors.registry import BUILT_IN, create


def test_every_detector_that_is_no_control_is_measured_first_with_its_defaults():
    measured = {name for name in BUILT_IN if costs(name)}
    assert measured == {name for name in BUILT_IN if not create(name).control}
    for name in measured:
        first = costs(name)[0]
        assert (first["parameters"], first["frames"], first["size"]) == ("", "61", "101")
        assert float(first["cpu_seconds"]) > 0
        assert float(first["memory_per_cube"]) > 1


def test_nothing_is_said_of_others():
    assert costs("vip-pca") == []
