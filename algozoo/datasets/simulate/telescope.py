"""A telescope on a night: what the frames of a sequence have in common, and what changes between them."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from algozoo.datasets.simulate.optics import Optics, detector_kernel, pupil, pupil_coordinates, rejected_modes
from algozoo.datasets.simulate.parameters import Simulation
from algozoo.datasets.simulate.screens import (
    adaptive_optics_spectrum,
    drift,
    screens,
    surface_spectrum,
    waffle_spectrum,
)
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.psf import normalise_psf

Array = NDArray[np.float64]

N_COMMON = 60
"""Screens of turbulence that all frames share. A frame averages thousands of them to a smooth halo; as many as can be
computed, drawn anew for each frame, would leave a halo that changes much more than a real one."""
N_FRESH = 4
"""Screens that only one frame sees."""
N_FLEXURES = 4
"""Screens that make the slow drift. Flexure and temperature depend on little more than the telescope's position: a few
principal components hold most of what changes, and a reference star shows them too."""
PSF_RADIUS = 4
"""Half the width of the stamp of the off-axis PSF, in lambda/D at the longest wavelength."""
CHROMATIC_TURN = 1.5 * np.pi
"""Radians by which the chromatic aberration turns while the wavelength grows by the factor e."""


@dataclass(frozen=True, eq=False)
class Telescope:
    """Optics and turbulence that all frames share; wavefronts are in nanometres.

    Parameters
    ----------
    parameters : Simulation
    pixel_scale : float
        Arcseconds.
    amplitude : array (p, p)
        Of the light in the pupil.
    static, chromatic : array (p, p), array (2, p, p)
        Aberrations of all wavelengths, and two that mix with a phase that turns with wavelength.
    flexures : array (N_FLEXURES, p, p)
        Aberrations that come and go slowly.
    ao_residual : float
        Root mean square of the turbulence that adaptive optics leaves.
    turbulence : array (N_COMMON, p, p)
        What adaptive optics leaves, and jitter.
    """

    parameters: Simulation
    pixel_scale: float
    amplitude: Array
    static: Array
    chromatic: Array
    flexures: Array
    ao_residual: float
    turbulence: Array

    @classmethod
    def draw(cls, parameters: Simulation, pixel_scale: float, rng: np.random.Generator) -> Self:
        """Draw the aberrations and the turbulence of a night."""
        sharpest, _ = parameters.lambda_over_d(pixel_scale)
        amplitude = pupil(_pupil_pixels(parameters.size / 2 / sharpest, parameters.n_actuators))
        ao_residual = parameters.ao_residual_nm.draw(rng)
        return cls(
            parameters,
            pixel_scale,
            amplitude,
            parameters.static_opd_nm * screens(1, surface_spectrum, amplitude > 0, rng)[0],
            parameters.chromatic_opd_nm * screens(2, surface_spectrum, amplitude > 0, rng),
            parameters.slow_opd_nm / np.sqrt(N_FLEXURES) * screens(N_FLEXURES, surface_spectrum, amplitude > 0, rng),
            ao_residual,
            _turbulence(N_COMMON, ao_residual, parameters, amplitude > 0, rng),
        )

    def off_axis_psf(self) -> tuple[Array, float, Array]:
        """Image a star beside the coronagraph.

        Returns
        -------
        psf : array (n_channels, m, m)
            With unit flux in an aperture of diameter `fwhm`.
        fwhm : float
            Pixels, mean of the channels.
        star_flux : array (n_channels,)
            Electrons in that aperture.
        """
        _, widest = self.parameters.lambda_over_d(self.pixel_scale)
        size = 2 * int(min(np.ceil(PSF_RADIUS * widest), (self.parameters.size - 1) // 2)) + 1
        weights = np.full(N_COMMON, 1 / N_COMMON)
        normalised = [normalise_psf(image) for image in self._images(self._optics(size, 0), self.turbulence, weights)]
        fwhm = float(np.mean([channel.fwhm for channel in normalised]))
        psf = np.stack([channel.psf for channel in normalised])
        unit = np.array([aperture_sum(channel, size // 2, size // 2, fwhm / 2) for channel in psf])
        flux = unit * [channel.flux for channel in normalised]
        return psf / unit[:, None, None], fwhm, self.parameters.star_electrons * flux

    def observe(self, n_frames: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Take frames of a star behind the coronagraph while aberrations, seeing and transparency drift.

        Returns
        -------
        array (n_channels, n_frames, n, n)
            Electrons, background-subtracted.
        """
        parameters, inside = self.parameters, self.amplitude > 0
        optics = self._optics(parameters.size, parameters.coronagraph_order)
        slow = np.tensordot(
            drift(rng.standard_normal((n_frames, N_FLEXURES)), parameters.slow_lifetime_frames), self.flexures, axes=1
        )
        fast = drift(screens(n_frames, surface_spectrum, inside, rng), parameters.fast_lifetime_frames)
        pointing = _tilts(n_frames, parameters.pointing_rms_lambda_over_d, parameters, len(inside), rng)
        waffle = screens(n_frames, waffle_spectrum(parameters.n_actuators), inside, rng)
        drifts = slow + parameters.fast_opd_nm * fast + parameters.waffle_opd_nm * waffle + pointing
        seeing, transparency = np.clip(
            1
            + np.array([parameters.seeing_rms, parameters.transparency_rms])
            * drift(rng.standard_normal((n_frames, 2)), parameters.slow_lifetime_frames),
            0,
            None,
        ).T
        weights = np.repeat(
            [(1 - parameters.fresh_fraction) / N_COMMON, parameters.fresh_fraction / N_FRESH], [N_COMMON, N_FRESH]
        )
        cube = np.empty((parameters.n_channels, n_frames, parameters.size, parameters.size))
        for t in range(n_frames):
            fresh = _turbulence(N_FRESH, self.ao_residual, parameters, inside, rng)
            path = drifts[t] + seeing[t] * np.concatenate([self.turbulence, fresh])
            cube[:, t] = transparency[t] * self._images(optics, path, weights)
        expected = parameters.star_electrons * cube + parameters.sky_electrons
        counts = photon_noise(expected, rng) + rng.normal(0, parameters.read_noise_electrons, expected.shape)
        return np.asarray(counts - parameters.sky_electrons, dtype=np.float32)

    def _optics(self, size: int, coronagraph_order: int) -> list[list[Optics]]:
        """Optics of each sub-band of each channel, for a detector of `size` pixels."""
        modes = rejected_modes(self.amplitude, coronagraph_order)
        shortest = self.parameters.wavelength_um.low * 1000
        sharpest, _ = self.parameters.lambda_over_d(self.pixel_scale)
        return [
            [
                Optics(
                    self.amplitude,
                    modes,
                    self.parameters.coronagraph_leak,
                    detector_kernel(size, len(self.amplitude), sharpest * wavelength / shortest),
                    wavelength,
                )
                for wavelength in channel
            ]
            for channel in self.parameters.wavelengths_nm()
        ]

    def _images(self, optics: list[list[Optics]], path: Array, weights: Array) -> Array:
        """Images in all channels of a star behind the static aberrations and screens, in units of the star's flux."""
        common = self.static + path
        return np.array(
            [
                np.mean(
                    [band.image(common + self._chromatic(band.wavelength), weights) for band in bands],
                    axis=0,
                )
                for bands in optics
            ]
        )

    def _chromatic(self, wavelength: float) -> Array:
        turn = CHROMATIC_TURN * np.log(wavelength)
        mixed = np.cos(turn) * self.chromatic[0] + np.sin(turn) * self.chromatic[1]
        return np.asarray(mixed)


