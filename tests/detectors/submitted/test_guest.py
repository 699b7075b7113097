"""Which detector a submission has; what becomes of it in a sandbox stands in `test_detector`."""

from importlib.util import module_from_spec, spec_from_file_location

import pytest

from algozoo.detectors.submitted.guest import find_detector

FUNCTION = "def detect(cube, angles, psf):\n    return cube[0]\n"
CLASS = """from algozoo.detectors.contract import DetectionMap, Detector


class Mine(Detector):
    def detect(self, sequence):
        return DetectionMap(scores=sequence.cube[0], kind="snr")
"""


@pytest.fixture
def found(tmp_path):
    """Import a file as a submission is, and return its detector."""

    def found(code: str):
        path = tmp_path / "detector.py"
        path.write_text(code)
        spec = spec_from_file_location("detector", path)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return find_detector(module)

    return found


@pytest.mark.parametrize(("code", "name"), [(FUNCTION, "detect"), (CLASS, "Mine")])
def test_a_function_or_a_class_is_a_detector(found, code, name):
    assert found(code).__name__ == name


def test_imported_and_abstract_detectors_do_not_count(found):
    more = "\n\nclass Base(Detector):\n    pass\n"
    assert found(f"from algozoo.detectors.median import Median\n{CLASS}{more}").__name__ == "Mine"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("x = 1\n", "has neither a function detect"),
        ("from algozoo.detectors.median import Median\n", "has neither a function detect"),
        (FUNCTION + CLASS, "has 2 detectors, detect .line 1., Mine .line 6."),
        (FUNCTION + FUNCTION, "has 2 detectors, detect .line 1., detect .line 3."),
    ],
)
def test_none_or_more_than_one_is_refused(found, code, told):
    with pytest.raises(ImportError, match=told):
        found(code)
