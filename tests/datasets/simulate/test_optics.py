import numpy as np
import pytest

from algozoo.datasets.simulate.optics import Optics, detector_kernel, pupil, rejected_modes

N = 48
FLAT = np.zeros((1, N, N), dtype=np.float32)


def image(order: int, path: np.ndarray = FLAT, leak: float = 0.0) -> np.ndarray:
    """Image a star at 500 nm with 96 pixels of half lambda/D: nearly all of its light."""
    modes = rejected_modes(pupil(N), order).astype(np.float32)
    optics = Optics(pupil(N).astype(np.float32), modes, leak, detector_kernel(96, N, 2.0), 500.0)
    return optics.image(path, np.ones(len(path), dtype=np.float32) / len(path))


def tilt(lambda_over_d: float) -> np.ndarray:
    x = (np.arange(N) - (N - 1) / 2) / N
    return np.broadcast_to((500 * lambda_over_d * x).astype(np.float32), (1, N, N))


def test_without_a_coronagraph_the_light_is_kept():
    assert image(0).sum() == pytest.approx(1, abs=0.02)


def test_a_tilt_moves_the_star_by_as_many_lambda_over_d():
    light = image(0, tilt(5.0))
    row, column = np.unravel_index(light.argmax(), light.shape)
    assert (row - 47.5, column - 47.5) == pytest.approx((0, 10), abs=0.51)


@pytest.mark.parametrize("order", [2, 4])
def test_a_coronagraph_rejects_a_star_on_its_axis_but_for_the_leak(order):
    assert image(order).sum() < 1e-6
    assert image(order, leak=0.1).sum() == pytest.approx(0.01, rel=0.05)


def test_order_four_takes_far_more_of_a_small_tilt_than_order_two():
    passed = {order: image(order, tilt(0.05)).sum() for order in (2, 4)}
    assert 0 < passed[4] < 0.02 * passed[2]


def test_rejected_modes_are_orthonormal():
    for order, number in ((0, 0), (2, 1), (4, 3)):
        modes = rejected_modes(pupil(N), order)
        assert np.allclose(modes @ modes.T, np.eye(number), atol=1e-9)
