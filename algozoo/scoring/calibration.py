"""Does an S/N mean what it claims? Its false alarms, against those of maps without a companion."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from algozoo.scoring.campaigns import Campaign, Campaigns, Outcomes
from algozoo.scoring.comparisons import holm
from algozoo.scoring.intervals import Array, garwood

THRESHOLDS = (3.0, 3.5, 4.0, 4.5, 5.0)  # Gaussian standard deviations
LEVEL = 0.01
SLACK = 2.0
"""Noise finer than the PSF has more peaks: S/N maps of white noise have up to 1.9 times those of a field as smooth."""
ORDER = ("candidate_score", "candidate_x", "candidate_y")


def false_alarms(outcomes: Outcomes, annuli: Mapping[str, Sequence[tuple[float, float]]]) -> pd.DataFrame:
    """Count the false alarms of each detector against its threshold, in each annulus of the field.

    Parameters
    ----------
    outcomes : DataFrame or Campaigns
        One row per trial and detector, or what `Campaigns.of` makes of it.
    annuli : mapping of str to sequence of (float, float)
        For each dataset the inner and outer separations of its annuli in FWHM.

    Returns
    -------
    DataFrame
        dataset, detector, annulus, threshold (each score of a false alarm), fp_per_map, fp_low, fp_high (Garwood,
        95 %, of the independent empty maps; pointwise). Nothing for a dataset without injections, which alone tell
        where the star is.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    tables = []
    for campaign in Campaigns.of(outcomes):
        if not campaign.injected.any():
            continue
        score, separation = _false_candidates(campaign)
        n_independent = campaign.n_groups(campaign.empty)
        for number, (inner, outer) in enumerate(annuli.get(campaign.dataset, [])):
            inside = np.sort(score[(separation >= inner) & (separation < outer)])
            threshold = np.unique(inside)[::-1]
            rate = (inside.size - np.searchsorted(inside, threshold)) / (campaign.empty.sum() or np.nan)
            low, high = garwood(rate * n_independent, n_independent)
            columns = {"annulus": number, "threshold": threshold, "fp_per_map": rate, "fp_low": low, "fp_high": high}
            tables.append(pd.DataFrame(campaign.place | columns))
    names = ["dataset", "detector", "annulus", "threshold", "fp_per_map", "fp_low", "fp_high"]
    return pd.concat(tables, ignore_index=True)[names] if tables else pd.DataFrame(columns=names)


def overconfidence(outcomes: Outcomes) -> pd.DataFrame:
    """Test whether signal-to-noise maps show more false alarms than their scores claim.

    The score of a candidate is turned into Gaussian standard deviations by the Student law of Mawet et al. (2014) at
    its separation. The claim is the number of peaks of a Gaussian random field as smooth as the PSF (`claimed_peaks`),
    and twice as many are allowed, because noise that is finer has more. S/N maps of Gaussian noise as smooth as the PSF
    have 1.05, 0.29 and 0.03 peaks per map above 3, 3.5 and 4 where 1.14, 0.26 and 0.05 are claimed (120 maps of 246
    resolution elements).

    Parameters
    ----------
    outcomes : DataFrame or Campaigns
        One row per trial and detector, with the column map_kind; detectors whose maps are not of the kind 'snr', or
        that lack the column, claim nothing and are left out. So is a dataset without injections, which alone tell where
        the star is: the law depends on the separation from it.

    Returns
    -------
    DataFrame
        dataset, detector, threshold (standard deviations), claimed and counted (false alarms per map), fp_low, fp_high
        (Garwood, 95 %), p (exact Poisson, of a count as high or higher if twice the claim were true; the maps of one
        orientation of a sequence count as one) and over_confident: whether the least p, by Holm over the thresholds,
        is below 0.01.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    tables = [
        _claims(campaign).assign(**campaign.place)
        for campaign in Campaigns.of(outcomes)
        if campaign.map_kind == "snr" and campaign.empty.any() and campaign.injected.any()
    ]
    names = ["dataset", "detector", "threshold", "claimed", "counted", "fp_low", "fp_high", "p", "over_confident"]
    return pd.concat(tables, ignore_index=True)[names] if tables else pd.DataFrame(columns=names)


def claimed_peaks(z: ArrayLike, n_resels: float) -> Array:
    """Count the peaks above `z` standard deviations that a Gaussian random field has on the average.

    It is the density of the Euler characteristic (Worsley et al. 1992, 10.1038/jcbfm.1992.127), of an area of
    `n_resels` discs of diameter FWHM, for thresholds of about two and more. Since a peak is looked for everywhere, it
    is several times the probability of one aperture times the number of apertures.
    """
    z = np.asarray(z, dtype=float)
    area = n_resels * np.pi / 4
    return np.asarray(area * 4 * np.log(2) * (2 * np.pi) ** -1.5 * z * np.exp(-(z**2) / 2))


def poisson_excess(counted: ArrayLike, expected: ArrayLike) -> Array:
    """Probability of a Poisson count as high or higher; a fraction of an event counts as none."""
    whole = np.floor(np.asarray(counted, dtype=float) + 1e-9)
    return np.asarray(stats.poisson.sf(whole - 1, np.asarray(expected, dtype=float)))


def _claims(campaign: Campaign) -> pd.DataFrame:
    """Claimed and counted false alarms per map at each threshold."""
    score, separation = _false_candidates(campaign)
    dof = np.maximum(np.floor(np.pi / np.arcsin(np.minimum(0.5 / separation, 1))) - 2, 1)
    z = -special.ndtri(special.stdtr(dof, -score))
    n_maps, n = int(campaign.empty.sum()), campaign.n_groups(campaign.empty)
    counted = np.array([np.sum(z >= threshold) for threshold in THRESHOLDS]) / n_maps
    claimed = claimed_peaks(THRESHOLDS, campaign.n_resels)
    low, high = garwood(counted * n, n)
    p = poisson_excess(counted * n, SLACK * claimed * n)
    columns = {"threshold": THRESHOLDS, "claimed": claimed, "counted": counted, "fp_low": low, "fp_high": high, "p": p}
    return pd.DataFrame(columns).assign(over_confident=bool(holm(p).min() < LEVEL))


def _false_candidates(campaign: Campaign) -> tuple[Array, Array]:
    """Score and separation (FWHM) of all candidates of the empty maps; the star is where the injections have it."""
    trials = campaign.trials
    angle = np.radians(trials["position_angle"])
    x, y = trials["x"] - trials["separation"] * np.cos(angle), trials["y"] - trials["separation"] * np.sin(angle)
    centre_x, centre_y = float(x.median()), float(y.median())
    maps = trials[campaign.empty]
    n = maps["candidate_score"].map(len)
    score, x, y = (np.concatenate([np.empty(0), *maps[column]]).astype(float) for column in ORDER)
    fwhm = maps["fwhm"].to_numpy(dtype=float).repeat(n)
    return score, np.asarray(np.hypot(x - centre_x, y - centre_y) / fwhm, dtype=float)
