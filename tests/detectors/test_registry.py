import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from algozoo.detectors.contract import Detector
from algozoo.detectors.registry import BUILT_IN, create, is_built_in, registered
from algozoo.errors import InputError

MANIFEST = """name = "mine"
title = "Mine"
authors = ["A. Person"]
reference = "none"
licence = "MIT"
kind = "ratio"
[parameters.power]
default = 1.0
description = "Of the sum."
"""


@pytest.fixture
def submit(tmp_path):
    def submit(name: str = "mine", manifest: str = MANIFEST) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "submission.toml").write_text(manifest.replace('"mine"', f'"{name}"'))
        (folder / "detector.py").write_text("raise RuntimeError('imported')")
        return tmp_path

    return submit


def test_names_of_the_built_ins_are_those_of_their_classes():
    for name, entry in registered().items():
        if name in BUILT_IN:
            assert entry.detector_class().name == name


def test_every_built_in_says_what_it_is():
    for name in BUILT_IN:
        detector = create(name)
        assert detector.title
        assert detector.reference
        assert type(detector).__doc__.strip()


def test_a_submission_is_a_detector_made_from_its_manifest_without_importing_it(submit):
    before = set(sys.modules)
    detector = registered(submit())["mine"].create(power=2.0)
    assert isinstance(detector, Detector)
    assert (detector.label, detector.title, detector.parameters) == ("mine(power=2.0)", "Mine", {"power": 2.0})
    assert not [name for name in set(sys.modules) - before if name.partition(".")[0] not in {"algozoo", "pydantic"}]


def test_an_installed_package_is_registered(monkeypatch):
    point = metadata.EntryPoint("theirs", "algozoo.detectors.median:Median", "algozoo.detectors")
    monkeypatch.setattr("algozoo.detectors.registry.entry_points", lambda group: [point] if group else [])
    assert registered()["theirs"].origin.startswith("package")
    with pytest.raises(InputError, match="its class has name = 'median', expected 'theirs'"):
        create("theirs")


def test_a_name_taken_twice_names_both_sources(submit):
    with pytest.raises(InputError, match=r"two detectors are called 'pca': built-in and .*pca"):
        registered(submit("pca"))


def test_one_broken_manifest_does_not_stand_in_the_way_of_the_others(submit):
    folder = submit(manifest="name = ")
    assert registered(folder)["median"].create().name == "median"
    with pytest.raises(InputError, match="is not TOML"):
        registered(folder)["mine"].create()


def test_parameters_of_a_submission_are_held_against_their_types(submit):
    folder = submit()
    assert registered(folder)["mine"].create(power=2).parameters == {"power": 2}
    with pytest.raises(InputError, match="mine: power is 'two'"):
        registered(folder)["mine"].create(power="two")


def test_unknown_names_get_the_nearest_suggested():
    with pytest.raises(InputError, match="no detector is called 'pcaa'; did you mean 'pca'"):
        create("pcaa")
    with pytest.raises(InputError, match="did you mean 'n_components'"):
        create("pca", ncomponents=3)


def test_parameters_are_held_against_their_types():
    assert create("pca", n_components=0.9).parameters["n_components"] == 0.9
    with pytest.raises(InputError, match="pca: n_components is 'ten', expected an integer"):
        create("pca", n_components="ten")
    with pytest.raises(InputError, match="combine is 'sum', expected 'median' or 'mean'"):
        create("median", combine="sum")
    with pytest.raises(InputError, match=r"n_components is 0, expected an integer \(1 or more\) or a number"):
        create("pca", n_components=0)


def test_numbers_of_numpy_are_taken_as_those_of_python():
    made = create("pca", n_components=np.int64(7))
    assert made.label == "pca(n_components=7)"
    assert type(made.n_components) is int
    type(made)(n_components=np.float64(0.9)).check_parameters()


def test_built_in_is_what_is_registered_here_and_nothing_made_from_it(submit):
    class Median(type(create("median"))):
        pass

    assert all(is_built_in(create(name)) for name in BUILT_IN)
    assert not is_built_in(Median())
    assert not is_built_in(registered(submit())["mine"].create())


def test_lists_are_taken_for_tuples_as_toml_has_none():
    assert create("sodirf", snr=[1.0, 3.0], n_levels=[1, 2, 5]).parameters["snr"] == (1.0, 3.0)
    with pytest.raises(InputError, match=r"rotation is 0.1, expected a list \[a number \(0 or more\), a number"):
        create("annular-pca", rotation=0.1)
