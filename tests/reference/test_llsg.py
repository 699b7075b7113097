"""LLSG beside that of vip_hci 2.1.1 on NACO beta Pic, with the authors' choices.

Their low-rank and sparse parts together are the data at every step (their Gaussian part is 1e-3 of the scatter at most,
by rounding), so that their alternation is the semi-soft GoDec that we run.
"""

from dataclasses import replace

import numpy as np
import pytest
from as_vip import LLSGAsVIP

from algozoo.detectors import llsg
from algozoo.detectors.llsg import LLSG
from algozoo.imaging.annuli import Annulus
from algozoo.imaging.combine import combine
from algozoo.imaging.rotate import derotate

pytestmark = pytest.mark.reference


AS_VIP = LLSGAsVIP(rank=5)


def rms(difference):
    return float(np.sqrt(np.mean(np.square(difference))))


def their_annuli(size, width):
    """A whole number of pixels wide; what is farther than a whole number of widths is left out."""
    width = np.ceil(width)
    return [Annulus(k * width, (k + 1) * width) for k in range(int(size / 2 / width))]


@pytest.fixture(scope="module")
def sparse(sequence):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llsg, "annuli", their_annuli)
        return AS_VIP.subtract(sequence)


def test_llsg_agrees_to_2e_4_of_its_scatter(sequence, sparse, reference_numbers, derotate_as_vip):
    theirs = reference_numbers("llsg_rank5")["frame_s"]
    ours = combine(derotate_as_vip(sparse, sequence.parallactic_angles))
    assert rms(ours - theirs) <= 2e-4 * theirs.std()


def test_without_the_nyquist_term_of_their_rotation_it_agrees_to_two_percent(sequence, sparse, reference_numbers):
    theirs = reference_numbers("llsg_rank5")["frame_s"]
    ours = combine(derotate(sparse, sequence.parallactic_angles))
    assert rms(ours - theirs) <= 2e-2 * theirs.std()


@pytest.mark.parametrize(("rank", "tolerance"), [(5, 2e-2), (10, 4e-2)])
def test_the_nyquist_term_of_their_rotation_weighs_more_in_richer_models(sequence, derotate_as_vip, rank, tolerance):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llsg, "annuli", their_annuli)
        sparse = replace(AS_VIP, rank=rank).subtract(sequence)
    theirs, ours = (combine(turn(sparse, sequence.parallactic_angles)) for turn in (derotate_as_vip, derotate))
    assert tolerance / 2 < rms(ours - theirs) / theirs.std() <= tolerance


def test_their_gaussian_part_is_nothing_but_rounding(reference_numbers):
    theirs = reference_numbers("llsg_rank5")
    assert abs(theirs["frame_g"]).max() <= 1e-3 * theirs["frame_s"].std()


@pytest.mark.parametrize("detector", [LLSG(rank=5), AS_VIP], ids=["ours", "theirs"])
def test_beta_pic_b_stands_out(sequence, detector):
    scores = detector.detect(sequence).scores
    row, column = np.unravel_index(np.nanargmax(scores), scores.shape)
    assert np.hypot(row - 62, column - 62) <= sequence.fwhm / 2
    assert scores[row, column] > 15
