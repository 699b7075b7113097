import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.companions import Companion, inject
from algozoo.datasets.adding.inspection import (
    StarCentre,
    angle_jumps,
    centring_crop,
    duplicated_frames,
    find_star,
    saturated_frames,
    sense_of_rotation,
)
from algozoo.datasets.readers import read_cube


def halo(x: float, y: float, *, hole: bool, size: int = 61) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size]
    separation = np.hypot(columns - x, rows - y)
    light = 1000 / (1 + (separation / 4) ** 2)
    return light - (900 * np.exp(-((separation / 2) ** 2)) if hole else 0)


@pytest.mark.parametrize("hole", [True, False])
@pytest.mark.parametrize(("x", "y"), [(30, 30), (31.3, 28.6), (27.5, 30.2)])
def test_the_star_is_found_whether_it_shines_or_is_masked(x, y, hole):
    noise = np.random.default_rng(0).normal(scale=2, size=(61, 61))
    star = find_star(halo(x, y, hole=hole) + noise, 4.0)
    assert (star.x, star.y) == pytest.approx((x, y), abs=0.15)
    assert star.error < 0.3


def test_the_star_of_beta_pictoris_is_where_it_is_known_to_be(shared_data):
    cube = read_cube(shared_data / "naco_betapic" / "naco_betapic_cube.fits")
    star = find_star(np.median(cube, axis=0).astype(float), 4.55)
    assert (star.x, star.y) == pytest.approx((51.05, 51.1), abs=0.1)
    assert centring_crop((101, 101), star) == (2, 2, 99)


@given(st.floats(20, 40), st.floats(20, 40), st.integers(55, 64), st.integers(55, 64))
def test_the_crop_lies_in_the_frame_and_centres_the_star(x, y, ny, nx):
    left, bottom, side = centring_crop((ny, nx), StarCentre(x, y, 0.1))
    assert min(left, bottom) >= 0
    assert left + side <= nx
    assert bottom + side <= ny
    assert max(abs(x - left - (side - 1) / 2), abs(y - bottom - (side - 1) / 2)) <= 0.5


def test_duplicated_frames_are_paired_with_the_first():
    cube = np.random.default_rng(0).normal(size=(6, 9, 9))
    assert duplicated_frames(cube) == []
    cube[3] = cube[5] = cube[1]
    assert duplicated_frames(cube) == [(1, 3), (1, 5)]
    assert duplicated_frames(np.stack([cube, 2 * cube])) == [(1, 3), (1, 5)]


def test_clipped_frames_are_saturated():
    cube = np.random.default_rng(0).normal(size=(6, 9, 9))
    assert saturated_frames(cube) == []
    cube[2, 3:5, 3:5] = 10
    assert saturated_frames(cube) == [2]


def test_angles_jump_at_the_turn():
    assert angle_jumps([358, 359, 1, 2]) == [2]
    assert angle_jumps(np.linspace(-170, 170, 9)) == []


def test_a_companion_tells_the_sense_of_rotation(make_sequence):
    empty = make_sequence(n_frames=20, size=61, parallactic_angles=np.linspace(0, 70, 20))
    sequence = inject(empty, [Companion(separation=20, azimuth=40, contrast=0.05)])
    assert sense_of_rotation(sequence) == 1
    assert sense_of_rotation(sequence.flipped()) == -1
    assert sense_of_rotation(empty) == 0