def photon_noise(expected: Array, rng: np.random.Generator) -> Array:
    """Draw numbers of electrons with the mean, variance and, above 0.5, nearly the skewness of Poisson's distribution.

    They are a quadratic function of normal numbers (first term of a Cornish-Fisher expansion), and so a
    smooth one of what is expected: an exact draw takes as many random numbers as it rejects, and the last bit of one
    pixel, which depends on the processor, would change all that follow.
    """
    normal = rng.standard_normal(expected.shape)
    bend = np.minimum(1 / 6, np.sqrt(expected / 18))
    return np.asarray(expected + np.sqrt(expected - 2 * bend**2) * normal + bend * (normal**2 - 1))


def _pupil_pixels(field_radius: float, n_actuators: int) -> int:
    """Pixels across the pupil: enough for light out to twice the field's radius (lambda/D) and for fitting errors."""
    return max(48, 8 * int(np.ceil(max(4 * field_radius, 1.5 * n_actuators) / 8)))


def _turbulence(
    n: int, ao_residual: float, parameters: Simulation, inside: NDArray[np.bool_], rng: np.random.Generator
) -> Array:
    spectrum = adaptive_optics_spectrum(parameters.n_actuators, parameters.telescope_diameter_m)
    jitter = _tilts(n, parameters.jitter_rms_lambda_over_d, parameters, len(inside), rng)
    return ao_residual * screens(n, spectrum, inside, rng) + jitter


def _tilts(n: int, rms: float, parameters: Simulation, n_pixels: int, rng: np.random.Generator) -> Array:
    """Wavefronts, array (n, p, p), that move the star by `rms` lambda/D along each axis."""
    wavelength = 500 * (parameters.wavelength_um.low + parameters.wavelength_um.high)
    return np.tensordot(rng.normal(0, rms * wavelength, (n, 2)), np.stack(pupil_coordinates(n_pixels)), axes=1)
