from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.companions import Companion, inject, remove
from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.psf import fit_gaussian
from algozoo.imaging.rotate import derotate

FWHM = 4.0
separations, angles = st.floats(0, 14), st.floats(-360, 360)


@pytest.fixture(scope="module")
def empty(make_sequence):
    return make_sequence(noise=0.0, n_frames=3, parallactic_angles=[0.0, 10.0, -25.0])


def analytic(empty, companion, parallactic_angle):
    x, y = companion.track(empty.centre, parallactic_angle)
    rows, columns = np.mgrid[: empty.size, : empty.size]
    shape = np.exp(-4 * np.log(2) * ((columns - x) ** 2 + (rows - y) ** 2) / FWHM**2)
    stamp = empty.psf[10, 10]
    return companion.contrast * empty.star_flux * stamp * shape


@given(separations, angles)
def test_centroid_and_flux_are_those_asked_for(empty, separation, azimuth):
    companion = Companion(separation=separation, azimuth=azimuth, contrast=1e-2)
    injected = inject(empty, [companion], smearing=False)
    for frame, angle in zip(injected.cube, empty.parallactic_angles, strict=True):
        x, y = companion.track(empty.centre, angle)
        fit, scene = fit_gaussian(frame), analytic(empty, companion, angle)
        assert np.hypot(fit.x - x, fit.y - y) < 0.01
        assert aperture_sum(frame, x, y, FWHM / 2) == pytest.approx(aperture_sum(scene, x, y, FWHM / 2), rel=1e-3)
        assert frame.sum() == pytest.approx(companion.contrast * empty.star_flux * empty.psf.sum(), rel=1e-3)


@given(separations, angles)
def test_aperture_flux_over_star_flux_is_the_contrast(empty, separation, azimuth):
    """Exact at whole pixels; elsewhere an aperture sum of a sampled PSF varies by itself, here by 2 %."""
    companion = Companion(separation=round(separation), azimuth=90 * round(azimuth / 90), contrast=1e-2)
    frame = inject(empty, [companion], smearing=False).cube[0]
    flux = aperture_sum(frame, *companion.position(empty), FWHM / 2)
    assert flux / empty.star_flux == pytest.approx(companion.contrast, rel=1e-3)


def test_companion_stands_still_once_derotated(empty):
    companion = Companion(separation=10, azimuth=30, contrast=1e-2)
    aligned = derotate(inject(empty, [companion], smearing=False).cube, empty.parallactic_angles)
    assert np.allclose(aligned, aligned[0], atol=1e-3 * aligned.max())
    fit = fit_gaussian(aligned[1])
    assert (fit.x, fit.y) == pytest.approx(companion.position(empty), abs=0.01)


@given(separations, angles, st.floats(1e-5, 1e-1))
def test_removal_undoes_injection(empty, separation, azimuth, contrast):
    companion = Companion(separation=separation, azimuth=azimuth, contrast=contrast)
    again = remove(inject(empty, [companion]), [companion])
    assert abs(again.cube).max() <= 1e-6 * contrast * empty.star_flux


def test_input_is_not_changed(empty):
    before = empty.cube.tobytes()
    inject(empty, [Companion(separation=5, azimuth=0, contrast=1)])
    assert empty.cube.tobytes() == before


def test_injection_is_linear_in_contrast_and_adds_up(empty):
    a = Companion(separation=5, azimuth=0, contrast=1e-2)
    b = Companion(separation=9, azimuth=140, contrast=3e-2)
    both, one, other = inject(empty, [a, b]).cube, inject(empty, [a]).cube, inject(empty, [b]).cube
    assert np.allclose(both, one + other, atol=1e-4)
    assert np.allclose(inject(empty, [replace(a, contrast=2e-2)]).cube, 2 * one, atol=1e-4)


def test_flux_factors_dim_frames_one_by_one(empty):
    companion = Companion(separation=5, azimuth=0, contrast=1e-2)
    dimmed = inject(empty, [companion], flux_factors=[1.0, 0.5, 0.0]).cube
    assert np.allclose(dimmed, inject(empty, [companion]).cube * np.array([1, 0.5, 0])[:, None, None], atol=1e-5)


