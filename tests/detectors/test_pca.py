import numpy as np
import pytest

from algozoo.detectors.contract import Declined
from algozoo.detectors.pca import PCA
from algozoo.errors import InputError


def test_pca_residuals_are_orthogonal_to_their_components(make_sequence):
    sequence = make_sequence()
    residuals = PCA(n_components=4).subtract(sequence).reshape(12, -1)
    frames = sequence.cube.reshape(12, -1).astype(float)
    frames -= frames.mean(axis=0)
    assert np.allclose(residuals @ (frames - residuals).T, 0, atol=1e-6 * (frames**2).sum())
    assert np.linalg.matrix_rank(frames - residuals, tol=1e-6 * np.linalg.norm(frames)) == 4


def test_fraction_of_variance_and_number_of_components_agree(make_sequence):
    sequence = make_sequence()
    frames = sequence.cube.reshape(12, -1).astype(float)
    variances = np.linalg.svd(frames - frames.mean(axis=0), compute_uv=False) ** 2
    fraction = float(np.cumsum(variances)[2] / variances.sum()) - 1e-9
    assert np.allclose(PCA(n_components=fraction).subtract(sequence), PCA(n_components=3).subtract(sequence))


def test_pca_declines_more_components_than_frames_can_give(make_sequence):
    with pytest.raises(Declined, match="12 components cannot be had from 12 frames"):
        PCA(n_components=12).detect(make_sequence())


@pytest.mark.parametrize("k", [0, -1, 2.5, float("nan")])
def test_pca_refuses_impossible_numbers_of_components(make_sequence, k):
    with pytest.raises(InputError, match="n_components"):
        PCA(n_components=k).detect(make_sequence())


def test_pca_declines_more_components_than_independent_frames(make_sequence):
    """Not a silent reduction."""
    frames = make_sequence().cube
    with pytest.raises(Declined, match="5 components cannot be had from frames that have 3 independent ones"):
        PCA(n_components=5).detect(make_sequence(cube=np.repeat(frames[:4], 3, axis=0)))


def test_one_frame_is_declined(make_sequence):
    with pytest.raises(Declined, match="1 components cannot be had from 1 frames"):
        PCA(n_components=1).detect(make_sequence(n_frames=1))
