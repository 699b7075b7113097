"""Are the S/N of maps without a companion distributed as they claim? Uniformity of their p-values.

Where nothing is, the probability of an S/N as high, by the law that the S/N is said to follow, is uniform between 0 and
1. Two laws are held against the maps: Student's with the degrees of freedom of Mawet et al. 2014, for Gaussian noise,
and that of Bonse et al. 2023 (10.3847/1538-3881/acc93c) for Laplacian noise.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from algozoo.imaging.contrast import laplace_false_alarm
from algozoo.imaging.snr import n_apertures
from algozoo.scoring.campaigns import NULLS, Campaign, Campaigns, Outcomes
from algozoo.scoring.intervals import Array, clustered_wilson

LAWS = ("student", "laplace")
SIGMAS = np.arange(0, 4.01, 0.25)
"""Gaussian standard deviations at which claimed and observed probabilities are compared."""
WHOLE_FIELD = -1
FEWEST_SEQUENCES = 6
"""Fewer have no arrangement of signs that is rarer than 5 %."""
N_SIGNS = 1000
GRID = np.arange(1, 200) / 200
Annuli = Mapping[str, Sequence[tuple[float, float]]]


def ring_scores(scores: Array, *, fwhm: float, valid: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Read a map at places that share no light: on rings one FWHM apart, one FWHM from each other.

    Parameters
    ----------
    scores : ndarray (n, n)
        Detection map, the star at its centre.
    fwhm : float
        Pixels.
    valid : ndarray of bool (n, n)
        Field that is scored.

    Returns
    -------
    separation : ndarray (m,)
        Of the pixel nearest to each place, in FWHM.
    score : ndarray (m,)
        There; places outside the field and without a finite score are left out.
    """
    centre = (len(scores) - 1) / 2
    radii = fwhm * np.arange(1, centre // fwhm + 1)
    counts = n_apertures(radii, fwhm)
    angle = np.concatenate([2 * np.pi / count * np.arange(count) for count in counts])
    radius = radii.repeat(counts)
    x, y = (np.rint(centre + radius * turn(angle)).astype(int) for turn in (np.cos, np.sin))
    separation, score = np.hypot(x - centre, y - centre) / fwhm, np.asarray(scores, dtype=float)[y, x]
    kept = valid[y, x] & np.isfinite(score)
    return separation[kept], score[kept]


def false_alarm_probability(snr: ArrayLike, separation: ArrayLike, law: str) -> Array:
    """Probability of an S/N as high where nothing is.

    Parameters
    ----------
    snr, separation : array_like (n,)
        Of a pixel; the separation in FWHM, at least one.
    law : {'student', 'laplace'}
        Of the S/N of Gaussian or of Laplacian noise, with the apertures that fit on the ring.
    """
    snr, others = np.asarray(snr, dtype=float), n_apertures(separation, 1.0) - 1
    if law == "student":
        return np.asarray(special.stdtr(others - 1, -snr))
    p = np.empty(snr.shape)
    for n in np.unique(others).tolist():
        p[others == n] = laplace_false_alarm(snr[others == n], n)
    return p


def null_quantiles(outcomes: Outcomes, annuli: Annuli) -> pd.DataFrame:
    """Compare the probability that an S/N claims with the share of places without a companion that reach it.

    Parameters
    ----------
    outcomes : DataFrame or Campaigns
        One row per trial and detector, with the columns map_kind, null_separation and null_score. Detectors whose maps
        are not of the kind 'snr' are left out, and so are all if the columns are missing.
    annuli : mapping of str to sequence of (float, float)
        For each dataset the inner and outer separations of its annuli in FWHM.

    Returns
    -------
    DataFrame
        dataset, detector, annulus (-1 is the whole field), law, sigma (of a Gaussian deviate as rare), claimed,
        observed, low, high (95 %, pointwise, from the scatter between sequences; NaN for a single one), n (places) and
        n_sequences. A probability of less than one place is not measurable, and has no row.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    rows = []
    for place, p, sequence in _null_p_values(outcomes, annuli):
        for sigma, claimed in zip(SIGMAS.tolist(), special.ndtr(-SIGMAS).tolist(), strict=True):
            if claimed * p.size >= 1:
                share = share_with_interval(p <= claimed, sequence)
                rows.append({**place, "sigma": sigma, "claimed": claimed, **share, "n": p.size})
    return pd.DataFrame(rows, columns=[*PLACE, "sigma", "claimed", "observed", "low", "high", "n", "n_sequences"])


def uniformity(outcomes: Outcomes, annuli: Annuli, *, rng: np.random.Generator) -> pd.DataFrame:
    """Test whether the p-values of S/N maps without a companion are uniform.

    The statistic is that of Kolmogorov and Smirnov. The places of one sequence share its noise, so that its law comes
    from the sequences: the deviations of each from the uniform law are given random signs (wild cluster bootstrap with
    the null imposed, Cameron, Gelbach & Miller 2008, 10.1162/rest.90.3.414).

    Parameters
    ----------
    outcomes, annuli
        As for `null_quantiles`.
    rng : Generator
        Source of the signs.

    Returns
    -------
    DataFrame
        dataset, detector, annulus (-1 is the whole field), law, distance (largest difference of the shares claimed and
        observed), p (NaN with fewer than six sequences), n (places) and n_sequences.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    rows = []
    for place, p, sequence in _null_p_values(outcomes, annuli):
        labels, index = np.unique(sequence, return_inverse=True)
        counts = np.array([np.searchsorted(np.sort(p[index == i]), GRID, side="right") for i in range(labels.size)])
        deviations = counts - np.bincount(index)[:, None] * GRID
        distance = abs(deviations.sum(axis=0)).max()
        probability = np.nan
        if labels.size >= FEWEST_SEQUENCES:
            signs = rng.choice([-1.0, 1.0], size=(N_SIGNS, labels.size))
            drawn = abs(signs @ deviations).max(axis=1)
            probability = (1 + np.sum(drawn >= distance * (1 - 1e-9))) / (1 + N_SIGNS)
        rows.append({**place, "distance": distance / p.size, "p": probability, "n": p.size, "n_sequences": labels.size})
    return pd.DataFrame(rows, columns=[*PLACE, "distance", "p", "n", "n_sequences"])


PLACE = ["dataset", "detector", "annulus", "law"]


def _null_p_values(outcomes: Outcomes, annuli: Annuli) -> Iterator[tuple[dict[str, Any], Array, NDArray[np.int_]]]:
    """P-values of the places in each annulus by each law, and the sequence of each place."""
    for campaign in Campaigns.of(outcomes):
        separation, score, sequence = _places(campaign)
        zones = {WHOLE_FIELD: (0.0, np.inf)} | dict(enumerate(annuli.get(campaign.dataset, [])))
        for law in LAWS if score.size else ():
            p = false_alarm_probability(score, separation, law)
            for number, (inner, outer) in zones.items():
                inside = (separation >= inner) & (separation < outer)
                if inside.any():
                    yield campaign.place | {"annulus": number, "law": law}, p[inside], sequence[inside]


def _places(campaign: Campaign) -> tuple[Array, Array, NDArray[np.int_]]:
    """Separation (FWHM) and S/N of all places of the empty maps, and their sequence; none without an S/N."""
    has_scores = campaign.map_kind == "snr" and set(NULLS) <= set(campaign.trials)
    maps = campaign.trials[campaign.empty & has_scores].reindex(columns=["sequence", *NULLS])
    separation, score = (np.concatenate([np.empty(0), *maps[name]]).astype(float) for name in NULLS)
    sequence = maps["sequence"].to_numpy().repeat(maps["null_score"].map(len))
    enough = separation >= 1
    return separation[enough], score[enough], sequence[enough]


def share_with_interval(reached: NDArray[np.bool_], sequence: NDArray[np.int_]) -> dict[str, float]:
    """Share of places that reach a level, with the interval from the scatter between sequences."""
    labels, index = np.unique(sequence, return_inverse=True)
    share = float(reached.mean())
    low = high = np.nan
    if labels.size > 1:
        excess = np.bincount(index, reached - share)
        error = float(np.sqrt(labels.size / (labels.size - 1) * (excess @ excess)) / reached.size)
        low, high = clustered_wilson(share, error, labels.size - 1, reached.size)
    return {"observed": share, "low": low, "high": high, "n_sequences": labels.size}