def test_smearing_keeps_flux_and_place_and_blurs_along_the_arc(make_sequence):
    sequence = make_sequence(noise=0.0, n_frames=3, parallactic_angles=[-20.0, 0.0, 20.0])
    companion = Companion(separation=14, azimuth=0, contrast=1)
    sharp, smeared = (inject(sequence, [companion], smearing=s).cube[1] for s in (False, True))
    rows = np.arange(41) - 20
    assert smeared.sum() == pytest.approx(sharp.sum(), rel=1e-4)
    spread = [np.sqrt(np.average(rows**2, weights=frame.sum(axis=1).clip(0))) for frame in (sharp, smeared)]
    arc = 14 * np.deg2rad(20)
    assert spread[1] ** 2 - spread[0] ** 2 == pytest.approx(arc**2 / 12, rel=0.1)


def test_a_pause_between_exposures_smears_nothing(make_sequence):
    companion = Companion(separation=14, azimuth=0, contrast=1)
    paused = make_sequence(noise=0.0, n_frames=4, parallactic_angles=[0.0, 0.1, 40.0, 40.1])
    sharp, smeared = (inject(paused, [companion], smearing=s).cube for s in (False, True))
    assert np.array_equal(sharp, smeared)


def test_a_companion_at_the_edge_is_cut_there(empty):
    companion = Companion(separation=20, azimuth=0, contrast=1)
    frame = inject(empty, [companion], smearing=False).cube[0]
    assert 0.4 < frame.sum() / (empty.star_flux * empty.psf.sum()) < 0.7


def test_each_wavelength_has_its_own_psf_and_star_flux(make_sequence):
    plain = make_sequence()
    sequence = make_sequence(
        cube=np.zeros((2, 12, 41, 41)), psf=[plain.psf] * 2, wavelengths=[1.0, 1.2], star_flux=[1000.0, 500.0]
    )
    cube = inject(sequence, [Companion(separation=5, azimuth=0, contrast=1e-2)]).cube
    assert np.allclose(cube[0], 2 * cube[1], atol=1e-5)


@given(st.floats(0.05, 0.4), st.floats(0, 359.9), st.floats(-180, 180))
def test_sky_coordinates_come_back(make_sequence, separation, position_angle, north_angle):
    sequence = make_sequence(north_angle=north_angle)
    companion = Companion.from_sky(sequence, separation=separation, position_angle=position_angle, contrast=1e-4)
    found = companion.to_sky(sequence)
    assert found[0] == pytest.approx(separation)
    assert (found[1] - position_angle + 180) % 360 - 180 == pytest.approx(0, abs=1e-9)


def test_north_is_up_and_east_is_left(make_sequence):
    sequence = make_sequence()
    north = Companion.from_sky(sequence, separation=0.2, position_angle=0, contrast=1).position(sequence)
    east = Companion.from_sky(sequence, separation=0.2, position_angle=90, contrast=1).position(sequence)
    assert north == pytest.approx((20, 30))
    assert east == pytest.approx((10, 20))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"separation": -1}, "separation is -1"),
        ({"contrast": np.nan}, "contrast is nan"),
        ({"azimuth": np.inf}, "inf"),
    ],
)
def test_bad_companions_are_refused(fields, message):
    with pytest.raises(InputError, match=message):
        Companion(**({"separation": 5, "azimuth": 0, "contrast": 1e-3} | fields))


def test_a_companion_outside_the_frame_is_refused(empty):
    with pytest.raises(InputError, match="outside the frame"):
        inject(empty, [Companion(separation=25, azimuth=0, contrast=1)])


def test_flux_factors_of_another_length_are_refused(empty):
    with pytest.raises(InputError, match=r"shape \(2,\), expected 3"):
        inject(empty, [Companion(separation=5, azimuth=0, contrast=1)], flux_factors=[1, 1])
