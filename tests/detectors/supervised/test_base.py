import re
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from algozoo.benchmark.training import FileCheckpoint
from algozoo.companions import Companion, inject
from algozoo.datasets import load_dataset
from algozoo.detectors.contract import Declined
from algozoo.detectors.controls import Random
from algozoo.detectors.registry import create
from algozoo.detectors.supervised import sodinn as sodinn_module
from algozoo.detectors.supervised.progress import seed_of_step
from algozoo.detectors.supervised.residuals import Residuals, annular_residuals
from algozoo.detectors.supervised.samples import draw_samples
from algozoo.detectors.supervised.sodinn import SODINN
from algozoo.detectors.supervised.sodirf import SODIRF, exported, probabilities
from algozoo.errors import AlgoZooError, InputError
from algozoo.scoring import find_candidates

SMALL = SODIRF(n_levels=6, n_samples=40, n_trees=20)


@pytest.fixture(scope="module")
def night(make_sequence):
    return make_sequence(n_frames=20, parallactic_angles=np.linspace(0, 80, 20))


@pytest.fixture(scope="module")
def fitted(night):
    return SMALL.fit(night.flipped())


@pytest.fixture(scope="module")
def forest():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 6)).astype(np.float32)
    return RandomForestClassifier(25, min_samples_leaf=3, random_state=0).fit(x, x[:, 0] > x[:, 1]), x


def test_exported_trees_lead_to_the_same_leaves(forest):
    made, x = forest
    model = exported(made)
    counts = [tree.tree_.weighted_n_node_samples[tree.apply(x)] for tree in made.estimators_]
    smoothed = [
        (tree.predict_proba(x)[:, 1] * n + 1) / (n + 2) for tree, n in zip(made.estimators_, counts, strict=True)
    ]
    assert np.allclose(probabilities(model, x), np.mean(smoothed, axis=0), atol=1e-12)


@pytest.fixture(scope="module")
def samples(night):
    residuals = annular_residuals(night, 4, 9)
    return draw_samples(residuals, 40, np.random.default_rng(0), snr=(1.0, 100.0), normalisation="noise")[0]


def test_a_forest_is_that_of_scikit_learn(samples):
    learnt = SODIRF(n_trees=10, seed=3).learn(samples)
    train = samples.of("train")
    flat = train.patches.reshape(len(train), -1)
    seed = seed_of_step(3, 0)
    whole = RandomForestClassifier(10, max_samples=0.3, min_samples_leaf=3, random_state=seed, oob_score=True)
    expected = exported(whole.fit(flat, train.labels)) | {"out_of_bag": whole.oob_score_}
    assert learnt.keys() == expected.keys()
    assert all(np.array_equal(learnt[name], expected[name]) for name in expected)


def test_a_forest_that_was_stopped_grows_into_the_same(samples, tmp_path):
    def stop(progress):
        if progress[:2] == ("trees grown", 20):
            raise KeyboardInterrupt

    checkpoint, told = FileCheckpoint(tmp_path / "unfinished.npz"), []
    with pytest.raises(KeyboardInterrupt):
        SODIRF(n_trees=35).learn(samples, stop, checkpoint)
    resumed, whole = SODIRF(n_trees=35).learn(samples, told.append, checkpoint), SODIRF(n_trees=35).learn(samples)
    assert [progress.step for progress in told if progress.what == "trees grown"] == [30, 35]
    assert len(set(whole["threshold"][whole["roots"]])) > 20
    assert resumed.keys() == whole.keys()
    assert all(np.array_equal(resumed[name], whole[name]) for name in whole)


def test_log_odds_are_finite_where_all_trees_agree(fitted):
    extreme = np.full((1, 6, 9, 9), 1e6, dtype=np.float32)
    assert np.isfinite(fitted.log_odds(fitted.state(), extreme)).all()


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


@pytest.mark.parametrize("detector", [SODIRF, pytest.param(SODINN, marks=pytest.mark.torch)])
def test_a_patch_too_small_for_a_companion_is_refused(make_sequence, detector):
    with pytest.raises(InputError, match=r"patches of 1 FWHM \(2.60 px\) have 3 px, expected at least 5"):
        detector(n_levels=4, patch_width=1.0).fit(make_sequence(psf_fwhm=2.6))


def test_a_mask_of_another_size_is_refused(night):
    with pytest.raises(InputError, match=r"usable has shape \(5, 5\), expected that of a frame"):
        SMALL.fit(night, usable=np.ones((5, 5), dtype=bool))


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


def test_too_few_frames_for_the_levels_are_declined(make_sequence):
    with pytest.raises(Declined, match="lower n_levels, or take more frames"):
        SODIRF(n_samples=20).fit(make_sequence(n_frames=12))


def test_want_of_memory_is_told_with_what_to_change(night, monkeypatch):
    def full(*_):
        raise MemoryError

    monkeypatch.setattr(Residuals, "injected", full)
    with pytest.raises(AlgoZooError, match=r"out of memory while training on \d+ samples .* lower n_samples from 40"):
        SMALL.fit(night)


@pytest.mark.torch
def test_want_of_memory_in_pytorch_is_told_alike(night, monkeypatch):
    from algozoo.detectors.supervised import network  # noqa: PLC0415 - needs PyTorch

    def full(*_):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(network.Trainer, "run", full)
    with pytest.raises(AlgoZooError, match=r"out of memory .* lower n_samples from 20 or batch from 64"):
        SODINN(n_levels=4, n_samples=20).fit(night)


def test_levels_may_be_listed(night):
    listed = SODIRF(n_levels=(1, 2, 4, 7), n_samples=20, n_trees=10).fit(night)
    rings = annular_residuals(night, (1, 2, 4, 7), 9)
    assert all(ring.levels.tolist() == [1, 2, 4, 7] for ring in rings)
    assert np.isfinite(listed.detect(night).scores).any()
    with pytest.raises(InputError, match=r"n_levels is \(3, 3\), expected .*, rising\)"):
        SODIRF(n_levels=(3, 3)).fit(night)
    with pytest.raises(Declined, match=r"n_levels=\(1, 25\) are asked for"):
        SODIRF(n_levels=(1, 25)).fit(night)


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


def test_training_tells_the_out_of_bag_score_and_the_auc_of_what_was_not_seen(night):
    told = []
    SMALL.fit(night, report=told.append)
    assert [one.step for one in told if one.what == "trees grown"] == [10, 20]
    assert any(re.match(r"out-of-bag score 0\.\d{3}, validation AUC 0", str(it)) for it in told)
    assert re.fullmatch(r"AUC of \d+ samples not seen in training: [01]\.\d{3}", str(told[-1]))


def test_a_spectral_sequence_is_brought_together_first(make_sequence):
    rng = np.random.default_rng(0)
    angles = np.linspace(0, 80, 20)
    one = make_sequence(n_frames=20, size=61, parallactic_angles=angles)
    cube = rng.standard_normal((2, 20, 61, 61))
    spectral = replace(one, cube=cube, psf=np.stack([one.psf] * 2), wavelengths=np.array([1.0, 1.4]))
    scores = SODIRF(n_levels=4, n_samples=20, n_trees=10).detect(spectral).scores
    assert scores.shape == (61, 61)
    assert np.isfinite(scores).any()


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
