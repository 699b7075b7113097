"""The leaderboard's numbers: scores with intervals, ranks and groups, differences, and averages over datasets."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from algozoo.scoring.averages import average
from algozoo.scoring.campaigns import Campaign, Campaigns, Outcomes
from algozoo.scoring.comparisons import PAIRS, Replicates, compare, standings
from algozoo.scoring.scores import columns_of


@dataclass(frozen=True)
class Board:
    """What `evaluate` finds.

    Attributes
    ----------
    scores : DataFrame
        One row per dataset and detector, best first, as `score` returns it.
    differences : DataFrame
        For each dataset and each two detectors with a result: dataset, detector, other, difference of their partial
        areas on the same trials, difference_low, difference_high (95 %, of this pair alone), p, and p_holm (Holm's,
        for all pairs of detectors that are ranked on the dataset).
    averages : DataFrame
        One row per kind of data and detector: dataset_kind, detector, control, the mean partial_auc with
        partial_auc_low and partial_auc_high, rank, rank_low, rank_high, p_best, group, n_datasets (of the kind) and
        n_results (those that the detector has a result on; it counts 0 on the others). Real and simulated
        datasets are never pooled.
    """

    scores: pd.DataFrame
    differences: pd.DataFrame
    averages: pd.DataFrame


def evaluate(outcomes: Outcomes, *, rng: np.random.Generator | None = None) -> Board:
    """Score, compare and rank all detectors on each dataset, and on the average over the datasets of each kind.

    Parameters
    ----------
    outcomes : DataFrame or Campaigns
        One row per trial and detector, or what `Campaigns.of` makes of it.
    rng : Generator, optional
        Source of the bootstrap, whose replicates hold the same trials for all detectors; campaigns have theirs.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    campaigns = Campaigns.of(outcomes, rng)
    rows = [_row(campaign) for campaign in campaigns]
    replicates = {dataset[0].dataset: _replicates(dataset) for dataset in campaigns.datasets}
    scores = pd.DataFrame(rows)
    scores, differences = _ranked(scores, "dataset", {name: [own] for name, own in replicates.items()})
    averages = average(scores)
    of_kind = scores.groupby("dataset_kind")["dataset"].unique()
    averages, _ = _ranked(
        averages, "dataset_kind", {str(kind): [replicates[name] for name in names] for kind, names in of_kind.items()}
    )
    return Board(scores, differences, averages)


def score(outcomes: Outcomes, *, rng: np.random.Generator | None = None) -> pd.DataFrame:
    """Score and rank each detector on each dataset.

    The score is the true-positive rate averaged over ln(false positives per map), from one false positive in
    all independent empty maps of the suite (a lower rate cannot be measured) to ten per map. The empty maps of
    one orientation of a sequence, whole or of a block of its frames, count as one: false positives are averaged
    over all maps, but what can be measured, and how well, goes by the independent ones.

    The intervals are Wilson's with the effective number of trials, from a bootstrap of sequences and of trials
    within them, and Student's quantile (Satterthwaite). In 400 simulated suites each of 10 to 12 companions a sequence,
    with and without differences between sequences, the 95 % intervals of the first two scores hold the truth in:
    20 sequences 0.94-0.99, 10 sequences 0.94-0.99, 5 sequences 0.95-1.00, 3 sequences 0.94-1.00, 2 sequences 0.90-0.99.
    The highest belong to detectors that find nearly all or nothing. One sequence shows nothing of the spread between
    nights: with 36 companions and two empty maps 0.84-0.95 where nights are alike, too few where they are not.

    Parameters
    ----------
    outcomes : DataFrame or Campaigns
        One row per trial and detector, or what `Campaigns.of` makes of it.
    rng : Generator, optional
        Source of the bootstrap; campaigns have theirs.

    Returns
    -------
    DataFrame
        One row per dataset and detector: dataset, dataset_kind, detector, control, then the scores in the order of
        `scores.SCORES`, each with its interval (partial_auc, partial_auc_low, partial_auc_high) and further numbers:
        fp_low, fp_high (the range averaged over), tpr (at one false positive per map), tpr_strict (at 0.1), auc_maps
        (planet or no planet, by the best score of each map: `delong`), n_injected, n_empty, n_empty_independent,
        n_failed, n_sequences, position_error (median over the companions found, px), n_found, flux_bias (median over
        them of the measured contrast over the injected one, less one; NaN without fluxes), n_flux, seconds (median per
        map); status ('ok', or the commonest of the failures where there is no result), reason (the commonest of the
        failures; without a failure, of what the detector says of its maps), and the columns of `standings`: rank,
        rank_low, rank_high, p_best and group (no rank for controls and for detectors without a result). A score that
        the empty maps are too few to measure is NaN.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    return evaluate(outcomes, rng=rng).scores


def _ranked(
    table: pd.DataFrame, within: str, replicates: dict[str, list[Replicates]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add the ranks of the detectors in each group of rows, best first, and tabulate the differences."""
    differences, standing = [], []
    for name, samples in replicates.items():
        own = table[table[within] == name]
        detectors = [label for label in own["detector"] if any(label in sample.scores for sample in samples)]
        ranked = [label for label in detectors if not own.set_index("detector").loc[label, "control"]]
        pairs = compare(samples, detectors, set(ranked))
        differences.append(pairs.assign(**{within: name}))
        standing.append(standings(samples, ranked, pairs).assign(**{within: name}))
    table = table.merge(pd.concat(standing), on=[within, "detector"], how="left")
    table = table.astype({"rank": "Int64", "rank_low": "Int64", "rank_high": "Int64"})
    table["group"] = table["group"].astype(object).where(table["rank"].notna(), "")
    order = [within, "rank", "partial_auc", "detector"]
    return (
        table.sort_values(order, ascending=[True, True, False, True], ignore_index=True),
        pd.concat(differences, ignore_index=True)[[within, *PAIRS]],
    )


def _replicates(dataset: list[Campaign]) -> Replicates:
    areas = {campaign.detector: campaign.partial_areas for campaign in dataset if campaign.has_result}
    return Replicates(areas, dataset[0].n_sequences, int(dataset[0].injected.sum()))


def _row(campaign: Campaign) -> dict[str, Any]:
    trials, failures = campaign.trials, campaign.trials[~campaign.ok]
    return {
        "dataset": campaign.dataset,
        "dataset_kind": campaign.dataset_kind,
        "detector": campaign.detector,
        "control": campaign.control,
        **columns_of(campaign),
        "status": "ok" if campaign.has_result else next(iter(failures["status"].mode()), "ok"),
        "reason": next(iter((failures if len(failures) else trials)["reason"].mode()), ""),
    }
