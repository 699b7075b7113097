"""Do probabilities come true? Of detectors that give them, against where the companions were."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from algozoo.scoring.campaigns import Campaign, Campaigns, Outcomes
from algozoo.scoring.intervals import wilson
from algozoo.scoring.outcomes import candidates_beside

N_BINS = 10
LIKELY = 0.5
LEVEL = 0.01


def candidate_probabilities(outcomes: Outcomes) -> pd.DataFrame:
    """List the candidates of detectors that give probabilities, with whether a companion was there.

    They are those of all maps: hits, and false alarms with and without a companion elsewhere. A probability holds for
    how often companions are there, and here that is the choice of the suite: it can be too low for the suite and right
    for the sky, or the reverse. Only the shape of the reliability curve is the detector's own.

    Parameters
    ----------
    outcomes : DataFrame or Campaigns
        One row per trial and detector, with the column map_kind; only maps of the kinds 'probability' and
        'log_odds', which are made probabilities, count. Controls are left out.

    Returns
    -------
    DataFrame
        dataset, detector, sequence, probability and truth, for `brier`, `reliability` and `probability_claims`.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    tables = [
        _probabilities(campaign)
        for campaign in Campaigns.of(outcomes)
        if campaign.map_kind in {"probability", "log_odds"} and campaign.has_result and not campaign.control
    ]
    names = ["dataset", "detector", "sequence", "probability", "truth"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=names)


def _probabilities(campaign: Campaign) -> pd.DataFrame:
    made = campaign.trials[campaign.injected & campaign.ok]
    hits = made[made["hit_score"].notna()]
    beside = [candidates_beside(trial) for trial in made.itertuples()]
    empty = campaign.trials[campaign.empty]
    false = [*beside, *empty["candidate_score"]]
    of_false = np.concatenate([made["sequence"], empty["sequence"]]).repeat([len(own) for own in false])
    scores = np.concatenate([hits["hit_score"], *false]).astype(float)
    columns = campaign.place | {
        "sequence": np.concatenate([hits["sequence"], of_false]).astype(int),
        "probability": special.expit(scores) if campaign.map_kind == "log_odds" else scores,
        "truth": np.repeat([True, False], [len(hits), of_false.size]),
    }
    return pd.DataFrame(columns)


def brier(probability: ArrayLike, truth: ArrayLike) -> float:
    """Mean squared difference of a probability and what was there, 0 or 1 (Brier 1950); 0 is perfect."""
    return float(np.mean((np.asarray(probability, dtype=float) - np.asarray(truth, dtype=float)) ** 2))


def reliability(probability: ArrayLike, truth: ArrayLike) -> pd.DataFrame:
    """Compare claimed probabilities with how often they came true, in ten equal bins.

    Parameters
    ----------
    probability : array_like (n,)
        Between 0 and 1.
    truth : array_like of bool (n,)
        Whether a companion was there.

    Returns
    -------
    DataFrame
        claimed (mean of the bin), observed, observed_low, observed_high (Wilson, 95 %) and n; empty bins are left out.
    """
    table = pd.DataFrame({"claimed": np.asarray(probability, dtype=float), "truth": np.asarray(truth, dtype=float)})
    place = (table["claimed"] * N_BINS).astype(int).clip(upper=N_BINS - 1)
    bins = table.groupby(place.rename("bin")).agg(claimed=("claimed", "mean"), k=("truth", "sum"), n=("truth", "size"))
    low, high = wilson(bins["k"], bins["n"])
    bins = bins.assign(observed=bins["k"] / bins["n"], observed_low=low, observed_high=high)
    return bins.reset_index(drop=True)[["claimed", "observed", "observed_low", "observed_high", "n"]]


def probability_claims(candidates: pd.DataFrame) -> pd.DataFrame:
    """Test whether candidates that are called likely are companions as often as claimed.

    Parameters
    ----------
    candidates : DataFrame
        Result of `candidate_probabilities`.

    Returns
    -------
    DataFrame
        One row per dataset and detector: dataset, detector, brier, n (candidates), n_likely (those with a probability
        of a half or more), claimed and observed (their mean probability, and share that were companions), p (one-sided,
        that they are companions less often: Student's test on the sums of the sequences, which are what is independent;
        NaN for a single one) and over_confident: whether p is below 0.01.
    """
    rows = []
    for (dataset, detector), own in candidates.groupby(["dataset", "detector"]):
        likely = own[own["probability"] >= LIKELY]
        excess = (likely["truth"] - likely["probability"]).groupby(likely["sequence"]).sum()
        n = excess.size
        error = excess.std() / np.sqrt(n)
        p = float(special.stdtr(n - 1, excess.mean() / error)) if n > 1 and error > 0 else np.nan
        claimed, observed = likely["probability"].mean(), likely["truth"].mean()
        scored = brier(own["probability"], own["truth"])
        rows.append((dataset, detector, scored, len(own), len(likely), claimed, observed, p, bool(p < LEVEL)))
    names = ["dataset", "detector", "brier", "n", "n_likely", "claimed", "observed", "p", "over_confident"]
    return pd.DataFrame(rows, columns=names)
