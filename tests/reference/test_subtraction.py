"""Median and PCA beside those of vip_hci 2.1.1 on NACO beta Pic, with our choices and with theirs.

They differ from us in two choices: the rotation (see `test_imaging`), and, in PCA, that the mean frame is left in.
"""

from dataclasses import replace

import numpy as np
import pytest

from algozoo.detectors.median import Median
from algozoo.detectors.pca import PCA
from algozoo.imaging.combine import combine
from algozoo.imaging.lowrank import leading_components, remove_components
from algozoo.imaging.rotate import derotate

pytestmark = pytest.mark.reference


def rms(difference):
    return float(np.sqrt(np.mean(np.square(difference))))


def field(image):
    y, x = np.mgrid[:101, :101] - 50
    return image[np.hypot(x, y) <= 48]


@pytest.fixture(scope="module")
def image_like_theirs(sequence, rotate_like_them):
    def image(residuals):
        turned = map(rotate_like_them, residuals, sequence.parallactic_angles.tolist())
        return combine(np.stack(list(turned)))

    return image


def uncentred(sequence, k):
    """Residuals of the projection that `PCA` uses, the mean frame left in."""
    frames = sequence.cube.reshape(61, -1).astype(float)
    remove_components(frames, leading_components(frames, k))
    return frames.reshape(sequence.cube.shape)


def test_median_with_their_rotation_is_theirs(sequence, reference_numbers, image_like_theirs):
    """To rounding of float64; in their default float32 to 1e-5 of the scatter."""
    ours = image_like_theirs(Median().subtract(sequence))
    for name, tolerance in (("median_sub_fullfr_vipfft_float64", 1e-12), ("median_sub_fullfr_vipfft", 1e-5)):
        theirs = field(reference_numbers(name)["frame"])
        assert rms(field(ours) - theirs) <= tolerance * theirs.std()


def test_pca_with_their_rotation_and_without_centring_is_theirs(sequence, reference_numbers, image_like_theirs):
    """To rounding of float64; in their default float32 to 1e-4 of the scatter."""
    ours = image_like_theirs(uncentred(sequence, 10))
    for name, tolerance in (("pca_10_vipfft_float64", 1e-10), ("pca_10_vipfft", 1e-4)):
        theirs = field(reference_numbers(name)["frame"])
        assert rms(field(ours) - theirs) <= tolerance * theirs.std()


def test_median_with_our_rotation_differs_by_half_a_percent_of_its_scatter(sequence, reference_numbers):
    theirs = field(reference_numbers("median_sub_fullfr_vipfft_float64")["frame"])
    assert rms(field(Median().detect(sequence).image) - theirs) <= 5e-3 * theirs.std()


@pytest.mark.parametrize("k", [5, 10])
def test_pca_with_our_rotation_differs_by_two_percent_of_its_scatter(sequence, reference_numbers, k):
    theirs = field(reference_numbers(f"pca_{k}_vipfft_float64")["frame"])
    ours = combine(derotate(uncentred(sequence, k), sequence.parallactic_angles))
    assert rms(field(ours) - theirs) <= 2e-2 * theirs.std()


def test_principal_components_and_residual_frames_agree(sequence, reference_numbers):
    """Components up to their sign; residuals to 1e-5 of their scatter, in float32."""
    theirs = reference_numbers("pca_5_vipfft_full")
    components = leading_components(sequence.cube.reshape(61, -1).astype(float), 5)
    overlap = abs(np.sum(components * theirs["pcs"].reshape(5, -1), axis=1))
    assert overlap == pytest.approx(np.ones(5), abs=1e-7)
    assert rms(uncentred(sequence, 5) - theirs["residuals"]) <= 1e-5 * theirs["residuals"].std()


@pytest.mark.parametrize("k", [5, 10])
def test_centring_is_all_that_tells_our_pca_from_theirs(sequence, k):
    """Given centred frames, the projection that agrees with theirs is our detector's."""
    centred = replace(sequence, cube=sequence.cube - sequence.cube.mean(axis=0, dtype=np.float64))
    assert np.allclose(PCA(n_components=k).subtract(sequence), uncentred(centred, k), atol=1e-3)
