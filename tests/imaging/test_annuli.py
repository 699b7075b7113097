import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.imaging.annuli import Annulus, angular_distance, annuli, rotated_apart, rotation_threshold, segments

sizes = st.integers(8, 60)
widths = st.floats(1.0, 20.0)
angle_lists = st.lists(st.floats(-400, 400), min_size=1, max_size=15)
thresholds = st.floats(0, 170)


def separation(size):
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.hypot(x, y).ravel()


@given(sizes, widths)
def test_annuli_partition_the_field(size, width):
    found = np.concatenate([segments(size, annulus)[0] for annulus in annuli(size, width)])
    assert sorted(found) == list(np.flatnonzero(separation(size) < size / 2 + np.sqrt(0.5)))


@given(sizes, widths)
def test_annuli_are_as_wide_as_asked_but_for_the_last(size, width):
    *whole, last = annuli(size, width)
    assert np.allclose([a.outer - a.inner for a in whole], width)
    assert not whole or 0.5 * width - 1e-9 <= last.outer - last.inner <= 1.5 * width + 1e-9
    assert last.outer == pytest.approx(size / 2 + np.sqrt(0.5))


@given(sizes, st.floats(0, 20), widths, st.integers(1, 12))
def test_segments_partition_an_annulus(size, inner, width, number):
    annulus = Annulus(inner, inner + width)
    parts = segments(size, annulus, number)
    assert len(parts) == number
    assert sorted(np.concatenate(parts)) == list(segments(size, annulus)[0])


@given(sizes, st.floats(0, 10), widths, st.sampled_from([1, 2, 4, 8]))
def test_a_quarter_turn_carries_segments_onto_segments(size, inner, width, number):
    """Counter-clockwise with x to the right and y up is from rows to columns the other way than numpy's."""
    parts = segments(size, Annulus(inner, inner + width), number)
    frame = np.full(size * size, -1)
    for k, part in enumerate(parts):
        frame[part] = k
    turned = np.rot90(frame.reshape(size, size), -1).ravel()
    if number >= 4:
        expected = np.where(frame >= 0, (frame - number // 4) % number, -1)
        off_centre = separation(size) > 0
        assert np.array_equal(turned[off_centre], expected[off_centre])
    else:
        assert np.array_equal(turned >= 0, frame >= 0)


def test_segments_start_at_x_and_go_counter_clockwise():
    right, upper, left, lower = segments(21, Annulus(5, 8), 4)
    assert 10 * 21 + 16 in right
    assert 16 * 21 + 10 in upper
    assert 10 * 21 + 4 in left
    assert 4 * 21 + 10 in lower


@given(st.floats(1, 100), st.floats(1, 10), st.floats(0.1, 3))
def test_threshold_moves_a_source_by_the_displacement(r, fwhm, displacement):
    half = np.deg2rad(rotation_threshold(r, fwhm, displacement)) / 2
    assert 2 * r * np.tan(half) == pytest.approx(displacement * fwhm)


@given(angle_lists, thresholds)
def test_references_are_mutual_and_far_enough(angles, threshold):
    references = rotated_apart(angles, threshold, most=len(angles))
    assert np.array_equal(references, references.T)
    assert not references.diagonal().any()
    others = ~np.eye(len(angles), dtype=bool)
    assert np.array_equal(references, (angular_distance(angles) >= threshold) & others)


@given(angle_lists, thresholds, st.floats(0, 30))
def test_a_larger_threshold_leaves_no_new_reference(angles, threshold, more):
    few, many = (rotated_apart(angles, t, most=len(angles)) for t in (threshold + more, threshold))
    assert not (few & ~many).any()


@given(angle_lists, thresholds, st.integers(1, 6))
def test_a_limited_library_keeps_the_nearest(angles, threshold, most):
    distance = angular_distance(angles)
    limited, free = (rotated_apart(angles, threshold, most=m) for m in (most, len(angles)))
    assert np.array_equal(limited.sum(axis=1), np.minimum(free.sum(axis=1), most))
    for near, all_far, row in zip(limited, free, distance, strict=True):
        left_out = all_far & ~near
        assert not left_out.any() or row[near].max() <= row[left_out].min()


@given(st.lists(st.floats(-170, 170), min_size=2, max_size=12, unique=True), thresholds, st.randoms())
def test_references_do_not_depend_on_the_order_of_frames(angles, threshold, random):
    order = list(range(len(angles)))
    random.shuffle(order)
    angles = np.array(angles)
    straight, shuffled = (rotated_apart(a, threshold, most=3) for a in (angles, angles[order]))
    assert np.array_equal(straight[np.ix_(order, order)], shuffled)


def test_differences_are_taken_the_short_way_round():
    assert angular_distance([-179, 179, 0]) == pytest.approx(np.array([[0, 2, 179], [2, 0, 179], [179, 179, 0]]))
