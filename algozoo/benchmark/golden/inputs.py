"""Small sequences from numpy alone, so that only the part that is looked at can change its numbers."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from algozoo.sequence import ADISequence

Array = NDArray[np.float64]

FWHM = 4.0
N_SPECKLES = 60
IN_APERTURE = 0.48686
"""Of the flux of a sampled Gaussian of this FWHM, the fraction in an aperture of that diameter."""
STEP = 64
"""Pixels are rounded to this fraction of the unit: to the same numbers on every machine."""


def adi() -> ADISequence:
    """Return frames at more angles than a quarter turn, one of them 0, and more of them than PCA takes at a time."""
    return _sequence(n_frames=36, size=41, step=2.5)


def ifs() -> ADISequence:
    """Return a cube with wavelengths, in which speckles move by more than one FWHM."""
    wavelengths = np.array([1.0, 1.2, 1.45])
    channels = [_frames(24, 41, 3.0, scale=scale) for scale in wavelengths]
    star = _sequence(n_frames=24, size=41, step=3.0)
    return replace(
        star, cube=np.stack(channels), wavelengths=wavelengths, psf=np.stack([star.psf] * 3), star_flux=np.ones(3) * 500
    )


def rdi() -> ADISequence:
    """Return frames with those of a reference star, which is fainter and lies on another background."""
    frames = _frames(20, 41, 0.0, seed=2, companion=0.0).astype(np.float64)
    return replace(_sequence(n_frames=24, size=41, step=3.0), reference=(0.4 * frames + 3.0).astype(np.float32))


def long() -> ADISequence:
    """Return more frames than the patches near the star have pixels."""
    return _sequence(n_frames=60, size=31, step=1.5)


def many() -> ADISequence:
    """Return more frames than serve as references of one."""
    return _sequence(n_frames=210, size=21, step=0.5)


def even() -> ADISequence:
    """Return frames of an even side: the star is between pixels."""
    return _sequence(n_frames=24, size=36, step=3.0)


INPUTS: dict[str, Callable[[], ADISequence]] = {
    each.__name__: lru_cache(maxsize=1)(each) for each in (adi, ifs, rdi, long, many, even)
}


def gaussian(size: int, x: float, y: float, fwhm: float = FWHM) -> Array:
    """Draw a round source of unit height."""
    rows, columns = np.mgrid[:size, :size]
    return np.asarray(np.exp(-4 * np.log(2) * ((columns - x) ** 2 + (rows - y) ** 2) / fwhm**2))


def _sequence(*, n_frames: int, size: int, step: float) -> ADISequence:
    psf = gaussian(17, 8, 8)
    return ADISequence(
        cube=_frames(n_frames, size, step),
        parallactic_angles=_angles(n_frames, step),
        psf=psf / psf.sum() / IN_APERTURE,
        star_flux=500.0,
        pixel_scale=0.02,
        fwhm=FWHM,
    )


def _angles(n_frames: int, step: float) -> Array:
    return np.asarray(step * (np.arange(n_frames) - 7.0))


def _frames(
    n_frames: int, size: int, step: float, *, scale: float = 1.0, seed: int = 1, companion: float = 8.0
) -> NDArray[np.float32]:
    """Draw speckles that flicker slowly, fainter outwards, with noise and a companion that turns."""
    rng, centre = np.random.default_rng(seed), (size - 1) / 2
    speckles, sky = np.random.default_rng(0), np.deg2rad(60 - _angles(n_frames, step))
    frames = rng.standard_normal((n_frames, size, size))
    for _ in range(N_SPECKLES):
        distance, direction = speckles.uniform(0, 25), speckles.uniform(0, 2 * np.pi)
        height = 100 * np.exp(-distance / 6) * speckles.uniform(0.3, 1)
        course = 1 + 0.05 * np.cumsum(rng.standard_normal(n_frames))
        x, y = centre + scale * distance * np.cos(direction), centre + scale * distance * np.sin(direction)
        frames += height * course[:, None, None] * gaussian(size, x, y, FWHM * scale)
    frames += companion * np.stack([gaussian(size, centre + 10 * np.cos(a), centre + 10 * np.sin(a)) for a in sky])
    return np.asarray(np.rint(STEP * frames) / STEP, dtype=np.float32)
