"""Spectral differential imaging: Racine et al. 1999, PASP 111, 587; Sparks & Ford 2002, ApJ 578, 543.

Speckles grow with wavelength and companions do not move. Channels that are rescaled about the star to one wavelength
show the same speckles, and a companion at another place in each.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from algozoo.detectors.contract import Declined
from algozoo.imaging.combine import temporal_median
from algozoo.imaging.scale import scaling_matrix
from algozoo.sequence import ADISequence

Array = NDArray[np.float64]


class Channels:
    """The channels of a 4-D cube, aligned on their speckles, one moment at a time.

    All are rescaled to the shortest wavelength (a little longer, so that the common field is a whole number of pixels):
    this shrinks them, so that no field is lost and the sampling is that of the channel with the finest details. The
    aligned frames end where the longest wavelength does. They are standardised, their mean and standard deviation made
    0 and 1, because the contrast of speckles changes with wavelength.

    Parameters
    ----------
    cube : array (n_wavelengths, n_frames, n, n)
    sequence : ADISequence
        Its wavelengths (micrometres), FWHM (pixels) and the star's flux in each channel.

    Raises
    ------
    Declined
        If speckles move by less than one FWHM between the channels at the edge of the field, so that a companion would
        be taken for one.
    """

    def __init__(self, cube: NDArray[np.float32], sequence: ADISequence) -> None:
        wavelengths, n = np.asarray(sequence.wavelengths), sequence.size
        motion = sequence.centre * (1 - wavelengths.min() / wavelengths.max())
        if motion < sequence.fwhm:
            raise Declined(
                f"speckles at the edge of the field move by {motion:.2g} pixels between the channels, less than one "
                f"FWHM ({sequence.fwhm:.2f}): a companion cannot be told from them; give one channel, or their mean"
            )
        self.n_frames = cube.shape[1]
        self.size = int(np.ceil((n - 1) * wavelengths.min() / wavelengths.max())) + 1
        growth = wavelengths / wavelengths.max() * (n - 1) / (self.size - 1)
        self._cube = cube
        self._shrink = scaling_matrix(n, 1 / growth, self.size)
        self._grow = scaling_matrix(self.size, growth, n)
        self._flux = np.broadcast_to(sequence.star_flux, len(growth))

    def aligned(self, t: int) -> Array:
        """Return the channels at moment t on their common field, (n_wavelengths, size, size), standardised."""
        return _standardised(self._aligned(t))[0]

    def residuals(self, model: Callable[[Array], Array]) -> Array:
        """Subtract a model of the star from the frames of every moment and average the channels, (n_frames, n, n).

        The model is made of the `aligned` channels of a moment. It is scaled back, and the frames are left as they are.
        The channels are added up, which is the best weight for a companion of the star's spectrum where noise is that
        of photons; towards the edge those whose model reaches so far. The sum is in the unit of a mean channel: a
        companion has its contrast times the mean of `star_flux`.
        """
        lines = np.any(self._grow, axis=2)
        covered = lines[:, :, None] & lines[:, None, :]
        weight = self._flux.mean() / np.tensordot(self._flux, covered, 1)
        residuals = np.empty(self._cube.shape[1:])
        for t in range(self.n_frames):
            aligned, mean, scatter = _standardised(self._aligned(t))
            scaled_back = self._grow @ (mean + scatter * model(aligned)) @ self._grow.transpose(0, 2, 1)
            residuals[t] = weight * np.sum(self._cube[:, t] - scaled_back, axis=0, where=covered)
        return residuals

    def _aligned(self, t: int) -> Array:
        return np.asarray(self._shrink @ self._cube[:, t] @ self._shrink.transpose(0, 2, 1))


def subtract_spectral_median(sequence: ADISequence) -> ADISequence:
    """Bring the channels of a 4-D sequence together, one image for each moment, without the median over wavelength.

    Of the aligned channels of each moment the median is subtracted, in which a companion leaves little; see `Channels`.
    Frames of a reference star are treated alike. What remains is angular differential imaging.

    Parameters
    ----------
    sequence : ADISequence
        With a cube (n_wavelengths, n_frames, n, n).

    Returns
    -------
    ADISequence
        With a cube (n_frames, n, n); PSF and star's flux are means over the channels, so that a companion of the star's
        spectrum has the contrast that it had (less what the median takes of it).
    """
    flux = np.broadcast_to(sequence.star_flux, len(sequence.cube))
    return replace(
        sequence,
        cube=_without_median(sequence.cube, sequence),
        reference=None if sequence.reference is None else _without_median(sequence.reference, sequence),
        psf=np.tensordot(flux / flux.sum(), sequence.psf, 1),
        star_flux=float(flux.mean()),
        wavelengths=None,
    )


def _without_median(cube: NDArray[np.float32], sequence: ADISequence) -> NDArray[np.float32]:
    return Channels(cube, sequence).residuals(temporal_median).astype(np.float32)


def _standardised(frames: Array) -> tuple[Array, Array, Array]:
    """Frames of mean 0 and standard deviation 1, and what these were; the latter 1 for a flat frame."""
    mean, scatter = frames.mean(axis=(1, 2), keepdims=True), frames.std(axis=(1, 2), keepdims=True)
    scatter = np.where(scatter > 0, scatter, 1.0)
    return (frames - mean) / scatter, mean, scatter
