import numpy as np
import pytest

from algozoo.detectors.annular_pca import AnnularPCA
from algozoo.detectors.contract import Declined
from algozoo.errors import InputError


@pytest.mark.parametrize("n_segments", [1, 3])
def test_annular_pca_is_a_singular_value_decomposition_of_pixels(
    make_sequence, n_segments, source, with_halo, library, patches
):
    sequence = with_halo(reference=make_sequence(n_frames=9, seed=5).cube)
    detector = AnnularPCA(n_components=3, n_segments=n_segments, max_references=7, library=source)
    expected, cube = np.zeros(sequence.cube.shape), library(detector, sequence)
    for segment, _, references in patches(detector, sequence):
        for t, chosen in enumerate(references):
            pixels = cube[chosen][:, segment]
            mean = pixels.mean(axis=0)
            components = np.linalg.svd(pixels - mean, full_matrices=False)[2][:3]
            frame = cube[t][segment] - mean
            expected[t][segment] = frame - components.T @ (components @ frame)
    assert np.allclose(detector.subtract(sequence), expected, atol=1e-8)


def test_a_fraction_of_variance_is_as_many_components_as_each_frame_s_references_need(
    make_sequence, source, with_halo, library, patches
):
    sequence = with_halo(reference=make_sequence(n_frames=9, seed=5).cube)
    detector = AnnularPCA(n_components=0.9, max_references=7, library=source)
    expected, cube, numbers = np.zeros(sequence.cube.shape), library(detector, sequence), set()
    for segment, _, references in patches(detector, sequence):
        for t, chosen in enumerate(references):
            pixels = cube[chosen][:, segment]
            mean = pixels.mean(axis=0)
            _, values, components = np.linalg.svd(pixels - mean, full_matrices=False)
            n = 1 + int(np.sum(np.cumsum(values**2) < 0.9 * np.sum(values**2)))
            numbers.add(n)
            frame = cube[t][segment] - mean
            expected[t][segment] = frame - components[:n].T @ (components[:n] @ frame)
    assert len(numbers) > 1 or source == "reference", "each frame has the same references there"
    assert np.allclose(detector.subtract(sequence), expected, atol=1e-8)


@pytest.mark.parametrize("k", [0, -1, 2.5, float("nan")])
def test_annular_pca_refuses_impossible_numbers_of_components(make_sequence, k):
    with pytest.raises(InputError, match="n_components"):
        AnnularPCA(n_components=k).detect(make_sequence())


def test_annular_pca_declines_more_components_than_references(make_sequence):
    with pytest.raises(Declined, match="at most 11 references with library='own', and 12 are needed"):
        AnnularPCA(n_components=11).detect(make_sequence())


def test_annular_pca_declines_references_of_lower_rank(make_sequence):
    three = make_sequence(n_frames=3).cube
    with pytest.raises(Declined, match=r"annulus .* px: the references of frame \d+ span 2 components, 3 are asked"):
        AnnularPCA(n_components=3).detect(make_sequence(cube=np.tile(three, (4, 1, 1))))
