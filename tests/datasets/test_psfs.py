from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from algozoo.datasets.psfs import read_psf
from algozoo.errors import InputError

Write = Callable[..., Path]


@given(arrays.arrays(np.float64, (9, 9), elements=st.floats(allow_nan=False, width=64)), st.floats(0, 1e300))
def test_any_square_psf_gives_a_normalised_one_or_a_refusal(write_fits: Write, data: np.ndarray, peak: float) -> None:
    data[4, 4] = peak
    try:
        psf = read_psf(write_fits(data))
    except InputError:
        return
    assert np.isfinite(psf.psf).all()
    assert psf.fwhm > 0
    assert psf.flux > 0


def star(size: int, x: float, y: float, fwhm: float = 4.0, peak: float = 1e5) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size]
    return peak * np.exp(-4 * np.log(2) * ((columns - x) ** 2 + (rows - y) ** 2) / fwhm**2)


FLUX = 882666.3  # of that star in one FWHM


@pytest.mark.parametrize(
    "image",
    [
        star(21, 10, 10),
        star(21, 10, 10)[None],
        star(64, 32, 32),
        star(64, 31.5, 31.5),
        star(25, 12, 12)[:, 2:],
        np.stack([star(21, 10, 10), star(21, 10.3, 9.8)]),
        np.stack([np.stack([star(64, 32, 32)] * 2)] * 2),
        star(21, 10, 10) + 3e4,
        star(21, 10, 10) - 1e4,
    ],
)
def test_a_psf_is_read_as_the_field_writes_it(write_fits: Write, image: np.ndarray) -> None:
    psf = read_psf(write_fits(image))
    assert psf.psf.ndim == 2
    assert psf.psf.shape[0] == psf.psf.shape[1]
    assert psf.psf.shape[0] % 2 == 1
    assert psf.fwhm == pytest.approx(4, abs=0.01)
    assert psf.flux == pytest.approx(FLUX, rel=0.01)
    assert np.unravel_index(np.argmax(psf.psf), psf.psf.shape) == (len(psf.psf) // 2,) * 2


@pytest.mark.parametrize("fwhm", [1.5, 1.7, 2.0, 3.0])
@pytest.mark.parametrize(("x", "y"), [(10, 10), (10.3, 9.8), (10.5, 10)])
def test_a_narrow_fwhm_is_measured(write_fits: Write, fwhm: float, x: float, y: float) -> None:
    assert read_psf(write_fits(star(21, x, y, fwhm))).fwhm == pytest.approx(fwhm, abs=0.02)


@pytest.mark.parametrize("level", [0.75, 0.6, 0.5, 0.3])
def test_a_clipped_psf_has_the_fwhm_of_its_flanks_and_says_so(write_fits: Write, level: float) -> None:
    psf = read_psf(write_fits(np.minimum(star(21, 10.2, 9.9), level * 1e5)))
    assert psf.fwhm == pytest.approx(4, abs=0.02)
    assert psf.clipped
    assert "the PSF is clipped" in psf.notes[0]


def test_a_sky_under_the_psf_is_said_and_wings_are_not_taken_for_one(write_fits: Write) -> None:
    noise = np.random.default_rng(0).normal(scale=300, size=(21, 21))
    assert "a background of" in read_psf(write_fits(star(21, 10, 10) + noise + 2e4)).notes[0]
    assert read_psf(write_fits(star(21, 10, 10) + noise)).notes == ()
    assert read_psf(write_fits(star(9, 4, 4))).notes == ()


def test_each_wavelength_has_its_psf(write_fits: Write, refusal) -> None:
    both = np.stack([star(64, 32, 32), 2 * star(64, 32, 32, 5)])
    for images in (both, np.stack([both, both], axis=1), np.stack([both, both, both])):
        psf = read_psf(write_fits(images), 2)
        assert psf.psf.shape == (2, 63, 63)
        assert psf.fwhm == pytest.approx(4.5, abs=0.01)
        assert psf.flux[1] > 2 * psf.flux[0]
    assert "expected (n_wavelengths, m, m)" in refusal(lambda: read_psf(write_fits(both), 3))


def test_the_psf_of_the_sphere_data_centre_is_read(shared_data: Path) -> None:
    path = shared_data / "sphere_irdis_pds70" / "psf.fits"
    one, two = read_psf(path), read_psf(path, 2)
    assert one.psf.shape == (63, 63)
    assert two.psf.shape == (2, 63, 63)
    assert one.fwhm == pytest.approx(4, abs=0.1)
    assert "the mean of 4 exposures; the star's flux differs by 5.0% between them" in one.notes[0]
