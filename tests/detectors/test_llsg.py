import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.detectors.contract import Declined
from algozoo.detectors.llsg import ITERATIONS, LLSG, godec
from algozoo.errors import InputError
from algozoo.imaging.annuli import annuli, segments
from algozoo.imaging.robust import scatter

ANGLES = np.linspace(3, 88, 12)


@pytest.fixture
def sequence(make_sequence):
    return make_sequence(parallactic_angles=ANGLES)


def sparse_part(patch, sparsity=1.0, iterations=ITERATIONS):
    return godec(patch, 2, lambda left: sparsity * scatter(left.ravel()), iterations)


def patch_with_a_sparse_part(seed, unit=1.0):
    """Return a patch of rank 2 with weak noise and 3 % of bright pixels, and these."""
    rng = np.random.default_rng(seed)
    star = 100 * rng.standard_normal((30, 2)) @ rng.standard_normal((2, 200))
    bright = np.where(rng.random((30, 200)) < 0.03, 50.0, 0)
    return unit * (star + bright + 0.1 * rng.standard_normal((30, 200))), unit * bright


@given(st.integers(0, 2**32 - 1))
def test_what_is_bright_and_rare_is_in_the_sparse_part(seed):
    patch, bright = patch_with_a_sparse_part(seed)
    sparse = sparse_part(patch, sparsity=4, iterations=200)
    assert np.array_equal(abs(sparse) > 25, bright > 25)
    assert abs(sparse - bright).max() <= 0.1 * 50


@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6))
def test_sparse_part_does_not_depend_on_the_unit(seed, unit):
    patch, _ = patch_with_a_sparse_part(seed)
    here, there = (LLSG(rank=2).sparse_part(p) for p in (patch, unit * patch))
    assert np.allclose(there, unit * here, rtol=0, atol=1e-6 * unit)


def test_sparse_part_does_not_depend_on_a_constant_background():
    patch, _ = patch_with_a_sparse_part(0)
    here, there = (LLSG(rank=2).sparse_part(p) for p in (patch, patch + 1000))
    assert np.allclose(there, here, rtol=0, atol=1e-6)


def test_no_sparsity_leaves_what_low_rank_does_not_explain(sequence):
    """The residuals are then those of a local PCA: orthogonal to the model of each patch."""
    residuals = LLSG(rank=3, sparsity=0).subtract(sequence).reshape(12, -1)
    frames = sequence.cube.reshape(12, -1).astype(float)
    frames -= frames.mean(axis=0)
    patch = segments(41, annuli(41, 2 * sequence.fwhm)[1], 4)[2]
    model = (frames - residuals)[:, patch]
    assert np.linalg.matrix_rank(model, tol=1e-6) == 3
    assert np.allclose(residuals[:, patch] @ model.T, 0, atol=1e-6)


def test_sparse_part_turns_with_the_field(make_sequence):
    """On an even number of pixels; on an odd one the star's own pixel always counts to the first quarter."""
    sequence = make_sequence(size=40, parallactic_angles=ANGLES)
    turned = make_sequence(cube=np.rot90(sequence.cube, axes=(1, 2)), parallactic_angles=ANGLES)
    detector = LLSG(rank=3)
    assert np.allclose(detector.subtract(turned), np.rot90(detector.subtract(sequence), axes=(1, 2)))


def test_higher_sparsity_leaves_fewer_pixels(sequence):
    filled = [np.mean(LLSG(rank=3, sparsity=s).subtract(sequence) != 0) for s in (0.5, 1, 2, 3)]
    assert all(np.diff(filled) < 0)


def test_a_map_that_is_almost_all_empty_is_finite(sequence):
    scores = LLSG(rank=3, sparsity=3).detect(sequence).scores
    y, x = np.mgrid[:41, :41] - 20
    separation = np.hypot(x, y)
    assert np.array_equal(np.isfinite(scores), (separation >= sequence.fwhm) & (separation <= (41 - sequence.fwhm) / 2))


@pytest.mark.parametrize("n_frames", [1, 4])
def test_rank_must_leave_frames(make_sequence, n_frames):
    sequence = make_sequence(n_frames=n_frames, parallactic_angles=np.linspace(0, 60, n_frames))
    with pytest.raises(Declined, match=rf"rank 4 .* {n_frames} frames"):
        LLSG(rank=4).detect(sequence)


def test_rank_must_leave_pixels(make_sequence):
    sequence = make_sequence(n_frames=70, parallactic_angles=np.linspace(0, 60, 70))
    with pytest.raises(Declined, match=r"rank 60 .* pixels .* lower the rank"):
        LLSG(rank=60).detect(sequence)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("rank", 0), ("rank", 2.5), ("sparsity", -1), ("sparsity", float("nan"))],
)
def test_impossible_parameters_are_refused_by_name(sequence, parameter, value):
    with pytest.raises(InputError, match=f"llsg: {parameter} is"):
        LLSG(**{"rank": 3, parameter: value}).detect(sequence)
