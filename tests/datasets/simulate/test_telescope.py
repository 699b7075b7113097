import numpy as np
import pytest

from algozoo.datasets.simulate.parameters import Simulation
from algozoo.datasets.simulate.telescope import Telescope, photon_noise
from algozoo.imaging.apertures import aperture_sum

PIXEL_SCALE = 0.0272


@pytest.fixture
def telescope(parameters):
    return Telescope.draw(Simulation.model_validate(parameters), PIXEL_SCALE, np.random.default_rng(0))


def test_the_psf_has_unit_flux_in_an_aperture_of_one_fwhm_and_the_star_less_than_its_electrons(telescope):
    psf, fwhm, flux = telescope.off_axis_psf()
    middle = psf.shape[-1] // 2
    assert aperture_sum(psf[0], middle, middle, fwhm / 2) == pytest.approx(1)
    assert 0.1 * telescope.parameters.star_electrons < flux[0] < telescope.parameters.star_electrons


def test_aberrations_have_the_root_mean_square_that_is_asked_for(telescope):
    inside = telescope.amplitude > 0
    assert np.sqrt(np.mean(telescope.static[inside] ** 2)) == pytest.approx(telescope.parameters.static_opd_nm)
    assert np.sqrt(np.mean(telescope.chromatic[:, inside] ** 2)) == pytest.approx(10)


def test_frames_are_of_one_night_and_the_coronagraph_dims_the_star(telescope):
    frames = telescope.observe(3, np.random.default_rng(1))
    again = telescope.observe(3, np.random.default_rng(1))
    assert frames.shape == (1, 3, 41, 41)
    assert np.array_equal(frames, again)
    _, fwhm, flux = telescope.off_axis_psf()
    assert aperture_sum(frames[0, 0].astype(float), 20, 20, fwhm / 2) < 0.1 * flux[0]


@pytest.mark.parametrize("expected", [0.1, 1.0, 10.0, 1e5])
def test_photon_noise_has_the_moments_of_poisson(expected):
    drawn = photon_noise(np.full(400_000, expected), np.random.default_rng(0))
    assert drawn.mean() == pytest.approx(expected, abs=5 * np.sqrt(expected / drawn.size))
    assert drawn.var() == pytest.approx(expected, rel=0.02)
    if expected >= 1:
        skewness = np.mean((drawn - expected) ** 3) / expected**1.5
        assert skewness == pytest.approx(expected**-0.5, abs=0.02)


def test_no_light_has_no_photon_noise():
    assert np.array_equal(photon_noise(np.zeros(3), np.random.default_rng(0)), np.zeros(3))


def test_photon_noise_hardly_changes_with_a_little_more_light():
    light = np.geomspace(0.01, 1e6, 1000)
    less, more = (photon_noise(light * (1 + change), np.random.default_rng(0)) for change in (0, 1e-12))
    assert more == pytest.approx(less, rel=1e-10, abs=1e-10)
