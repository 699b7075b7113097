"""Our contrast curve beside that of vip_hci 2.1.1 on NACO beta Pic, PCA with 10 components.

Its parts are compared where they mean the same. What differs on purpose: its apertures overlap a little (their centres
are one FWHM apart along the arc), it has one degree of freedom too many, a standard deviation without the n - 1, and it
smooths the noise over seven rings; it does not centre the frames before PCA.
"""

import numpy as np
import pytest
from scipy.signal import savgol_filter
from scipy.stats import norm
from scipy.stats import t as student_t

from algozoo.detectors.subtraction import PSFSubtraction
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.contrast import ring_sums, student_threshold
from algozoo.imaging.lowrank import leading_components
from algozoo.imaging.snr import n_apertures
from algozoo.limits.classical import measure_throughput
from algozoo.limits.probe import Field, Probe
from algozoo.sequence import ADISequence

pytestmark = pytest.mark.reference

RINGS = range(1, 9)


@pytest.fixture(scope="module")
def night(reference_numbers):
    return reference_numbers("input")


@pytest.fixture(scope="module")
def curve(reference_numbers):
    return reference_numbers("contrast_pca10_vipfft_nb1_nsNone")


@pytest.fixture(scope="module")
def frame(reference_numbers):
    return reference_numbers("pca_10_vipfft")["frame"]


@pytest.fixture(scope="module")
def ring_noise_of_theirs(reference_numbers):
    return reference_numbers("noise_per_annulus_pca10")["noise_fwhm"]


def test_fluxes_in_their_apertures_have_their_noise(night, frame, curve, ring_noise_of_theirs):
    fwhm = float(night["fwhm"])
    noise = []
    for ring in RINGS:
        angles = np.arange(int(2 * np.pi * ring)) / ring  # one FWHM of arc
        places = 50 + ring * fwhm * np.column_stack([np.cos(angles), np.sin(angles)])
        noise.append(np.std([aperture_sum(frame, x, y, fwhm / 2) for x, y in places]))
    assert noise == pytest.approx(ring_noise_of_theirs, rel=1e-5)
    assert savgol_filter(noise, 7, 2, mode="nearest") == pytest.approx(curve["noise"], rel=1e-5)


def test_their_noise_is_one_of_those_that_the_placement_of_our_ring_gives(night, frame, ring_noise_of_theirs):
    fwhm = float(night["fwhm"])
    for ring, theirs in zip(RINGS, ring_noise_of_theirs, strict=True):
        ours = [ring_sums(frame, ring * fwhm, first, fwhm)[0].std() for first in np.arange(0, 360, 5)]
        assert 0.97 * min(ours) <= theirs <= 1.03 * max(ours)


def test_their_factor_is_ours_with_one_more_degree_of_freedom(curve):
    for ring, theirs in zip(RINGS, curve["sigma_corr"], strict=True):
        n = int(2 * np.pi * ring)
        assert student_t.isf(norm.sf(5), n - 1) * np.sqrt(1 + 1 / n) == pytest.approx(theirs, rel=1e-6)
        others = n_apertures(ring * 4.8, 4.8) - 1
        assert student_threshold(5, others) == pytest.approx(student_t.isf(norm.sf(5), others - 1), rel=1e-12)
        assert student_threshold(5, others) * np.sqrt(1 + 1 / others) > theirs


class Uncentred(PSFSubtraction):
    """PCA as theirs by default: the mean frame is left in."""

    name = "uncentred"

    def subtract(self, sequence):
        frames = sequence.cube.reshape(sequence.n_frames, -1).astype(float)
        components = leading_components(frames, 10)
        return (frames - frames @ components.T @ components).reshape(sequence.cube.shape)


@pytest.mark.slow
def test_throughput_of_single_companions_is_theirs(night, curve, ring_noise_of_theirs):
    """One companion at a time, theirs gives .082 .152 .212 .300; four of a branch at once .079 .150 .214 .301."""
    sequence = ADISequence(
        cube=night["cube"],
        parallactic_angles=night["angles"],
        psf=night["psfn"],
        star_flux=float(night["starphot"]),
        pixel_scale=float(night["plsc"]),
        fwhm=float(night["fwhm"]),
    )
    probe = Probe(Uncentred(), Field.of(sequence, [], 1, 9, "not needed"))
    shares = []
    for ring in (2, 3, 4, 5):
        contrast = 100 * ring_noise_of_theirs[ring - 1] / float(night["starphot"])
        shares.append(measure_throughput(probe, ring, contrast, [0.0]).mean)
    assert shares == pytest.approx([0.082, 0.152, 0.212, 0.300], rel=0.03)
    assert shares == pytest.approx(curve["throughput"][1:5], rel=0.05)
