import numpy as np
import pytest

from algozoo.benchmark.golden.inputs import INPUTS, STEP
from algozoo.imaging.apertures import aperture_sum


@pytest.mark.parametrize("name", INPUTS)
def test_pixels_are_the_same_numbers_on_every_machine(name):
    """They are multiples of the step, so that the last bits of `exp` do not count."""
    cube = INPUTS[name]().cube.astype(float)
    assert np.array_equal(STEP * cube, np.rint(STEP * cube))
    assert np.array_equal(INPUTS[name].__wrapped__().cube, cube)


def test_the_psf_has_unit_flux_in_an_aperture_of_one_fwhm():
    sequence = INPUTS["adi"]()
    assert aperture_sum(sequence.psf, 8, 8, sequence.fwhm / 2) == pytest.approx(1, abs=1e-4)


def test_inputs_reach_beyond_each_branch_by_size():
    assert INPUTS["adi"]().field_rotation > 45
    assert INPUTS["ifs"]().cube.ndim == 4
    assert INPUTS["rdi"]().reference is not None
    assert INPUTS["long"]().n_frames > np.pi * INPUTS["long"]().fwhm ** 2
    assert INPUTS["many"]().n_frames > 200
    assert INPUTS["even"]().size % 2 == 0
