"""NMF beside that of vip_hci 2.1.1 on NACO beta Pic."""

import numpy as np
import pytest
from as_vip import NMFAsVIP

from algozoo.detectors.nmf import NMF
from algozoo.imaging.combine import combine
from algozoo.imaging.rotate import derotate

pytestmark = pytest.mark.reference

AS_VIP = NMFAsVIP(n_components=5, max_iterations=10_000)


@pytest.fixture(scope="module")
def residuals(sequence):
    return AS_VIP.subtract(sequence)


def rms(difference):
    return float(np.sqrt(np.mean(np.square(difference))))


def test_nmf_with_their_choices_agrees_to_1e_4_of_its_scatter(sequence, residuals, reference_numbers, derotate_as_vip):
    theirs = reference_numbers("nmf_5")["frame"]
    ours = combine(derotate_as_vip(residuals, sequence.parallactic_angles))
    assert rms(ours - theirs) <= 1e-4 * theirs.std()


def test_without_the_nyquist_term_of_their_rotation_it_agrees_to_one_percent(sequence, residuals, reference_numbers):
    theirs = reference_numbers("nmf_5")["frame"]
    ours = combine(derotate(residuals, sequence.parallactic_angles))
    assert rms(ours - theirs) <= 1e-2 * theirs.std()


def test_our_choices_come_closer_to_the_frames_and_show_the_planet_better(sequence, residuals):
    positive = (sequence.cube > 0).all(axis=0)
    ours = NMF(n_components=5).subtract(sequence)
    assert rms(ours[:, positive]) < 0.7 * rms(residuals[:, positive])
    at_planet = [detector.detect(sequence).scores[60:65, 60:65].max() for detector in (NMF(n_components=5), AS_VIP)]
    assert at_planet[0] > 1.2 * at_planet[1] > 0
