"""The charts of the pages: one entry here is one chart, with its caption and its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, Literal, TypeVar

import altair as alt
import numpy as np
import pandas as pd

from algozoo.leaderboard.diagrams import critical_differences, reliability_curves
from algozoo.leaderboard.results import DatasetResults, KindResults
from algozoo.leaderboard.vega import GREY, Specification, Style, lines_figure, styles_of
from algozoo.scoring import garwood
from algozoo.scoring.nulls import WHOLE_FIELD

UNMEASURED = 2.2
"""Factor by which an axis continues below what can be measured."""
TICKS = [digit * 10.0**power for power in range(-8, 3) for digit in (1, 2, 5)]

TPR = "True-positive rate"
RATE = "False positives per map"
ABOVE = "Fraction of positions above"


def _with_bounds(value: str, low: str, high: str, form: str) -> str:
    """Write a number of a tooltip with its interval, in the language of Vega."""
    value, low, high = (f"format(datum.{name}, '{form}')" for name in (value, low, high))
    return f"{value} + ' [' + {low} + ', ' + {high} + ']'"


TOOLTIP_OF_AVERAGES = {
    "Detector": "datum.detector",
    TPR: _with_bounds("tpr", "tpr_low", "tpr_high", ".2f"),
    RATE: "format(datum.fp_per_map, '.2~r')",
    "Datasets": "datum.n_datasets",
}
TOOLTIP = {
    "Detector": "datum.detector",
    TPR: TOOLTIP_OF_AVERAGES[TPR],
    RATE: _with_bounds("fp_per_map", "fp_low", "fp_high", ".2~r"),
    "Trials": "datum.n_injected + ' injected, ' + datum.n_empty + ' empty'",
}
TOOLTIP_OF_NULLS = {
    "Detector": "datum.detector",
    ABOVE: _with_bounds("observed", "low", "high", ".2~g"),
    "Claimed": "format(datum.claimed, '.2~g') + ' (' + datum.sigma + ' sigma)'",
    "Positions": "datum.n",
}

Of = TypeVar("Of", DatasetResults, KindResults)


@dataclass(frozen=True, kw_only=True)
class Chart(Generic[Of]):
    """A chart of a dataset, or of the average over the datasets of a kind.

    Attributes
    ----------
    key : str
        Names its files.
    draw : callable
        Takes the results; returns a Vega-Lite specification with its data under ``datasets``, or None where there is
        nothing to draw.
    title : str
        What it shows, for readers without the picture; ``{of.name}`` stands for an attribute of the results.
    help : str
        Caption, with attributes of the results as in the title; an empty line separates paragraphs.
    place : {'board', 'snr', 'probabilities'}
        The first page, or one of the tests of calibration on the page of a dataset.
    summary : str, optional
        With it the chart is folded under this line.
    tables : mapping of str to str, optional
        CSV files of the dataset that hold its numbers, and what to call them.
    interactive : bool
        Whether it is drawn again by the browser, with what happens on a click.
    """

    key: str
    draw: Callable[[Of], Specification | None]
    title: str
    help: str
    place: Literal["board", "snr", "probabilities"]
    summary: str = ""
    tables: Mapping[str, str] = field(default_factory=dict)
    interactive: bool = True


def curve_points(dataset: DatasetResults) -> pd.DataFrame:
    """Read each detector's curve with its band, from the lowest rate that can be measured.

    Returns
    -------
    DataFrame
        The bands of `algozoo.scoring.rates`, with fp_low, fp_high (Garwood, of the independent empty maps), n_injected
        and n_empty.
    """
    sizes = dataset.scores[["detector", "n_injected", "n_empty", "n_empty_independent"]]
    points = dataset.bands.drop(columns=["dataset", "dataset_kind", "fpr", "n"]).merge(sizes, on="detector")
    n = points.pop("n_empty_independent")
    low, high = garwood(points["fp_per_map"] * n, n)
    return points.assign(fp_low=low, fp_high=high)


def _froc(dataset: DatasetResults) -> Specification | None:
    return _rates_figure(styles_of(dataset.scores), curve_points(dataset), dataset.rate_range, 1, RATE, TOOLTIP)


def _roc(dataset: DatasetResults) -> Specification | None:
    styles, points, title = styles_of(dataset.scores), curve_points(dataset), "False positives per resolution element"
    return _rates_figure(styles, points, dataset.rate_range, dataset.n_resels, title, TOOLTIP)


def _average_froc(kind: KindResults) -> Specification | None:
    styles = styles_of(kind.averages[kind.averages["n_results"] > 0])
    rates = kind.curves["fp_per_map"]
    return _rates_figure(styles, kind.curves, (rates.min(), rates.max()), 1, RATE, TOOLTIP_OF_AVERAGES)


def _critical_differences(kind: KindResults) -> Specification | None:
    return critical_differences(kind.ranks) if kind.ranks else None


def _reliability(dataset: DatasetResults) -> Specification | None:
    styles = styles_of(dataset.scores)
    own = {label: styles[label] for label in dataset.probability_claims["detector"]}
    return reliability_curves(dataset.probabilities, own) if own else None


def _nulls(law: str, dataset: DatasetResults) -> Specification | None:
    """Draw the fraction of positions without a companion above each S/N, against what the S/N claims by a law."""
    table = dataset.quantiles
    table = table[(table["annulus"] == WHOLE_FIELD) & (table["observed"] > 0) & (table["law"] == law)]
    styles = {label: style for label, style in styles_of(dataset.scores).items() if label in set(table["detector"])}
    if not styles:
        return None
    floor = float(table["claimed"].min()) / UNMEASURED
    points = table.assign(low=table["low"].clip(lower=floor)).drop(columns=["dataset", "annulus", "law"])
    x = alt.X("sigma:Q", title="Claimed by the S/N (Gaussian standard deviations)", axis=alt.Axis(tickCount=8))
    y = alt.Y(
        "observed:Q",
        title=ABOVE,
        scale=alt.Scale(type="log", domain=[floor, 1], nice=False, clamp=True),
        axis=alt.Axis(values=[tick for tick in TICKS if floor < tick <= 1], format="~g"),
    )
    diagonal = alt.Chart(alt.NamedData("points")).mark_line(color=GREY, strokeWidth=1.5)
    claimed = diagonal.encode(x, alt.Y("claimed:Q", title=ABOVE))
    band = alt.Y("low:Q", title=ABOVE), alt.Y2("high:Q")
    return lines_figure(styles, points, (x, y), band, TOOLTIP_OF_NULLS, [claimed])


def _rates_figure(
    styles: dict[str, Style],
    points: pd.DataFrame,
    measured: tuple[float, float],
    divisor: float,
    title: str,
    tooltip: dict[str, str],
) -> Specification | None:
    """Draw the fraction found against the rate of false positives, on an axis with what cannot be measured."""
    if not styles:
        return None
    low, high = (bound / divisor for bound in measured)
    left = low / UNMEASURED
    ticks = [tick for tick in TICKS if low < 1.001 * tick < 1.002 * high]
    x = alt.X(
        "rate:Q",
        title=title,
        scale=alt.Scale(type="log", domain=[left, high], nice=False),
        axis=alt.Axis(values=ticks, format="~g"),
    )
    y = alt.Y("tpr:Q", title=TPR, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=5))
    nothing = alt.Chart(alt.sequence(1))
    beyond = [
        nothing.mark_rect(color=GREY, fillOpacity=0.12).encode(x=alt.datum(left), x2=alt.datum(low)),
        nothing.mark_text(angle=270, fontSize=11, text="not measurable").encode(
            x=alt.datum(float(np.sqrt(left * low))), y=alt.datum(0.5)
        ),
    ]
    band = alt.Y("tpr_low:Q", title=TPR), alt.Y2("tpr_high:Q")
    return lines_figure(styles, points, (x, y), band, tooltip, beyond, rate=f"datum.fp_per_map / {divisor!r}")


OF_DATASET: tuple[Chart[DatasetResults], ...] = (
    Chart(
        key="froc",
        draw=_froc,
        title="Fraction of companions found against false positives, {of.title}",
        help="Companions found against false positives per map. Bands are 95 % intervals point by point, not of the "
        "curve as a whole, from the same bootstrap over sequences and trials as the scores.\n\n"
        "What would be left of the axis, less than one false positive in all independent maps without a companion, "
        "cannot be measured.\n\n"
        "The six best are drawn at first, and the controls in grey. Click a name, or press Enter on it, to show or "
        "hide its curve; point at a curve for its numbers.",
        place="board",
        tables={"bands": "curves with bands", "curves": "rates at all thresholds"},
    ),
    Chart(
        key="roc",
        draw=_roc,
        title="Fraction of companions found against false positives per resolution element, {of.title}",
        help="The rate per map divided by the number of resolution elements in the scored field, {of.n_resels:.0f}, "
        "for comparison with other publications.",
        place="board",
        summary="The same against false positives per resolution element",
    ),
    *(
        Chart(
            key=law,
            draw=partial(_nulls, law),
            title=f"Fraction of positions above an S/N against what it claims for {noise} noise",
            help="Fraction of the positions without a companion above an S/N, against what that S/N claims if the "
            f"noise is {noise}; the grey line is the claim. A curve above it is a detector with more false alarms than "
            "its S/N says. Bands are 95 % intervals, point by point, from the scatter between sequences. Less than one "
            "position cannot be measured and is not drawn.",
            place="snr",
        )
        for law, noise in (("student", "Gaussian"), ("laplace", "Laplacian"))
    ),
    Chart(
        key="reliability",
        draw=_reliability,
        title="Fraction of candidates that are companions against the probability given",
        help="Candidates in ten bins of probability: the fraction that are companions, with 95 % intervals (Wilson). "
        "On the diagonal a probability comes true as often as it says.",
        place="probabilities",
        interactive=False,
    ),
)

OF_KIND: tuple[Chart[KindResults], ...] = (
    Chart(
        key="froc",
        draw=_average_froc,
        title="Fraction of companions found against false positives, mean over the {of.name} datasets",
        help="Each dataset has the same weight, and counts 0 where a detector has no result. Bands are 95 % intervals "
        "point by point; they say how well these datasets are measured.",
        place="board",
        summary="Curves averaged over the {of.name} datasets",
    ),
    Chart(
        key="ranks",
        draw=_critical_differences,
        title="Mean ranks over the {of.name} datasets with half a critical difference on either side",
        help="Would they rank so on other datasets like these? Mean ranks over the {of.name} datasets, with half a "
        "critical difference on either side (Demšar 2006): two detectors whose bars do not overlap are different, "
        "all pairs together at 5 %. Friedman's test that all are alike: p = {of.ranks.p:.2g}.",
        place="board",
        interactive=False,
    ),
)
