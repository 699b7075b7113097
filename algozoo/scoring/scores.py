"""The scores of a campaign, each with what a reader must know of it: one entry here is one score on all pages.

The first is the one by which detectors are ranked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np

from algozoo.scoring.campaigns import FOUND_RATE, HIGHEST_RATE, Campaign
from algozoo.scoring.measures import Interval, area_of_maps, median_with_interval, with_interval

STRICT_RATE = 0.1

Columns: TypeAlias = dict[str, Any]
Place: TypeAlias = Literal["board", "dataset"]


@dataclass(frozen=True, kw_only=True)
class Score:
    """A number of a campaign: how it is measured, and how it is shown.

    Attributes
    ----------
    key : str
        Column of the table of scores.
    function : callable
        Takes a `Campaign`; returns columns: the score under its key, its 95 % interval, if it has one, under
        ``key_low`` and ``key_high``, and further numbers that belong to it. A score that is not measured is NaN.
    title : str
        Head of its column on the pages.
    help : str
        What it is, for the page on the method; to be read alone.
    higher_is_better : bool, optional
        None where neither end is better.
    digits : int, optional
        Decimals that are shown; by default two significant digits.
    shown : sequence of {'board', 'dataset'}
        'board' stands for the tables of the first page, of the detectors' pages and for LaTeX, 'dataset' for the
        table of other numbers on the page of a dataset. A score that is shown nowhere is in the CSV files only.
    count : str, optional
        Further column that holds the number of values that the score is made of; shown next to it.
    """

    key: str
    function: Callable[[Campaign], Columns]
    title: str
    help: str
    higher_is_better: bool | None = True
    digits: int | None = 2
    shown: Sequence[Place] = ("board", "dataset")
    count: str | None = None


def columns_of(campaign: Campaign) -> Columns:
    """Measure all scores of a campaign, in the order of `SCORES`."""
    return {name: value for score in SCORES for name, value in score.function(campaign).items()}


def shown_on(place: Place) -> list[Score]:
    """Return the scores that a table of the pages shows, from left to right."""
    return [score for score in SCORES if place in score.shown]


def interval_columns(key: str, interval: Interval) -> Columns:
    """Name an estimate and the bounds of its interval."""
    return dict(zip((key, f"{key}_low", f"{key}_high"), interval, strict=True))


def _partial_auc(campaign: Campaign) -> Columns:
    area = interval_columns("partial_auc", with_interval(campaign, campaign.partial_areas))
    return area | {"fp_low": campaign.lowest_rate, "fp_high": HIGHEST_RATE}


def _tpr(key: str, rate: float, campaign: Campaign) -> Columns:
    return interval_columns(key, with_interval(campaign, campaign.true_positive_rates([rate])[0, 0]))


def _auc_maps(campaign: Campaign) -> Columns:
    return interval_columns("auc_maps", area_of_maps(campaign))


def _sizes(campaign: Campaign) -> Columns:
    return {
        "n_injected": int(campaign.injected.sum()),
        "n_empty": int(campaign.empty.sum()),
        "n_empty_independent": campaign.n_groups(campaign.empty),
        "n_failed": int((~campaign.ok).sum()),
        "n_sequences": campaign.n_sequences,
    }


def _median_of_found(key: str, count: str, campaign: Campaign) -> Columns:
    found = campaign.fractions_found(FOUND_RATE) > 0
    values = campaign.trials[key].where(found).to_numpy(dtype=float)
    return interval_columns(key, median_with_interval(campaign, values)) | {count: int(np.isfinite(values).sum())}


def _seconds(campaign: Campaign) -> Columns:
    return {"seconds": float(campaign.trials["seconds"].where(campaign.ok).median())}


SCORES: tuple[Score, ...] = (
    Score(
        key="partial_auc",
        function=_partial_auc,
        title="Partial AUC",
        help="The true-positive rate averaged over the logarithm of the false positives per map, from one in all "
        "independent empty maps of the suite to ten per map. It is 1 for a detector that finds every companion above "
        "every false alarm, and 0 for one that finds nothing. It depends on the contrasts injected, and hence compares "
        "detectors on one dataset, not datasets with each other. Detectors are ranked by it.",
        shown=["board"],
    ),
    Score(
        key="tpr",
        function=partial(_tpr, "tpr", FOUND_RATE),
        title="TPR at 1 FP per map",
        help="The fraction of companions found (true-positive rate) at the threshold at which maps without a companion "
        "hold one false positive on average.",
        shown=["board"],
    ),
    Score(
        key="tpr_strict",
        function=partial(_tpr, "tpr_strict", STRICT_RATE),
        title="TPR at 0.1 FP per map",
        help="The same at one false positive in ten maps; it takes ten independent empty maps to measure it.",
        shown=["dataset"],
    ),
    Score(
        key="auc_maps",
        function=_auc_maps,
        title="AUC of maps",
        help="The probability that a map with a companion has a higher best score than one without: is there a planet "
        "in this map at all? Its interval is that of DeLong et al. (1988), summed over the maps of a sequence.",
        shown=["dataset"],
    ),
    Score(
        key="n_injected",
        function=_sizes,
        title="Trials",
        help="Injected companions and empty maps, all of them and the independent ones, failures and sequences.",
        higher_is_better=None,
        digits=0,
        shown=[],
    ),
    Score(
        key="position_error",
        function=partial(_median_of_found, "position_error", "n_found"),
        title="Position error (px)",
        help="The median distance between candidate and companion, over the companions found at one false positive per "
        "map, with Woodruff's interval, which takes six values.",
        higher_is_better=False,
        count="n_found",
    ),
    Score(
        key="flux_bias",
        function=partial(_median_of_found, "flux_bias", "n_flux"),
        title="Flux bias",
        help="The median over the companions found of the flux measured at the peak, in an aperture of one FWHM in the "
        "residual image, over that injected, less one. It holds what the subtraction takes, and is not corrected for "
        "it. Only detectors that give fluxes have one.",
        higher_is_better=None,
        shown=["dataset"],
        count="n_flux",
    ),
    Score(
        key="seconds",
        function=_seconds,
        title="Seconds per map",
        help="The median wall-clock time of one map, on the processor that the page of the detector names; compare it "
        "on one machine only.",
        higher_is_better=False,
        digits=None,
        shown=["board"],
    ),
)
