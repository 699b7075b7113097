import pickle

import numpy as np
import pytest

from algozoo.errors import InputError
from algozoo.sequence import ADISequence


def test_arrays_are_copied_and_read_only(make_sequence):
    cube = np.zeros((3, 41, 41))
    sequence = make_sequence(cube=cube, n_frames=3)
    cube[:] = 1
    assert sequence.cube.dtype == np.float32
    assert sequence.cube.max() == 0
    for array in (sequence.cube, sequence.parallactic_angles, sequence.psf):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1
    with pytest.raises(TypeError):
        sequence.meta["a"] = 1


def test_repr_says_what_a_person_wants_to_know(make_sequence):
    text = repr(make_sequence(name="beta Pic"))
    for fact in ("beta Pic", "12 frames of 41x41 px", "20 mas/px", "FWHM 4.00 px", "60.0 deg"):
        assert fact in text


def test_pickling_keeps_everything_and_the_protection(make_sequence):
    sequence = make_sequence(meta={"night": "2013-01-31"}, north_angle=3.0)
    again = pickle.loads(pickle.dumps(sequence))  # noqa: S301 - our own
    assert np.array_equal(again.cube, sequence.cube)
    assert (again.meta, again.north_angle) == (sequence.meta, sequence.north_angle)
    assert not again.cube.flags.writeable


def test_flipped_twice_is_the_sequence(make_sequence):
    sequence = make_sequence()
    assert np.array_equal(sequence.flipped().parallactic_angles, -sequence.parallactic_angles)
    assert np.array_equal(sequence.flipped().flipped().parallactic_angles, sequence.parallactic_angles)


def test_a_jump_by_a_full_turn_is_no_rotation(make_sequence):
    assert make_sequence(parallactic_angles=[170, 175, 180, -175], n_frames=4).field_rotation == pytest.approx(15)


def test_a_spectral_sequence_has_a_psf_and_a_wavelength_for_each_channel(make_sequence):
    plain = make_sequence()
    sequence = make_sequence(
        cube=np.zeros((2, 12, 41, 41)), psf=[plain.psf] * 2, wavelengths=[1.0, 1.2], star_flux=[1, 2]
    )
    assert "2 wavelengths x 12 frames" in repr(sequence)


BAD = {
    "cube is no cube": ({"cube": np.zeros((41, 41))}, r"cube has shape \(41, 41\), expected \(n_frames, n, n\)"),
    "cube has five axes": ({"cube": np.zeros((1, 1, 12, 41, 41))}, "cube has shape"),
    "cube is empty": ({"cube": np.zeros((0, 41, 41))}, "cube has shape"),
    "frames are not square": ({"cube": np.zeros((12, 41, 40))}, "41x40 pixels, expected square"),
    "cube is text": ({"cube": "frames"}, "cube is not an array of numbers"),
    "angles are too few": ({"parallactic_angles": np.zeros(11)}, r"shape \(11,\), expected \(12,\)"),
    "angles are NaN": ({"parallactic_angles": np.full(12, np.nan)}, "first at 0"),
    "pixel scale is zero": ({"pixel_scale": 0}, "pixel_scale is 0, expected a positive number of arcsec"),
    "fwhm is negative": ({"fwhm": -4.0}, "fwhm is -4"),
    "fwhm is wider than a quarter": ({"fwhm": 15.0}, "too wide"),
    "star flux is infinite": ({"star_flux": np.inf}, "star_flux is inf"),
    "star flux is a list": ({"star_flux": [1.0, 2.0]}, "expected one number"),
    "psf is even": ({"psf": np.ones((20, 20))}, r"psf has shape \(20, 20\), expected \(m, m\) with m odd"),
    "psf is larger than a frame": ({"psf": np.ones((43, 43))}, "43 pixels wide, wider than the frames"),
    "psf is empty": ({"psf": np.zeros((21, 21))}, "flux of 0 in the central aperture"),
    "psf is NaN": ({"psf": np.full((21, 21), np.nan)}, "psf has NaN"),
    "psf is off centre": (
        {"psf": np.eye(21)[:, ::-1] * 0 + np.pad([[9.0]], ((0, 20), (0, 20)))},
        "centre and scale it",
    ),
    "reference is smaller": ({"reference": np.zeros((3, 31, 31))}, "reference frames are 31 pixels"),
    "reference has channels": (
        {"reference": np.zeros((2, 3, 41, 41))},
        r"reference has shape \(2, 3, 41, 41\), expected the axes and channels of cube, \(12, 41, 41\)",
    ),
    "wavelengths are negative": ({"wavelengths": [-1.0]}, "no positive numbers of micrometres"),
    "wavelengths are missing": ({"cube": np.zeros((2, 12, 41, 41))}, "wavelengths has shape None"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_fields_are_refused_by_name(make_sequence, case):
    fields, message = BAD[case]
    with pytest.raises(InputError, match=message):
        make_sequence(name="mine", **fields)


def test_bad_frames_are_counted_and_the_first_is_named(make_sequence):
    cube = np.zeros((12, 41, 41))
    cube[4, 3], cube[9, 0, 0] = np.nan, np.inf
    with pytest.raises(InputError, match="2 of 12 frames, first in frame 4"):
        make_sequence(cube=cube)


def test_sequences_are_compared_by_identity(make_sequence):
    assert isinstance(make_sequence(), ADISequence)
    assert make_sequence() != make_sequence()
