import pytest

from algozoo.benchmark.suite import load_suite, suite_names
from algozoo.datasets import load_dataset
from algozoo.detectors.registry import BUILT_IN, create
from algozoo.errors import InputError


@pytest.mark.parametrize("name", suite_names())
def test_every_suite_that_comes_with_algozoo_is_sound(name):
    suite = load_suite(name)
    assert suite.name == name
    for entry in suite.datasets:
        dataset = load_dataset(entry.name)
        assert (entry.sequences or 0) <= dataset.n_sequences
        assert all(annulus.contrast for annulus in dataset.manifest.annuli)
    labels = [create(d.name, **d.parameters).label for d in suite.detectors]
    assert len(set(labels)) == len(labels)
    assert {name for name in BUILT_IN if create(name).control} <= set(labels)


def test_an_unknown_suite_gets_the_nearest_suggested():
    with pytest.raises(InputError, match="no suite is called 'quik'; did you mean 'quick'"):
        load_suite("quik")


def test_every_mistake_of_a_suite_is_reported_at_once(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("""
format = 2
name = "Bad Name"
title = "Bad"
description = ""
seed = -1
extra = 1
[[datasets]]
name = "tiny"
sequences = -1
injections = 0
""")
    with pytest.raises(InputError) as caught:
        load_suite(str(path))
    message = str(caught.value)
    assert str(path) in message
    for field in ("format", "name", "version", "seed", "extra", "sequences", "injections", "detectors"):
        assert field in message


def test_the_full_suite_has_three_hundred_companions_in_twenty_sequences_of_a_simulated_dataset():
    for entry in load_suite("full").datasets:
        dataset = load_dataset(entry.name)
        if dataset.manifest.kind == "simulated":
            assert entry.sequences * entry.injections * len(dataset.manifest.annuli) == 300
            assert entry.sequences == 20


@pytest.mark.parametrize("name", ["quick", "full"])
def test_every_detector_of_the_zoo_is_compared(name):
    assert set(BUILT_IN) <= {detector.name for detector in load_suite(name).detectors}
