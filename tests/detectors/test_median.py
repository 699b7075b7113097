import numpy as np
import pytest

from algozoo.detectors.median import Median


@pytest.mark.parametrize("source", ["own", "both"])
def test_the_median_of_its_own_frames_is_gone_from_each_pixel(make_sequence, source):
    sequence = make_sequence(n_frames=11)
    residuals = Median(library=source).subtract(make_sequence(cube=sequence.cube, reference=sequence.cube, n_frames=11))
    assert np.allclose(np.median(residuals, axis=0), 0, atol=1e-6)
    assert np.allclose(residuals - residuals[0], sequence.cube.astype(float) - sequence.cube[0], atol=1e-5)


def test_what_shines_in_less_than_half_of_the_frames_is_left_whole(make_sequence):
    cube = np.zeros((11, 41, 41))
    cube[:5, 12, 30] = 7.0
    assert np.array_equal(Median().subtract(make_sequence(cube=cube, n_frames=11)), cube)
