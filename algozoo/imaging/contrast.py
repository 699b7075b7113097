"""Noise of a ring of apertures, and the S/N that is significant with so few of them.

Mawet et al. 2014 (10.1088/0004-637X/792/2/97) for Gaussian noise, Bonse et al. 2023 (10.3847/1538-3881/acc93c) for
Laplacian noise.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import norm
from scipy.stats import t as student_t

from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_pixels
from algozoo.imaging.snr import n_apertures

Array = NDArray[np.float64]

FEWEST_APERTURES = 5
"""Apertures of noise beside which an S/N can be judged at all."""
N_PLACEMENTS = 20
"""Rotations of the ring over which its noise is averaged, as where the first aperture lies is arbitrary."""
LAPLACE_DRAWS = 2_000_000
"""Numbers drawn for a Laplacian threshold; the seed is fixed, so that it is always the same."""


class RingNoise(NamedTuple):
    """Mean and standard deviation of the flux in the apertures of a ring, and how many there are."""

    mean: float
    noise: float
    n_apertures: int


def ring_sums(image: ArrayLike, separation: float, first: float, fwhm: float) -> tuple[Array, Array, Array]:
    """Flux in touching apertures of diameter FWHM around the star, counter-clockwise.

    Parameters
    ----------
    image : array (n, n)
    separation : float
        Radius of the ring in pixels.
    first : float
        Angle of the first aperture in degrees counter-clockwise from +x.
    fwhm : float
        Pixels.

    Returns
    -------
    sums, x, y : array (n_apertures,)
        Flux, and the centres in pixels.

    Raises
    ------
    InputError
        If the ring is closer to the star than one FWHM, or leaves the frame.
    """
    image = np.asarray(image, dtype=np.float64)
    largest = (len(image) - fwhm) / 2
    if not fwhm <= separation <= largest:
        raise InputError(
            f"separation {separation:.1f} px ({separation / fwhm:.2f} FWHM) is outside the field: apertures of one "
            f"FWHM fit from {fwhm:.1f} to {largest:.1f} px (1 to {largest / fwhm:.2f} FWHM)"
        )
    centre, step = (len(image) - 1) / 2, 2 * np.arcsin(fwhm / (2 * separation))
    angles = np.deg2rad(first) + step * np.arange(int(n_apertures(separation, fwhm)))
    x, y = centre + separation * np.cos(angles), centre + separation * np.sin(angles)
    rows, columns, weights = aperture_pixels(x, y, fwhm / 2)
    padded = np.pad(image, 1)  # discs that touch the rim have pixels of weight 0 outside
    inside = padded[(rows + 1).clip(0, len(image) + 1), (columns + 1).clip(0, len(image) + 1)]
    return np.sum(inside * weights, axis=(1, 2)), x, y


def ring_noise(image: ArrayLike, separation: float, fwhm: float, usable: NDArray[np.bool_] | None = None) -> RingNoise:
    """Noise at a separation: the scatter of aperture fluxes, averaged over placements of the ring.

    Parameters
    ----------
    image : array (n, n)
        Derotated and combined residuals, the star at the centre.
    separation, fwhm : float
        Pixels.
    usable : array of bool (n, n), optional
        Where apertures may be centred; known companions are left out here.

    Returns
    -------
    RingNoise
        Standard deviation with n - 1 in the denominator; n is the mean over the placements, rounded down.

    Raises
    ------
    InputError
        If the ring is outside the field, or fewer than five apertures are left.
    """
    step = np.rad2deg(2 * np.arcsin(min(fwhm / (2 * separation), 1)))
    placements = []
    for first in np.arange(N_PLACEMENTS) / N_PLACEMENTS * step:
        sums, x, y = ring_sums(image, separation, first, fwhm)
        placements.append(sums if usable is None else sums[usable[np.rint(y).astype(int), np.rint(x).astype(int)]])
    count = int(np.mean([sums.size for sums in placements]))
    if count < FEWEST_APERTURES:
        raise InputError(
            f"separation {separation / fwhm:.2f} FWHM: {count} resolution elements are left there, expected at least "
            f"{FEWEST_APERTURES}; go further out, or exclude less around known companions"
        )
    enough = [sums for sums in placements if sums.size > 1]
    return RingNoise(
        mean=float(np.mean([sums.mean() for sums in enough])),
        noise=float(np.sqrt(np.mean([sums.var(ddof=1) for sums in enough]))),
        n_apertures=count,
    )


def signal_to_noise(flux: float, ring: RingNoise) -> float:
    """S/N of the flux in an aperture against the ring around it (Mawet et al. 2014, eq. 9)."""
    return float((flux - ring.mean) / (ring.noise * np.sqrt(1 + 1 / ring.n_apertures)))


def student_threshold(sigma: float, n_noise: int) -> float:
    """S/N that Gaussian noise exceeds as rarely as a normal deviate exceeds `sigma` (Mawet et al. 2014, eq. 10).

    Parameters
    ----------
    sigma : float
    n_noise : int
        Apertures of noise that the flux is compared with; the law has ``n_noise - 1`` degrees of freedom.
    """
    return float(student_t.isf(norm.sf(sigma), n_noise - 1))


@lru_cache(maxsize=256)
def laplace_threshold(sigma: float, n_noise: int) -> float:
    """S/N that Laplacian noise exceeds as rarely as a normal deviate exceeds `sigma` (Bonse et al. 2023, sect. 3.3).

    The inverse of `laplace_false_alarm`.

    Parameters
    ----------
    sigma : float
        Positive.
    n_noise : int
        Apertures of noise that the flux is compared with.
    """
    mean, scatter = _laplace_ratios(n_noise)

    def excess(log_threshold: float) -> float:
        probability = _laplace_tail(np.exp(log_threshold), n_noise, mean, scatter)
        return float(np.log(max(probability, np.finfo(float).tiny)) - norm.logsf(sigma))

    return float(np.exp(brentq(excess, np.log(sigma / 10), np.log(1e6), xtol=1e-6)))


def laplace_false_alarm(snr: ArrayLike, n_noise: int) -> Array:
    """Probability that Laplacian noise shows a higher S/N (Bonse et al. 2023, sect. 3.3).

    The law of the S/N of Laplacian deviates is simulated, but not by counting: the sum R of their absolute values
    follows a gamma law and is independent of their ratios, so that the probability given the ratios is a closed form
    of the mean m and the scatter s of the deviates over R, ``(1 + q)**-n / 2`` with
    ``q = m + S/N * s * sqrt(1 + 1 / n)``. What is left to average varies little: at 5 sigma the threshold is good to
    0.5 % from 11 apertures on, and to 10 % for the five that are compared with at one FWHM.

    Parameters
    ----------
    snr : array
        Between values of a grid the logarithm of the probability is interpolated.
    n_noise : int
        Apertures of noise that the flux is compared with.
    """
    snr = np.asarray(snr, dtype=np.float64)
    tail = np.exp(np.interp(np.arcsinh(abs(snr)), SNR_GRID, _laplace_log_tails(n_noise)))
    return np.asarray(np.where(snr >= 0, tail, 1 - tail))


SNR_GRID = np.linspace(0, np.arcsinh(1e4), 80)
"""Inverse hyperbolic sine of the S/N at which the Laplacian law is computed."""
GRID_DRAWS = LAPLACE_DRAWS // 10
"""Numbers drawn for the grid, where 3 sigma is far enough and a whole ring is asked for at once."""


@lru_cache(maxsize=256)
def _laplace_log_tails(n_noise: int) -> Array:
    """Logarithm of the false-alarm probability at each S/N of the grid."""
    mean, scatter = _laplace_ratios(n_noise, GRID_DRAWS)
    return np.asarray(np.log([_laplace_tail(snr, n_noise, mean, scatter) for snr in np.sinh(SNR_GRID)]))


def _laplace_ratios(n_noise: int, n_draws: int = LAPLACE_DRAWS) -> tuple[Array, Array]:
    """Mean of Laplacian deviates and error of a further one, over the sum of their absolute values; each mirrored."""
    ratios = np.random.default_rng(n_noise).laplace(size=(n_draws // n_noise // 2, n_noise))
    ratios /= abs(ratios).sum(axis=1, keepdims=True)
    mean, scatter = ratios.mean(axis=1), ratios.std(axis=1, ddof=1) * np.sqrt(1 + 1 / n_noise)
    return np.concatenate([mean, -mean]), np.tile(scatter, 2)


def _laplace_tail(snr: float, n_noise: int, mean: Array, scatter: Array) -> float:
    q = mean + snr * scatter
    tail = (1 + abs(q)) ** -n_noise / 2
    return float(np.mean(np.where(q > 0, tail, 1 - tail)))
