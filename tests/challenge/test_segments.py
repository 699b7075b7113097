import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from algozoo.challenge import count_segments, roc_points

MAPS = arrays(float, (10, 12), elements=st.integers(-3, 3).map(float))


def pixels(*places):
    scores = np.zeros((31, 31))
    for x, y in places:
        scores[y, x] = 10
    return scores


@pytest.mark.parametrize(
    ("x", "y", "detected"), [(15, 15, True), (16, 15, True), (16, 16, True), (17, 15, False), (18, 15, False)]
)
def test_a_segment_nearer_than_two_pixels_is_a_detection(x, y, detected):
    assert count_segments(pixels((x, y)), 5, 15, 15) == (detected, not detected)


def test_the_radius_does_not_know_the_fwhm_and_the_companion_is_in_its_nearest_pixel():
    assert count_segments(pixels((17, 15)), 5, 15.6, 15.4) == (True, 0)
    assert count_segments(pixels((17, 15)), 5, 15.4, 15.4) == (False, 1)


def test_further_segments_on_the_companion_are_false_positives():
    assert count_segments(pixels((15, 15), (10, 12), (14, 13)), 5, 15, 15) == (True, 2)
    assert count_segments(pixels((15, 14), (15, 16)), 5, 15, 15) == (True, 1)


def test_every_segment_is_a_false_positive_where_none_is_near():
    assert count_segments(pixels((3, 3), (20, 20), (25, 4)), 5, 15, 15) == (False, 3)


def test_pixels_that_touch_at_a_corner_are_one_segment():
    assert count_segments(pixels((3, 3), (4, 4)), 5, 15, 15) == (False, 1)


def test_the_outermost_pixels_do_not_count():
    assert count_segments(pixels((0, 7), (30, 9), (12, 0), (12, 30)), 5, 15, 15) == (False, 0)


def test_a_map_above_the_threshold_everywhere_has_no_segment():
    assert count_segments(np.ones((31, 31)), 0, 15, 15) == (False, 0)


@given(MAPS, st.integers(2, 9), st.integers(2, 7))
def test_a_detection_takes_exactly_one_segment(scores, x, y):
    detected, false_positives = count_segments(scores, 0.5, x, y)
    elsewhere = count_segments(scores, 0.5, -10, -10)
    assert not elsewhere[0]
    assert detected + false_positives == elsewhere[1]


def test_the_curve_has_the_mean_over_maps_at_each_threshold():
    maps = [pixels((15, 15), (3, 3)), pixels((3, 3), (20, 3)) / 2]
    curve = roc_points(maps, [15, 15], [15, 15], [1, 6, 20])
    assert curve["tpr"].tolist() == [0.5, 0.5, 0]
    assert curve["fp_per_map"].tolist() == [1.5, 0.5, 0]
    assert curve["n"].tolist() == [2, 2, 2]
