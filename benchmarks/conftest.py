"""The sequence that is timed: NACO-sized noise, 61 frames of 101x101 pixels."""

import numpy as np
import pytest

from algozoo.imaging.psf import normalise_psf
from algozoo.sequence import ADISequence

FWHM = 4.8


@pytest.fixture(scope="session")
def make_noise():
    """Return a function that makes a sequence of white noise."""

    def make(n_frames: int, size: int) -> ADISequence:
        rng = np.random.default_rng(0)
        y, x = np.mgrid[:39, :39] - 19
        psf = normalise_psf(np.exp(-4 * np.log(2) * (x**2 + y**2) / FWHM**2))
        return ADISequence(
            cube=rng.standard_normal((n_frames, size, size)),
            parallactic_angles=np.linspace(-14, 67, n_frames),
            psf=psf.psf,
            star_flux=1e5,
            pixel_scale=0.02719,
            fwhm=psf.fwhm,
        )

    return make


@pytest.fixture(scope="session")
def sequence(make_noise) -> ADISequence:
    return make_noise(61, 101)
