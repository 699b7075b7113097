import subprocess
import sys
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.datasets import load_dataset
from algozoo.detectors.controls import Random
from algozoo.detectors.registry import create
from algozoo.detectors.supervised import sodinn as sodinn_module
from algozoo.detectors.supervised.sodinn import SODINN
from algozoo.detectors.supervised.sodirf import SODIRF
from algozoo.errors import InputError
from algozoo.scoring import find_candidates

SMALL = SODIRF(n_levels=6, n_samples=40, n_trees=20)


@pytest.fixture(scope="module")
def fitted(night):
    return SMALL.fit(night.flipped())


def test_state_survives_a_file(fitted, night, tmp_path):
    np.savez(tmp_path / "model.npz", **fitted.state())
    with np.load(tmp_path / "model.npz", allow_pickle=False) as archive:
        again = SMALL.with_state(dict(archive))
    first, second = (d.detect(night).scores for d in (fitted, again))
    assert np.array_equal(first, second, equal_nan=True)


def test_every_pixel_of_the_field_is_scored(fitted, night):
    result = fitted.detect(night)
    y, x = np.mgrid[:41, :41] - 20
    separation = np.hypot(x, y)
    field = (separation >= night.fwhm) & (separation <= (41 - night.fwhm) / 2)
    assert np.array_equal(np.isfinite(result.scores), field)
    assert result.kind == "log_odds"


def test_unfitted_it_learns_from_the_flipped_twin(night, fitted):
    assert np.array_equal(SMALL.detect(night).scores, fitted.detect(night).scores, equal_nan=True)


def test_fitting_leaves_the_detector_as_it_was(fitted):
    assert SMALL.model is None
    assert fitted == SMALL
    assert fitted.label == SMALL.label
    with pytest.raises(InputError, match="not fitted: call fit first"):
        SMALL.state()


def test_a_model_for_another_geometry_is_refused(fitted, make_sequence):
    with pytest.raises(InputError, match=r"made for n_levels=6, .* the detector has n_levels=8"):
        SODIRF(n_levels=8).with_state(fitted.state())
    with pytest.raises(InputError, match=r"FWHM 4.00 px, and that of sequence is 5.00 px"):
        fitted.detect(make_sequence(n_frames=20, psf_fwhm=5.0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"left": None}, "array left of the model has shape None"),
        ({"feature": np.zeros((2, 2))}, r"array feature of the model has shape \(2, 2\)"),
        ({"threshold": np.zeros(3)}, "different lengths"),
        ({"roots": np.array([10**7])}, "leads to nowhere"),
        ({"fwhm": None}, "has no fwhm; it is no model"),
    ],
)
def test_a_damaged_model_is_refused(fitted, change, message):
    state = {name: array for name, array in (fitted.state() | change).items() if array is not None}
    with pytest.raises(InputError, match=message):
        SMALL.with_state(state)


@pytest.mark.parametrize(
    ("model", "message"),
    [("forest.npz", "sodirf: model is 'forest.npz', expected Mapping"), ({}, "the model has no patch, levels")],
)
def test_what_is_no_model_is_refused(model, message):
    with pytest.raises(InputError, match=message):
        SODIRF(model=model)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_levels": 0}, r"n_levels is 0, expected an integer \(1 or more\) or a list"),
        ({"patch_width": 0.5}, "patch_width is 0.5"),
        ({"n_samples": 5}, r"n_samples is 5, expected an integer \(20 or more\)"),
        ({"snr": (3.0, 1.0)}, "snr is"),
        ({"seed": -1}, "seed is -1"),
        ({"n_trees": 2}, "n_trees is 2"),
        ({"sample_fraction": 1.5}, "sample_fraction is 1.5"),
        ({"min_leaf": 0}, "min_leaf is 0"),
    ],
)
def test_impossible_parameters_are_refused(night, parameters, message):
    with pytest.raises(InputError, match=message):
        SODIRF(**parameters).fit(night)


def test_a_model_for_other_patches_or_another_scale_is_refused(night):
    state = SMALL.fit(night).state()
    for other in (replace(SMALL, patch_width=3.0), replace(SMALL, normalisation="slice"), replace(SMALL, n_levels=5)):
        with pytest.raises(InputError, match=r"the model was made for n_levels=6, .*, the detector has n_levels="):
            other.with_state(state)
    with pytest.raises(InputError, match="the model has no levels"):
        SMALL.with_state(state | {"levels": np.array([4, 4])})


def test_a_fitted_detector_with_other_samples_must_be_fitted_again(fitted, night):
    with pytest.raises(InputError, match=r"made for n_levels=6, .* the detector has n_levels=5, .* or fit it again"):
        replace(fitted, n_levels=5).detect(night)


def test_nothing_else_needs_torch():
    code = (
        "import sys\n"
        "class NoTorch:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.partition('.')[0] == 'torch': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, NoTorch())\n"
        "import algozoo.detectors.registry as r, algozoo.detectors.versions as v\n"
        "[v.detector_version(r.create(name)) for name in r.BUILT_IN]\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_torch_sodinn_names_the_extra(night, monkeypatch):
    monkeypatch.setattr(sodinn_module, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r'PyTorch, which is not installed: pip install "algozoo\[sodinn\]"'):
        SODINN().fit(night)


@lru_cache
def trained(name, seed=0):
    dataset = load_dataset("tiny")
    parameters = {
        "sodirf": {"n_levels": 8, "n_samples": 80},
        "sodinn": {"n_levels": 8, "n_samples": 80, "patch_width": 1.5, "architecture": "conv3d", "epochs": 6},
    }[name]
    return create(name, **parameters, seed=seed).fit(dataset.development_sequence(0))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sodirf", pytest.param("sodinn", marks=pytest.mark.torch)])
def test_trained_on_another_sequence_it_finds_more_than_chance(name):
    """Among the candidates of a map, the companion ranks higher than with random scores (sign test, 8 of 8)."""
    sequence = load_dataset("tiny").sequence(0)
    field = load_dataset("tiny").valid_mask(sequence)
    ranks = []
    for detector in (trained(name), Random()):
        ranks.append([])
        for k in range(8):
            companion = Companion(separation=12, azimuth=45 * k, contrast=1e-3)
            test = inject(sequence, [companion])
            peaks = find_candidates(detector.detect(test).scores, fwhm=test.fwhm, valid=field)
            x, y = companion.position(test)
            near = np.flatnonzero(np.hypot(peaks.x - x, peaks.y - y) <= test.fwhm)
            ranks[-1].append(near[0] if near.size else len(peaks.x))
    assert np.sum(np.array(ranks[0]) < np.array(ranks[1])) >= 7
    assert np.median(ranks[0]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sodirf", pytest.param("sodinn", marks=pytest.mark.torch)])
def test_same_seed_gives_the_same_map_and_another_seed_another(name):
    sequence = load_dataset("tiny").sequence(0)
    first = trained(name).detect(sequence).scores
    again = trained.__wrapped__(name).detect(sequence).scores
    other = trained(name, 1).detect(sequence).scores
    assert np.array_equal(first, again, equal_nan=True)
    assert not np.array_equal(first, other, equal_nan=True)
