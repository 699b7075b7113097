import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.datasets import load_dataset
from algozoo.datasets.centring import place
from algozoo.datasets.cubes import read_cube
from algozoo.datasets.inspection import (
    angle_jumps,
    duplicated_frames,
    empty_frames,
    find_star,
    measure_star,
    outlying_frames,
    pixels_without_data,
    saturated_frames,
    sense_of_rotation,
)


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
    assert star.error < 0.37


def test_the_star_of_beta_pictoris_is_where_it_is_known_to_be(shared_data):
    cube = read_cube(shared_data / "naco_betapic" / "naco_betapic_cube.fits")
    star = find_star(np.median(cube, axis=0).astype(float), 4.55)
    assert (star.x, star.y) == pytest.approx((51.05, 51.1), abs=0.1)
    assert 0.3 < star.error < 0.5


def test_the_error_of_the_centre_holds_on_fresh_nights_and_none_is_refused():
    """On 200 nights of eight datasets, by hand: 93 % within the error, none refused (docs/your-data.md)."""
    within = []
    for name, count in (("tiny", 14), ("naco-lp", 4)):
        for index in range(500, 500 + count):
            night = load_dataset(name).development_sequence(index)
            star = measure_star(night.cube, night.fwhm)
            place(night.cube.shape[-2:], None, star)
            within.append(np.hypot(star.x - night.centre, star.y - night.centre) <= star.error)
    assert np.mean(within) >= 0.8  # fewer of 18 with a probability of 0.9 are rare


@pytest.mark.parametrize("shape", [(20, 35, 35), (12, 61, 61)])
def test_noise_has_no_star(shape):
    assert np.isinf(measure_star(np.random.default_rng(0).normal(size=shape), 4.0).error)


def test_a_hot_pixel_is_not_taken_for_the_star():
    cube = np.stack([halo(30, 30, hole=False)] * 6)
    cube[:, 10, 48] = 1e5
    star = measure_star(cube, 4.0)
    assert 3 * star.error > np.hypot(star.x - 30, star.y - 30)


def test_a_companion_that_outshines_the_star_is_not_taken_for_it(make_sequence):
    empty = make_sequence(n_frames=20)
    night = inject(empty, [Companion(separation=12, azimuth=180, contrast=0.03)])
    star = measure_star(night.cube, night.fwhm)
    assert 3 * star.error > np.hypot(star.x - 20, star.y - 20)


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


def test_empty_and_outlying_frames_are_found():
    rng = np.random.default_rng(0)
    cube = np.stack([halo(30, 30, hole=False) + rng.normal(scale=5, size=(61, 61)) for _ in range(20)])
    assert empty_frames(cube) == outlying_frames(cube) == []
    cube[4], cube[6], cube[9] = 0, np.nan, np.roll(cube[9], 5, axis=0)
    assert empty_frames(cube) == [4, 6]
    assert outlying_frames(np.nan_to_num(cube)) == [4, 6, 9]
    assert empty_frames(np.stack([cube, cube])) == [4, 6]


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_pixels_without_data_are_found(value):
    cube = np.random.default_rng(0).normal(size=(6, 9, 9))
    assert not pixels_without_data(cube).any()
    cube[:, :2], cube[3, 5, 5] = value, np.nan
    assert np.argwhere(pixels_without_data(cube)).max(axis=0).tolist() == [1, 8]
    assert pixels_without_data(np.stack([cube, cube])).sum() == 18


def test_angles_jump_at_the_turn():
    assert angle_jumps([358, 359, 1, 2]) == [2]
    assert angle_jumps(np.linspace(-170, 170, 9)) == []


def test_a_companion_tells_the_sense_of_rotation(make_sequence):
    empty = make_sequence(n_frames=20, size=61, parallactic_angles=np.linspace(0, 70, 20))
    sequence = inject(empty, [Companion(separation=20, azimuth=40, contrast=0.05)])
    assert sense_of_rotation(sequence).verdict == 1
    assert sense_of_rotation(sequence.flipped()).verdict == -1
    assert sense_of_rotation(empty).verdict == 0
    assert sense_of_rotation(sequence.flipped())[::-1] == pytest.approx(sense_of_rotation(sequence))
