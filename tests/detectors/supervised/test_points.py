import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from algozoo.companions import Companion, inject
from algozoo.detectors.supervised.points import (
    boxed_source,
    derotation_of,
    interpolation_taps,
    pixels_near,
    renumbered,
    turn_points,
)

COORDINATE = st.floats(-15, 15)


@given(COORDINATE, COORDINATE, st.floats(-360, 360))
def test_a_turn_keeps_the_separation_and_is_undone_by_its_opposite(x, y, turn):
    turned = turn_points(np.array([x]), np.array([y]), turn)
    assert np.hypot(*turned)[0] == pytest.approx(np.hypot(x, y))
    assert np.ravel(turn_points(*turned, -turn)) == pytest.approx([x, y], abs=1e-9)


def test_a_turn_is_clockwise():
    assert np.ravel(turn_points(np.array([1.0]), np.array([0.0]), 90)) == pytest.approx([0, -1])


@given(st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=1, max_size=5))
def test_taps_interpolate_each_frame_where_it_shows_the_point(make_sequence, places):
    """And derotate: their operator sums the frames at the points."""
    sequence = make_sequence(n_frames=4, size=31)
    x, y = np.array(places).T
    angles = sequence.parallactic_angles
    taps, weights = interpolation_taps(sequence, angles, x, y)
    assert np.allclose(weights.sum(axis=-1), 1)
    frames = sequence.cube.reshape(4, -1).astype(float)
    found = np.array([(frames[t][taps[:, t]] * weights[:, t]).sum(axis=-1) for t in range(4)])
    for frame, angle, values in zip(sequence.cube, np.deg2rad(angles), found, strict=True):
        columns, rows = 15 + x * np.cos(angle) + y * np.sin(angle), 15 + y * np.cos(angle) - x * np.sin(angle)
        expected = map_coordinates(frame.astype(float), (rows, columns), order=1, mode="nearest")
        assert np.allclose(values, expected, atol=1e-9)
    assert np.allclose(derotation_of(taps, weights, 31 * 31) @ frames.ravel(), found.sum(axis=0))


@pytest.mark.parametrize("separation", [0.0, 8.0, 20.0])
def test_a_boxed_source_is_the_companion_that_would_be_injected(make_sequence, separation):
    """In its box; the given pixels are in it too, wherever the companion is."""
    sequence = make_sequence(noise=0)
    companion = Companion(separation=separation, azimuth=30, contrast=1)
    box, source = boxed_source(companion, sequence, np.array([0, 41 * 20 + 20]))
    expected = inject(sequence, [companion]).cube
    inside = np.zeros_like(expected)
    inside[:, box[0], box[1]] = source.reshape(len(source), *inside[0][box].shape)
    assert np.allclose(inside, expected, atol=1e-3)
    assert (box[0].start, box[1].start) == (0, 0)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=20))
def test_pixels_are_numbered_as_they_occur_in_the_box(chosen):
    pixels = np.array(chosen)
    occurring, number = renumbered(pixels, (slice(0, 10), slice(0, 10)), 10)
    assert np.array_equal(occurring, np.unique(pixels))
    assert np.array_equal(occurring[number], pixels)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=5), st.integers(0, 3))
def test_pixels_near_others_are_those_of_the_squares_around_them(chosen, half):
    near = pixels_near(np.array(chosen), 10, half)
    rows, columns = np.divmod(np.arange(100), 10)
    expected = [
        any(max(abs(row - pixel // 10), abs(column - pixel % 10)) <= half for pixel in chosen)
        for row, column in zip(rows, columns, strict=True)
    ]
    assert np.array_equal(near.ravel(), expected)
