"""STIM maps beside those of vip_hci 2.1.1 on NACO beta Pic, from the residuals of their PCA."""

import numpy as np
import pytest

from algozoo.detectors import stim
from algozoo.detectors.pca import PCA
from algozoo.detectors.stim import STIM, mean_and_stim

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def field():
    y, x = np.mgrid[:101, :101] - 50
    return np.hypot(x, y) <= 48


def rms(difference):
    return float(np.sqrt(np.mean(np.square(difference))))


@pytest.mark.parametrize(("sign", "map_name"), [(1, "stim"), (-1, "inverse")])
def test_both_maps_agree_to_rounding(sequence, reference_numbers, derotate_as_vip, field, sign, map_name):
    residuals = reference_numbers("pca_5_vipfft_full")["residuals"].astype(float)
    theirs = reference_numbers("stim_pca5")[map_name]
    _, ours = mean_and_stim(derotate_as_vip(residuals, sign * sequence.parallactic_angles))
    assert rms((ours - theirs)[field]) <= 1e-5 * theirs[field].std()


@pytest.mark.parametrize(("rotation", "tolerance"), [("theirs", 1e-5), ("ours", 5e-3)])
def test_normalised_map_of_the_detector_agrees(
    sequence, reference_numbers, derotate_as_vip, field, monkeypatch, rotation, tolerance
):
    """What remains with our rotation is the Nyquist term of theirs."""
    residuals = reference_numbers("pca_5_vipfft_full")["residuals"].astype(float)
    monkeypatch.setattr(PCA, "residuals", lambda _, __: residuals)
    if rotation == "theirs":
        monkeypatch.setattr(stim, "derotate", derotate_as_vip)
    theirs = reference_numbers("stim_pca5")["normalized"]
    ours = STIM().detect(sequence).scores
    both = field & np.isfinite(ours)
    assert both.sum() >= field.sum() - np.pi * sequence.fwhm**2 - 10
    assert rms((ours - theirs)[both]) <= tolerance * theirs[both].std()


def test_beta_pic_b_is_far_above_all_else(sequence):
    """It is a detection by the rule of the paper (above 1)."""
    scores = STIM().detect(sequence).scores
    y, x = np.mgrid[:101, :101] - 62
    planet = np.hypot(x, y) <= sequence.fwhm
    assert np.nanmax(scores[planet]) > 3
    assert np.nanmax(scores[~planet]) < 1.5
