import importlib.util
import sys
import tomllib

import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.detectors.submitted.manifest import read_submission
from algozoo.errors import InputError
from algozoo.submissions.template import check_name, new_submission

FACTS = {
    "name": "my-2nd-algo",
    "title": 'Says "more"',
    "authors": ["A. Person", "B. Ötker"],
    "reference": "in preparation",
    "licence": "MIT",
    "kind": "ratio",
}


def detector_of(folder):
    spec = importlib.util.spec_from_file_location("of_the_template", folder / "detector.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def assert_on_planet(scores, sequence, planet):
    assert np.isfinite(scores).all()
    row, column = np.unravel_index(scores.argmax(), scores.shape)
    x, y = planet.position(sequence)
    assert np.hypot(column - x, row - y) < sequence.fwhm / 2


@pytest.fixture
def observed(make_sequence):
    planet = Companion(separation=12, azimuth=70, contrast=0.05)
    null = make_sequence()
    return inject(null, [planet]), planet


def test_a_new_function_finds_a_planet(tmp_path, observed):
    sequence, planet = observed
    folder = new_submission(FACTS, tmp_path)
    scores = detector_of(folder).detect(sequence.cube, sequence.parallactic_angles, sequence.psf, sequence.fwhm)
    assert_on_planet(scores, sequence, planet)


def test_a_new_class_finds_a_planet(tmp_path, observed):
    sequence, planet = observed
    found = detector_of(new_submission(FACTS, tmp_path, "class")).My2ndAlgo().detect(sequence)
    assert found.kind == "ratio"
    assert_on_planet(found.scores, sequence, planet)


@pytest.mark.parametrize("form", ["function", "class"])
def test_a_new_manifest_says_what_was_said(tmp_path, form):
    folder = new_submission(FACTS, tmp_path, form)
    manifest = read_submission(folder)
    assert manifest.title == 'Says "more"'
    assert manifest.authors == ("A. Person", "B. Ötker")
    assert tomllib.loads((folder / "submission.toml").read_text())["kind"] == "ratio"
    assert "my-2nd-algo" in (folder / "README.md").read_text()
    assert set(manifest.parameters) == {"smoothing"}


def test_a_name_that_is_taken_says_by_whom(tmp_path):
    with pytest.raises(InputError, match="the name 'pca' is taken: built-in"):
        check_name("pca", tmp_path)


def test_a_folder_that_exists_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(InputError, match="mine exists already"):
        new_submission({**FACTS, "name": "mine"}, tmp_path)
    assert list((tmp_path / "mine").iterdir()) == []


@pytest.mark.parametrize("name", ["My Algo", "", "ä", "../x"])
def test_a_name_is_lower_case_letters_digits_and_hyphens(tmp_path, name):
    with pytest.raises(InputError, match="expected lower-case letters"):
        check_name(name, tmp_path)


def test_all_mistakes_are_told_at_once(tmp_path):
    with pytest.raises(InputError, match="3 mistakes") as error:
        new_submission({**FACTS, "title": "", "kind": "sigma", "licence": ""}, tmp_path)
    assert {"title", "kind", "licence"} <= {line.split()[0] for line in str(error.value).splitlines()[1:]}
    assert list(tmp_path.iterdir()) == []
