import importlib.util
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from algozoo.detectors import versions as module
from algozoo.detectors.registry import BUILT_IN, create, registered
from algozoo.detectors.subtraction import PSFSubtraction
from algozoo.detectors.versions import detector_version
from algozoo.errors import InputError

MANIFEST = """name = "mine"
title = "Mine"
authors = ["A. Person"]
reference = "none"
licence = "MIT"
kind = "ratio"
"""
PLUGIN = """from dataclasses import dataclass
from algozoo.detectors.contract import Detector
@dataclass(frozen=True, kw_only=True)
class Theirs(Detector):
    name = "theirs"
    def detect(self, sequence): ...
"""


@pytest.fixture
def mine(tmp_path):
    """Make a submission of some code, and return what stands for it in keys."""

    def version(code="raise RuntimeError('imported')", **files):
        folder = tmp_path / "mine"
        folder.mkdir(exist_ok=True)
        for name, text in {"submission.toml": MANIFEST, "detector.py": code, **files}.items():
            (folder / name).write_text(text)
        return detector_version(registered(tmp_path)["mine"].create())

    return version


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Make a class of an installed package of some code, and return what stands for it in keys."""

    def version(code=PLUGIN, number="1.0"):
        path = tmp_path / "theirs_code.py"
        path.write_text(code)
        spec = importlib.util.spec_from_file_location("theirs_code", path)
        loaded = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "theirs_code", loaded)
        spec.loader.exec_module(loaded)
        point = SimpleNamespace(dist=SimpleNamespace(name="theirs-package", version=number))
        monkeypatch.setattr(module, "entry_points", lambda **wanted: [point] * (wanted["name"] == "theirs"))
        return detector_version(loaded.Theirs())

    return version


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_has_a_version_of_its_own(name):
    """One that is inherited would be raised with that of its base, and not without."""
    assert "version" in vars(registered()[name].detector_class())
    assert detector_version(create(name)) == create(name).version != ""


def test_that_of_a_submission_is_of_all_files_and_of_whether_it_is_confined(mine, monkeypatch):
    first = mine()
    assert mine() == first
    second = mine(**{"weights.txt": "1"})
    monkeypatch.setenv("ALGOZOO_SANDBOX", "none")
    assert len({first, second, mine(**{"weights.txt": "1"})}) == 3


def test_that_of_third_party_code_is_of_what_it_may_import(mine, plugin, monkeypatch):
    before = mine(), plugin()
    monkeypatch.setattr(module, "IMPORTS_VERSION", "another")
    assert not {mine(), plugin()} & set(before)


@pytest.mark.parametrize(
    ("code", "uses_pca"),
    [
        ("from algozoo.imaging.snr import snr_map\nfrom algozoo.detectors.contract import Detector", False),
        ("import numpy\n# as pca does", False),
        ("from algozoo.detectors.pca import (PCA)", True),
        ("from algozoo.detectors import pca", True),
        ("import algozoo.detectors.pca", True),
        ("from importlib import import_module\nimport_module('algozoo.detectors.pca')", True),
        ("from algozoo.detectors.registry import create", True),
        ("import algozoo as az", True),
        ("from algozoo import PCA", True),
        ("import algozoo.detectors as zoo", True),
        ("from algozoo.detectors.supervised import residuals", True),
    ],
)
def test_that_of_third_party_code_is_of_the_detectors_that_it_imports(mine, code, uses_pca, monkeypatch):
    before = mine(code)
    monkeypatch.setattr("algozoo.detectors.pca.PCA.version", "another")
    assert (mine(code) != before) == uses_pca


def test_that_of_an_installed_package_is_of_its_version_and_its_text(plugin):
    first = plugin()
    assert plugin() == first
    assert "theirs-package 1.0" in first
    assert len({first, plugin(number="1.1"), plugin(PLUGIN + "# changed\n")}) == 3


def test_a_class_of_no_file_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "notebook", SimpleNamespace())

    @dataclass(frozen=True, kw_only=True)
    class Mine(PSFSubtraction):
        name = "mine"

        def subtract(self, sequence): ...

    Mine.__module__ = "notebook"
    with pytest.raises(InputError, match=r"detector Mine is defined in no file, .*put the class into a module"):
        detector_version(Mine())
