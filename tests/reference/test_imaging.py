"""Our numerics beside those of vip_hci 2.1.1 on NACO beta Pic (float32 frames, FWHM 4.80 px).

Where numbers differ by more than rounding, the reason is shown to be the cause, not taken for granted.
"""

import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.detectors.median import Median
from algozoo.detectors.pca import PCA
from algozoo.imaging.combine import combine
from algozoo.imaging.lowrank import leading_components
from algozoo.imaging.rotate import derotate, rotate
from algozoo.imaging.snr import snr_map
from algozoo.sequence import ADISequence

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def night(reference_numbers):
    return reference_numbers("input")


@pytest.fixture(scope="module")
def sequence(night):
    return ADISequence(
        cube=night["cube"],
        parallactic_angles=night["angles"],
        psf=night["psfn"],
        star_flux=float(night["starphot"]),
        pixel_scale=float(night["plsc"]),
        fwhm=float(night["fwhm"]),
    )


def rms(difference):
    return float(np.sqrt(np.mean(np.square(difference))))


def test_derotation_agrees_to_2e_5_of_the_peak(night, reference_numbers):
    theirs = reference_numbers("derotate_vipfft")["frames"]
    for frame, number in zip(theirs, (0, 30, 60), strict=True):
        ours = rotate(night["cube"][number], night["angles"][number])
        assert rms(ours - frame) <= 2e-5 * frame.max()
        assert abs(ours - frame).max() <= 1e-4 * frame.max()


def test_what_remains_is_their_unpaired_nyquist_term(night, reference_numbers):
    """Three shears on a grid of even length, imaginary parts carried along, give their frames to rounding."""
    angle, length, start = float(night["angles"][0]), 402, 151
    frequency, offset = np.fft.fftfreq(length), np.arange(length) - start - 50
    quarters = round(angle / 90)
    theta = np.deg2rad(angle - 90 * quarters)
    square = np.zeros((length, length), complex)
    square[start : start + 101, start : start + 101] = np.rot90(night["cube"][0], -quarters)

    def shear(frame, amount):
        return np.fft.ifft(np.fft.fft(frame) * np.exp(-2j * np.pi * amount * np.outer(offset, frequency)))

    tilted = shear(shear(shear(square, -np.tan(theta / 2)).T, np.sin(theta)).T, -np.tan(theta / 2))
    rebuilt = tilted.real[start : start + 101, start : start + 101]
    assert rms(rebuilt - reference_numbers("derotate_vipfft")["frames"][0]) <= 1e-8 * rebuilt.max()


def test_injection_agrees_where_their_stamp_does_not_wrap(night, sequence, reference_numbers):
    """They shift the 19 px stamp without padding: its wings, 2 to 4 % of the peak at the rim, come back in at the other
    side, and up to 2.5 % of the flux is lost. Far from the rim both agree.
    """
    theirs = reference_numbers("inject_vipfft_float64")["delta"]
    companion = Companion(separation=20, position_angle=30, contrast=100 / float(night["starphot"]))
    empty = ADISequence(**{**vars(sequence), "cube": np.zeros_like(sequence.cube)})
    ours = inject(empty, [companion], smearing=False).cube
    y, x = np.mgrid[:101, :101]
    for number in range(61):
        cx, cy = companion.track(50.0, night["angles"][number])
        core = np.hypot(x - cx, y - cy) <= 5
        assert abs(ours[number] - theirs[number])[core].max() <= 2e-3 * theirs.max()
    sums = ours.sum(axis=(1, 2)) / theirs.sum(axis=(1, 2))
    assert 1 < sums.min() <= sums.max() < 1.03
    assert ours.sum(axis=(1, 2)) == pytest.approx(100 * sequence.psf.sum(), rel=2e-3)


def test_snr_map_agrees_to_rounding_of_float32(night, reference_numbers):
    theirs = reference_numbers("snrmap_pca10")["frame"]
    ours = snr_map(reference_numbers("pca_10_vipfft")["frame"], float(night["fwhm"]))
    scored = np.isfinite(ours)
    assert np.array_equal(scored, theirs != 0)
    assert abs(ours - theirs)[scored].max() <= 1e-6


def field(theirs):
    y, x = np.mgrid[:101, :101] - 50
    return theirs[np.hypot(x, y) <= 48]


def test_median_subtraction_agrees_to_half_a_percent_of_its_scatter(sequence, reference_numbers):
    """The rest is the Nyquist term of their rotation."""
    theirs = reference_numbers("median_sub_fullfr_vipfft_float64")["frame"]
    ours = Median().detect(sequence).image
    assert rms(field(ours - theirs)) <= 5e-3 * field(theirs).std()


@pytest.mark.parametrize("k", [5, 10])
def test_pca_without_centring_agrees_to_two_percent_of_its_scatter(sequence, reference_numbers, k):
    """Their default leaves the mean frame in; ours takes it out, as Amara & Quanz 2012 do. The rest as above."""
    frames = sequence.cube.reshape(61, -1).astype(float)
    components = leading_components(frames, k)
    residuals = (frames - frames @ components.T @ components).reshape(sequence.cube.shape)
    theirs = reference_numbers(f"pca_{k}_vipfft_float64")["frame"]
    ours = combine(derotate(residuals, sequence.parallactic_angles))
    assert rms(field(ours - theirs)) <= 2e-2 * field(theirs).std()


def test_principal_components_agree_up_to_sign(sequence, reference_numbers):
    theirs = reference_numbers("pca_5_vipfft_full")
    frames = sequence.cube.reshape(61, -1).astype(float)
    components = leading_components(frames, 5)
    overlap = abs(np.sum(components * theirs["pcs"].reshape(5, -1), axis=1))
    assert overlap == pytest.approx(np.ones(5), abs=1e-7)
    residuals = (frames - frames @ components.T @ components).reshape(sequence.cube.shape)
    assert rms(residuals - theirs["residuals"]) <= 1e-5 * theirs["residuals"].std()


@pytest.mark.parametrize("k", [5, 10])
def test_centring_is_all_that_tells_our_pca_from_theirs(sequence, k):
    """Given centred frames, the projection that agrees with theirs is our detector's."""
    frames = sequence.cube.reshape(61, -1).astype(float)
    frames -= frames.mean(axis=0)
    components = leading_components(frames, k)
    residuals = (frames - frames @ components.T @ components).reshape(sequence.cube.shape)
    assert np.allclose(PCA(n_components=k).subtract(sequence), residuals)
