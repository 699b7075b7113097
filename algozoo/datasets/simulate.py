"""A simple simulator of ADI sequences without companions.

The light that a coronagraph leaves is a halo: partly smooth, partly the interference pattern of a field that is
band-limited by the pupil, so that its speckles are as large as the PSF. The field is a static one plus a few patterns
whose amplitudes drift from frame to frame.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.special import j1

from algozoo.datasets.manifest import Simulation
from algozoo.imaging.apertures import aperture_sum
from algozoo.sequence import ADISequence

Array = NDArray[np.float64]

AIRY_HALF_MAXIMUM = 1.61634
"""Where ``(2 J1(v) / v)**2`` is one half."""
LAMBDA_OVER_D = np.pi / (2 * AIRY_HALF_MAXIMUM)
"""In FWHM of an Airy pattern."""
PSF_RADIUS = 3.5
"""FWHM; beyond half of it the wings fade to zero, so that a shifted PSF does not ring."""


def simulate(
    parameters: Simulation, rng: np.random.Generator, *, pixel_scale: float, name: str = "simulated"
) -> ADISequence:
    """Draw one ADI sequence of a star without companions.

    Parameters
    ----------
    parameters : Simulation
    rng : Generator
        Equal states give equal sequences.
    pixel_scale : float
        Arcseconds per pixel.
    name : str

    Returns
    -------
    ADISequence
        Cube in electrons per frame, background-subtracted.
    """
    psf = airy_psf(parameters.fwhm)
    angles = _parallactic_angles(parameters, rng)
    peak = parameters.star_flux_electrons * psf.max()
    expected = peak * _halo(parameters) * _pattern(parameters, rng) + parameters.sky_electrons
    counts = rng.poisson(expected) + rng.normal(0, parameters.read_noise_electrons, expected.shape)
    return ADISequence(
        cube=counts - parameters.sky_electrons,
        parallactic_angles=angles,
        psf=psf,
        star_flux=parameters.star_flux_electrons,
        pixel_scale=pixel_scale,
        fwhm=parameters.fwhm,
        name=name,
    )


def airy_psf(fwhm: float) -> Array:
    """Return an Airy pattern on an odd stamp, with unit flux in an aperture of diameter `fwhm` (pixels)."""
    half = int(np.ceil(PSF_RADIUS * fwhm))
    radius = np.hypot(*np.mgrid[-half : half + 1, -half : half + 1])
    v = np.maximum(2 * AIRY_HALF_MAXIMUM / fwhm * radius, 1e-9)
    fade = np.clip(2 * radius / half - 1, 0, 1)
    psf = (2 * j1(v) / v) ** 2 * (1 + np.cos(np.pi * fade)) / 2
    return np.asarray(psf / aperture_sum(psf, half, half, fwhm / 2))


def _parallactic_angles(parameters: Simulation, rng: np.random.Generator) -> Array:
    """Angles in equal steps of time around the meridian, where they change fastest."""
    rotation = rng.uniform(parameters.field_rotation.low, parameters.field_rotation.high)
    hour_angle = np.linspace(-1, 1, parameters.n_frames) + rng.uniform(-0.5, 0.5)
    curve = np.arctan(hour_angle)
    return np.asarray(rng.uniform(-180, 180) + rotation * (curve - curve[0]) / (curve[-1] - curve[0]))


def _halo(parameters: Simulation) -> Array:
    """Mean intensity relative to the star's peak: flat in the core, then a power law; `halo_contrast` at one FWHM."""
    y, x = np.mgrid[: parameters.size, : parameters.size] - (parameters.size - 1) / 2
    squared_separation = (x**2 + y**2) / parameters.fwhm**2
    return np.asarray(parameters.halo_contrast * ((1 + squared_separation) / 2) ** (-parameters.halo_slope / 2))


def _pattern(parameters: Simulation, rng: np.random.Generator) -> Array:
    """Intensity relative to the halo, of mean one: smooth light plus speckles, array (n_frames, n, n)."""
    n_modes, evolving = parameters.evolving_modes, parameters.evolving_fraction
    static, *modes = _pupil_limited_fields(1 + n_modes, parameters, rng)
    energy = 1 / np.arange(1, n_modes + 1)
    drifts = _drifts(2 * n_modes + 1, parameters, rng)
    amplitudes = (drifts[:n_modes] + 1j * drifts[n_modes:-1]).T * np.sqrt(energy / energy.sum() / 2)
    field = np.sqrt(1 - evolving) * static + np.sqrt(evolving) * np.tensordot(amplitudes, modes, axes=1)
    smooth = np.clip(1 + parameters.seeing_rms * drifts[-1], 0, None)[:, None, None]
    return np.asarray((1 - parameters.speckle_fraction) * smooth + parameters.speckle_fraction * abs(field) ** 2)


def _pupil_limited_fields(number: int, parameters: Simulation, rng: np.random.Generator) -> NDArray[np.complex128]:
    """Complex fields of unit mean intensity: random light from a round pupil, array (number, n, n)."""
    frequency = fft.fftfreq(parameters.size) * parameters.fwhm * LAMBDA_OVER_D
    pupil = np.hypot(frequency, frequency[:, None]) <= 1 / 2
    light = np.zeros((number, parameters.size, parameters.size), dtype=complex)
    light[:, pupil] = rng.normal(size=(number, pupil.sum(), 2)) @ [1, 1j]
    fields = fft.ifft2(light)
    return np.asarray(fields / np.sqrt(np.mean(abs(fields) ** 2, axis=(1, 2), keepdims=True)))


def _drifts(number: int, parameters: Simulation, rng: np.random.Generator) -> Array:
    """First-order autoregressive series of unit variance, array (number, n_frames)."""
    memory = np.exp(-1 / parameters.lifetime_frames)
    drifts = rng.normal(size=(number, parameters.n_frames))
    for t in range(1, parameters.n_frames):
        drifts[:, t] = memory * drifts[:, t - 1] + np.sqrt(1 - memory**2) * drifts[:, t]
    return drifts
