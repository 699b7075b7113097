"""Confidence intervals: Wilson for fractions, Garwood for rates, and Wilson's with clustered trials."""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array: TypeAlias = NDArray[np.float64]


def wilson(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """Interval of a fraction of which `k` of `n` were seen (Wilson 1927).

    Parameters
    ----------
    k : array_like
        Successes; fractions of one are allowed (ties at a threshold count in part).
    n : array_like
        Trials; 0 gives the interval from 0 to 1.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray
        Bounds between 0 and 1, of the broadcast shape of `k` and `n`.
    """
    k, n = np.asarray(k, dtype=float), np.asarray(n, dtype=float)
    fraction = np.divide(k, n, out=np.zeros(np.broadcast(k, n).shape), where=n > 0)
    return _score_interval(fraction, n, special.ndtri(0.5 + level / 2))


def garwood(k: ArrayLike, exposure: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """Two-sided interval of a Poisson rate of which `k` events were seen in `exposure` (Garwood 1936).

    Parameters
    ----------
    k : array_like
        Events; a fraction is what correlated counts are worth (events times independent share).
    exposure : array_like
        Number of maps (or any other unit of exposure); 0 gives the interval from 0 to infinity.
    level : float
        Confidence level; the coverage is at least that, whatever the rate.

    Returns
    -------
    low, high : ndarray
        Bounds in events per unit exposure, of the broadcast shape of `k` and `exposure`.
    """
    k, exposure = np.broadcast_arrays(np.asarray(k, dtype=float), np.asarray(exposure, dtype=float))
    tail = (1 - level) / 2
    low = np.where(k > 0, special.gammaincinv(np.where(k > 0, k, 1), tail), 0.0)
    high = special.gammainccinv(k + 1, tail)
    seen = exposure > 0
    return (
        np.divide(low, exposure, out=np.zeros(k.shape), where=seen),
        np.divide(high, exposure, out=np.full(k.shape, np.inf), where=seen),
    )


def t_quantile(dof: float, level: float = 0.95) -> float:
    """Two-sided quantile of Student's t; that of the normal distribution for infinite `dof`."""
    upper = 0.5 + level / 2
    return float(special.ndtri(upper) if np.isinf(dof) else special.stdtrit(dof, upper))


def clustered_wilson(fraction: float, error: float, dof: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a mean fraction, with the effective number of trials when trials are clustered.

    The effective number is p (1 - p) / error^2 (Kish 1965), at most `n`, and the quantile is Student's: the
    modified Wilson interval of Dean & Pagano (2015, 10.1093/jssam/smv024). For p, and only there, half a
    success and half a failure are added (Jeffreys), so that `n` hits of `n` have a variance. The interval is
    never narrower than that of `n` independent trials: it does not collapse at 0 or 1.

    Parameters
    ----------
    fraction : float
        Estimate, between 0 and 1.
    error, dof : float
        Its standard error and the degrees of freedom of that.
    n : int
        Number of trials.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        Bounds between 0 and 1; NaN where the estimate is.
    """
    shrunk = (n * fraction + 0.5) / (n + 1)
    variance = shrunk * (1 - shrunk)
    effective = variance / error**2 if error**2 * n > variance else n
    low, high = _score_interval(np.asarray(fraction), np.asarray(effective, dtype=float), t_quantile(dof, level))
    return float(low), float(high)


def _score_interval(fraction: Array, n: Array, z: float) -> tuple[Array, Array]:
    """Wilson's formula, written so that it holds for n = 0 too."""
    centre = (n * fraction + z**2 / 2) / (n + z**2)
    half_width = z * np.sqrt(n * fraction * (1 - fraction) + z**2 / 4) / (n + z**2)
    return np.clip(centre - half_width, 0, fraction), np.clip(centre + half_width, fraction, 1)
