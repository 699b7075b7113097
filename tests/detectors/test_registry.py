import sys
from importlib import metadata
from pathlib import Path

import pytest

from algozoo.detectors.contract import Detector
from algozoo.detectors.median import Median
from algozoo.detectors.registry import BUILT_IN, create, detector_digest, registered
from algozoo.errors import InputError

DETECTOR = '''
from dataclasses import dataclass
from typing import ClassVar
from algozoo.detectors.contract import DetectionMap, Detector

@dataclass(frozen=True, kw_only=True)
class Mine(Detector):
    """Add frames."""
    name: ClassVar[str] = "{name}"
    title: ClassVar[str] = "Mine"
    reference: ClassVar[str] = "none"
    power: float = 1.0

    def detect(self, sequence):
        return DetectionMap(scores=sequence.cube.sum(axis=0) ** self.power, kind="ratio")
'''


@pytest.fixture
def submit(tmp_path):
    def submit(name: str = "mine", manifest: str = 'name = "mine"\nclass = "Mine"', code: str = DETECTOR) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "submission.toml").write_text(manifest)
        (folder / "detector.py").write_text(code.replace("{name}", name))
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


def test_a_submission_is_registered_and_runs(submit, make_sequence):
    detector = create("mine", {"power": 2.0}, submissions=submit())
    assert isinstance(detector, Detector)
    assert detector.detect(make_sequence()).scores.shape == (41, 41)


def test_listing_imports_nothing(submit):
    folder = submit(code="raise RuntimeError('imported')")
    before = set(sys.modules)
    assert "mine" in registered(folder)
    assert not [name for name in set(sys.modules) - before if "submission" in name]


def test_an_installed_package_is_registered(monkeypatch):
    point = metadata.EntryPoint("theirs", "algozoo.detectors.median:Median", "algozoo.detectors")
    monkeypatch.setattr("algozoo.detectors.registry.entry_points", lambda group: [point] if group else [])
    assert registered()["theirs"].origin.startswith("package")
    with pytest.raises(InputError, match="its class has name = 'median', expected 'theirs'"):
        create("theirs")


def test_a_name_taken_twice_names_both_sources(submit):
    folder = submit(manifest='name = "pca"\nclass = "Mine"')
    with pytest.raises(InputError, match=r"two detectors are called 'pca': built-in and .*mine"):
        registered(folder)


@pytest.mark.parametrize(
    ("manifest", "code", "message"),
    [
        ("name = ", DETECTOR, "not readable as TOML"),
        ("title = 'x'", DETECTOR, "name and class missing"),
        ('name = "mine"\nclass = "Yours"', DETECTOR, "cannot be imported: AttributeError"),
        ('name = "mine"\nclass = "Mine"', "import nothing_like_it", "cannot be imported: ModuleNotFoundError"),
        ('name = "mine"\nclass = "Mine"', "Mine = 3", "no dataclass derived from Detector"),
    ],
)
def test_broken_submissions_are_said_to_be(submit, manifest, code, message):
    folder = submit(manifest=manifest, code=code)
    with pytest.raises(InputError, match=message):
        create("mine", submissions=folder)


def test_unknown_names_get_the_nearest_suggested():
    with pytest.raises(InputError, match="no detector is called 'pcaa'; did you mean 'pca'"):
        create("pcaa")
    with pytest.raises(InputError, match="did you mean 'n_components'"):
        create("pca", {"ncomponents": 3})


def test_parameters_are_held_against_their_types():
    assert create("pca", {"n_components": 0.9}).parameters["n_components"] == 0.9
    with pytest.raises(InputError, match="pca: n_components is 'ten': Input should be"):
        create("pca", {"n_components": "ten"})
    with pytest.raises(InputError, match="combine is 'sum'"):
        create("median", {"combine": "sum"})


def test_digest_changes_with_the_code(submit):
    folder = submit()
    first = detector_digest(create("mine", submissions=folder))
    assert detector_digest(create("mine", submissions=folder)) == first
    (folder / "mine" / "helper.py").write_text("x = 1")
    assert detector_digest(create("mine", submissions=folder)) != first
    assert detector_digest(Median()) != first
