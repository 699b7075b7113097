"""Closure: companions injected at a claimed limit must show what it claims."""

from itertools import islice
from typing import Any

import numpy as np

from algozoo.companions import Companion
from algozoo.datasets.dataset import EXCLUSION_RADIUS
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.contrast import ring_noise, signal_to_noise
from algozoo.limits.probe import Look, Probe
from algozoo.scoring import wilson
from algozoo.scoring.intervals import t_quantile


def close(
    probe: Probe,
    separation: float,
    claim: str,
    contrast: float,
    expected: float,
    *,
    n: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Inject companions at a claimed limit, at fresh azimuths, and hold what they show against the claim.

    Parameters
    ----------
    probe : Probe
    separation : float
        FWHM.
    claim : str
        What is claimed, for a person.
    contrast : float
        The limit; NaN if there is none, which is then said.
    expected : float
        What is claimed in a number: an S/N for a classical limit, else the share that is found.
    n : int
        Companions, one at a time.
    rng : Generator

    Returns
    -------
    dict
        claim, contrast, expected, recovered, low, high (95 %: Student's for the mean S/N, Wilson's for the share),
        found (of n, at one false positive per map), n, and closes: yes where the interval holds the claim, no, or
        'no limit'.
    """
    row = {"claim": claim, "contrast": contrast, "expected": expected, "recovered": np.nan, "low": np.nan}
    row |= {"high": np.nan, "found": 0, "n": 0, "closes": "no limit"}
    if not np.isfinite(contrast):
        return row
    null = probe.field.null
    looks = [
        probe.look(Companion(separation=separation * null.fwhm, azimuth=angle, contrast=contrast))
        for angle in islice(probe.angles(separation, rng), n)
    ]
    found = sum(map(probe.is_found, looks))
    if expected > 1:
        ratios = np.array([recovered_snr(probe, look) for look in looks])
        recovered, half = float(ratios.mean()), t_quantile(n - 1) * float(ratios.std(ddof=1)) / np.sqrt(n)
        low, high = recovered - half, recovered + half
    else:
        recovered, (low, high) = found / n, (float(bound) for bound in wilson(found, n))
    closes = "yes" if low <= expected <= high else "no"
    return row | {"recovered": recovered, "low": low, "high": high, "found": found, "n": n, "closes": closes}


def recovered_snr(probe: Probe, look: Look) -> float:
    """S/N of a companion in its own residual image, by the definition that a classical limit claims.

    The noise is that of the ring without 1.5 FWHM around the companion, where its own negative lobes are. (The S/N map
    keeps these in its noise, as Mawet et al. 2014 do, and shows less.)
    """
    null = probe.field.null
    image, (x, y) = np.asarray(look.map.image), look.companion.position(null)
    rows, columns = np.mgrid[: null.size, : null.size]
    far = np.hypot(columns - x, rows - y) > EXCLUSION_RADIUS * null.fwhm
    ring = ring_noise(image, look.companion.separation, null.fwhm, probe.field.clear & far)
    return signal_to_noise(aperture_sum(image, x, y, null.fwhm / 2), ring)
