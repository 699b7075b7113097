import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from algozoo.challenge.blobs import BlobRule, Tally, add_up, count_blobs
from algozoo.errors import InputError

RULE = BlobRule(fwhm=4.0)
MAPS = arrays(float, (12, 15), elements=st.one_of(st.integers(-3, 3).map(float), st.just(np.nan)))
VIP_RULE = BlobRule(fwhm=4.3)


def blank(size=41):
    return np.zeros((size, size))


def square(scores, x, y, half=1, value=10.0):
    scores[y - half : y + half + 1, x - half : x + half + 1] = value
    return scores


def disc_area(fwhm, size=41):
    y, x = np.mgrid[:size, :size] - size // 2
    return int((x**2 + y**2 < fwhm**2).sum())


def test_a_blob_on_a_companion_is_a_detection_and_one_elsewhere_a_false_positive():
    scores = square(square(blank(), 12, 20), 30, 8)
    assert count_blobs(scores, 5, [12], [20], RULE) == (1, 1, 1)
    assert count_blobs(scores, 5, [20], [12], RULE) == (0, 2, 1)


def test_two_blobs_on_one_companion_are_two_detections():
    scores = square(square(blank(), 18, 20), 22, 20)
    tally = count_blobs(scores, 5, [20], [20], RULE)
    assert tally == (2, 0, 1)
    assert tally.tpr == 2.0
    assert tally.f1 == pytest.approx(2 * 1 * 2 / (1 + 2))  # precision 1, TPR 2


def test_a_merged_blob_is_no_detection_and_as_many_false_positives_as_discs_fit_in():
    everywhere = np.ones((41, 41))
    assert count_blobs(everywhere, 0, [20], [20], RULE) == (0, round(41**2 / disc_area(4)), 1)
    assert count_blobs(everywhere, 2, [20], [20], RULE) == (0, 0, 1)


def test_a_merged_blob_has_fewer_false_positives_than_what_it_merged():
    speckles = blank(61)
    speckles[2::4, 2::4] = speckles[2::4, 3::4] = 10
    apart, merged = (count_blobs(speckles, t, [20], [20], RULE).false_positives for t in (5, -5))
    assert merged < apart / 2


def test_false_positives_of_large_blobs_are_rounded_at_the_end():
    area = disc_area(4)
    scores = blank(81)
    scores[1:9, 1:16] = scores[1:9, 41:56] = 10  # 120 px each, 45 to a disc
    assert area == 45
    assert count_blobs(scores, 5, [60], [60], RULE).false_positives == round(2 * 120 / 45) != 2 * round(120 / 45)


@pytest.mark.parametrize(("npix", "expected"), [(1, (1, 0, 1)), (2, (0, 0, 1))])
def test_blobs_below_npix_do_not_count(npix, expected):
    scores = square(blank(), 20, 20, half=0)
    assert count_blobs(scores, 5, [20], [20], BlobRule(fwhm=4, npix=npix)) == expected


def test_pixels_that_touch_at_a_corner_are_two_blobs():
    scores = blank()
    scores[20, 20] = scores[21, 21] = 10
    assert count_blobs(scores, 5, [20], [20], BlobRule(fwhm=4, npix=1)).detections == 2


def test_the_overlap_must_be_more_than_the_limit():
    scores = blank()
    scores[20, 17:27] = 10  # ten pixels, of which 17 to 23 lie within the radius
    assert count_blobs(scores, 5, [20], [20], BlobRule(fwhm=4, overlap=0.69)).detections == 1
    assert count_blobs(scores, 5, [20], [20], BlobRule(fwhm=4, overlap=0.7)).detections == 0


def test_at_the_threshold_is_not_above_it_and_nan_never_is():
    scores = square(square(blank(), 10, 10, value=5.0), 30, 30, value=np.nan)
    assert count_blobs(scores, 5, [10], [10], RULE) == (0, 0, 1)


def test_a_companion_outside_the_map_is_an_input_error():
    with pytest.raises(InputError, match="x = 60, y = 20, outside the map"):
        count_blobs(blank(), 5, [60], [20], RULE)


def test_counts_are_those_of_vip_on_random_maps():
    """Numbers of compute_binary_map of vip_hci 2.1.1; it and this counter agreed on 2400 random cases like these."""
    theirs = [
        [(0, 24), (4, 15), (2, 2)],
        [(0, 19), (0, 14), (0, 1)],
        [(0, 23), (2, 12), (2, 0)],
        [(0, 21), (3, 14), (2, 0)],
        [(0, 20), (1, 14), (3, 2)],
        [(0, 20), (1, 17), (2, 1)],
        [(0, 21), (1, 10), (2, 0)],
        [(0, 24), (2, 18), (1, 2)],
    ]
    rng = np.random.default_rng(3)
    for expected in theirs:
        scores = ndimage.gaussian_filter(rng.normal(size=(41, 48)), 1.5)
        scores /= scores.std()
        x, y = rng.uniform(5, 35, (2, 3))
        for column, row in zip(np.round(x).astype(int), np.round(y).astype(int), strict=True):
            scores[row - 2 : row + 3, column - 2 : column + 2] += rng.uniform(1, 5)
        assert [count_blobs(scores, t, x, y, VIP_RULE)[:2] for t in (0.0, 1.5, 3.0)] == expected


@given(MAPS)
def test_without_companions_there_are_false_positives_only(scores):
    detections, _, n_companions = count_blobs(scores, 0, [], [], RULE)
    assert (detections, n_companions) == (0, 0)


@given(MAPS, st.integers(0, 14), st.integers(0, 11))
def test_counts_turn_with_the_map(scores, x, y):
    rule = BlobRule(fwhm=3.0)
    turned = count_blobs(scores.T, 0.5, [y], [x], rule)
    assert turned == count_blobs(scores, 0.5, [x], [y], rule)


def test_a_set_without_companions_counts_the_one_before_once_more():
    sets = [Tally(2, 1, 3), Tally(0, 40, 0), Tally(1, 0, 1)]
    assert add_up(sets) == (2 + 2 + 1, 1 + 1 + 0, 4)
    assert add_up(sets).tpr > 1


def test_a_first_set_without_companions_leaves_no_number():
    total = add_up([Tally(0, 3, 0), Tally(1, 0, 1)])
    assert math.isnan(total.detections)
    assert math.isnan(total.f1)


def test_rates_without_anything_are_zero_and_without_companions_nan():
    assert Tally(0, 0, 2)[:2] == (0, 0)
    assert (Tally(0, 0, 2).tpr, Tally(0, 0, 2).fdr, Tally(0, 0, 2).f1) == (0, 0, 0)
    assert Tally(0, 4, 2).f1 == 0
    assert math.isnan(Tally(0, 4, 0).f1)
    assert math.isnan(Tally(0, 4, 0).tpr)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9))
def test_f1_is_the_harmonic_mean_of_precision_and_tpr(detections, false_positives, n_companions):
    tally = Tally(detections, false_positives, n_companions)
    if detections:
        precision, tpr = 1 - tally.fdr, tally.tpr
        assert tally.f1 == pytest.approx(2 * precision * tpr / (precision + tpr))
