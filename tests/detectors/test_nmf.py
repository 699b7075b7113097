import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import non_negative_factorization

from algozoo.detectors import nmf
from algozoo.detectors.contract import Declined
from algozoo.detectors.nmf import NMF
from algozoo.errors import InputError

ANGLES = np.linspace(3, 88, 12)


def made_of(components, seed=0):
    """Return frames that are sums of smooth spots with positive weights, and their scatter."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:41, :41] - 20
    centres = 12 * rng.standard_normal((components, 2))
    spots = np.exp(-np.hypot(x - centres[:, :1, None], y - centres[:, 1:, None]) / 6)
    return np.tensordot(rng.uniform(1, 9, (12, components)), spots, 1)


@pytest.fixture
def sequence(make_sequence):
    rng = np.random.default_rng(1)
    return make_sequence(cube=made_of(3) + 0.05 * rng.standard_normal((12, 41, 41)), parallactic_angles=ANGLES)


@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1))
def test_one_non_negative_component_is_subtracted_entirely(make_sequence, seed):
    """The component of the halo, and one of the constant that the shift leaves."""
    sequence = make_sequence(cube=1 + made_of(1, seed), parallactic_angles=ANGLES)
    shifted = NMF(n_components=2, max_iterations=2000)
    assert abs(shifted.subtract(sequence)).max() <= 1e-2 * sequence.cube.max()


def test_more_components_leave_less(sequence):
    left = [np.std(NMF(n_components=k).subtract(sequence)) for k in (1, 2, 3)]
    assert left[0] > 2 * left[1] > 4 * left[2]


def test_pca_of_uncentred_frames_is_a_lower_bound_of_what_is_left(sequence):
    """Of all sums of k components, the non-negative are some: none comes closer than the singular vectors."""
    frames = (sequence.cube - sequence.cube.min()).reshape(12, -1).astype(float)
    for k in (1, 2, 4):
        bound = np.linalg.norm(np.linalg.svd(frames, compute_uv=False)[k:])
        left = np.linalg.norm(NMF(n_components=k, max_iterations=1000).subtract(sequence))
        assert bound <= left * (1 + 1e-6)
        assert left <= 2 * bound


def test_residuals_turn_with_the_field(sequence, make_sequence):
    turned = make_sequence(cube=np.rot90(sequence.cube, axes=(1, 2)), parallactic_angles=ANGLES)
    detector = NMF(n_components=2)
    expected = np.rot90(detector.subtract(sequence), axes=(1, 2))
    assert np.allclose(detector.subtract(turned), expected, rtol=0, atol=1e-6)


def test_the_same_twice(sequence):
    first, second = (NMF(n_components=3).subtract(sequence) for _ in range(2))
    assert np.array_equal(first, second)


def by_scikit_learn(frames, n_components):
    """Return the components in double precision, and with them the weights."""
    how = {"n_components": n_components, "max_iter": 100, "tol": 0}
    _, components, _ = non_negative_factorization(frames, init="nndsvd", random_state=0, **how)
    weights, _, _ = non_negative_factorization(frames, H=components, update_H=False, **how)
    return weights @ components


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
@pytest.mark.parametrize("n_components", [1, 3, 6])
def test_model_is_that_of_scikit_learn_to_1e_5_of_what_is_left(sequence, monkeypatch, n_components):
    """Single precision alone would err by 1e-3: what is left is small beside the frames."""
    monkeypatch.setattr(nmf, "TOLERANCE", 0)
    frames = (sequence.cube - sequence.cube.min()).reshape(12, -1).astype(np.float64) * 1000
    expected = by_scikit_learn(frames, n_components)
    model = NMF(n_components=n_components, max_iterations=100).model(frames, frames)
    assert abs(model - expected).max() <= 1e-5 * abs(frames - expected).max()


def test_components_can_come_from_a_reference_star(make_sequence):
    """What only the sequence has, a spot that the reference lacks, is not modelled."""
    y, x = np.mgrid[:41, :41] - 20
    spot = 5 * np.exp(-((x - 9) ** 2 + (y + 6) ** 2) / 8)
    sequence = make_sequence(cube=made_of(3) + spot, reference=made_of(3), parallactic_angles=ANGLES)
    peaks = {
        library: NMF(n_components=4, library=library).subtract(sequence)[:, 14, 29].mean()
        for library in ("own", "reference")
    }
    assert abs(peaks["own"]) < 0.2 * spot[14, 29]
    assert peaks["reference"] > 0.8 * spot[14, 29]


@pytest.mark.parametrize("n_frames", [1, 3])
def test_too_few_frames_are_declined(make_sequence, n_frames):
    sequence = make_sequence(n_frames=n_frames, parallactic_angles=np.linspace(0, 60, n_frames))
    with pytest.raises(Declined, match=f"3 components cannot be had from {n_frames} frames"):
        NMF(n_components=3).detect(sequence)


@pytest.mark.parametrize("level", [0.0, 1.0, -3.0])
def test_equal_frames_are_declined(make_sequence, level):
    with pytest.raises(Declined, match="all 12 frames are equal"):
        NMF(n_components=2).detect(make_sequence(cube=np.full((12, 41, 41), level)))


@pytest.mark.parametrize(("parameter", "value"), [("n_components", 0), ("n_components", 0.9), ("max_iterations", 0)])
def test_impossible_parameters_are_refused_by_name(sequence, parameter, value):
    with pytest.raises(InputError, match=f"nmf: {parameter} is"):
        NMF(**{"n_components": 2, parameter: value}).detect(sequence)
