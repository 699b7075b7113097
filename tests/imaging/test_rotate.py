import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.imaging import rotate as module
from algozoo.imaging.rotate import derotate, rotate

SIZE, FWHM = 101, 4.0
SOURCES = [(10, 20, 1.0), (30, 100, 0.5), (38, 200, 0.3), (20, 300, 0.8)]


def scene(turned_by: float, size: int = SIZE) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    image = np.zeros((size, size))
    for separation, angle, peak in SOURCES:
        phi = np.deg2rad(angle + turned_by)
        px, py = separation * np.cos(phi), separation * np.sin(phi)
        image += peak * np.exp(-4 * np.log(2) * ((x - px) ** 2 + (y - py) ** 2) / FWHM**2)
    return image


@given(st.floats(-400, 400), st.sampled_from([100, 101]))
def test_rotation_equals_the_analytic_rotated_scene(angle, size):
    error = rotate(scene(0, size), angle) - scene(angle, size)
    assert np.sqrt(np.mean(error**2)) <= 2e-6 * scene(0).max()


@given(st.floats(-360, 360))
def test_rotation_keeps_flux(angle):
    assert rotate(scene(0), angle).sum() == pytest.approx(scene(0).sum(), rel=1e-6)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3, -1, 5])
def test_quarter_turns_are_exact(quarters):
    frame = np.random.default_rng(0).standard_normal((20, 20))
    assert np.array_equal(rotate(frame, 90 * quarters), np.rot90(frame, -quarters))


def test_positive_angles_turn_counter_clockwise_with_y_up():
    frame = np.zeros((11, 11))
    frame[5, 9] = 1  # on +x
    assert rotate(frame, 90)[9, 5] == pytest.approx(1)  # now on +y


def test_rotation_there_and_back_is_no_change():
    frame = scene(0)
    assert np.allclose(rotate(rotate(frame, 33.3), -33.3), frame, atol=5e-6)


def test_derotation_turns_each_frame_by_its_own_angle():
    angles = np.array([0.0, 17.0, -40.0])
    cube = np.stack([scene(-angle) for angle in angles])
    assert np.allclose(derotate(cube, angles), scene(0), atol=1e-5)


@pytest.mark.parametrize("kept", [0, module.KEPT_BYTES])
@pytest.mark.parametrize("size", [60, 101])
def test_derotation_is_rotation_in_double_precision_to_1e_6(monkeypatch, size, kept):
    """Also of noise, which has all frequencies, with a star that is a hundred times brighter."""
    monkeypatch.setattr(module, "KEPT_BYTES", kept)
    angles = np.array([-400.0, -181.5, -45.0, -0.001, 0.0, 0.5, 44.9, 90.0, 137.0])
    cube = np.random.default_rng(1).standard_normal((len(angles), size, size)) + 100 * scene(0, size)
    expected = np.stack([rotate(frame, angle) for frame, angle in zip(cube, angles, strict=True)])
    for _ in range(2):
        assert abs(derotate(cube, angles) - expected).max() <= 1e-6 * abs(cube).max()


def test_derotation_refuses_another_number_of_angles():
    with pytest.raises(ValueError, match=r"shorter|longer"):
        derotate(np.zeros((3, 5, 5)), [0, 1])


def test_input_is_left_alone():
    frame = scene(0)
    frame.flags.writeable = False
    assert rotate(frame, 0) is not frame
    assert np.array_equal(rotate(frame, 0), frame)
