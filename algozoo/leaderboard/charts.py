"""The interactive figures: one specification for the browser, for the static view and for papers."""

import json
import re
from collections.abc import Sequence
from itertools import cycle
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from algozoo.leaderboard.results import DatasetResults
from algozoo.scoring import garwood
from algozoo.scoring.nulls import WHOLE_FIELD

N_COLOURED = 6
UNMEASURED = 2.2
"""Factor by which an axis goes on below what can be measured."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe & Ito (2008) without yellow and black, which light and dark pages swallow."""
GREY = "#8c8c8c"
DASHES = ([1, 0], [8, 3], [2, 2], [8, 3, 2, 3], [12, 4], [5, 2, 1, 2, 1, 2])
CONTROL_DASHES = ([1, 3], [4, 5], [9, 5, 1, 5])
TICKS = [digit * 10.0**power for power in range(-8, 3) for digit in (1, 2, 5)]

SHARE = "True-positive rate"
RATE = "False positives per map"
RATE_OF_RESEL = "False positives per resolution element"
ABOVE = "Share of places above"
FOUND = "format(datum.tpr, '.2f') + ' [' + format(datum.tpr_low, '.2f') + ', ' + format(datum.tpr_high, '.2f') + ']'"
TOLD = {
    "Detector": "datum.detector",
    SHARE: FOUND,
    RATE: "format(datum.fp_per_map, '.2~r') + ' [' + format(datum.fp_low, '.2~r') + ', ' + "
    "format(datum.fp_high, '.2~r') + ']'",
    "Trials": "datum.n_injected + ' injected, ' + datum.n_empty + ' empty'",
}
TOLD_OF_AVERAGES = {
    "Detector": "datum.detector",
    SHARE: FOUND,
    RATE: "format(datum.fp_per_map, '.2~r')",
    "Datasets": "datum.n_datasets",
}
TOLD_OF_NULLS = {
    "Detector": "datum.detector",
    ABOVE: "format(datum.observed, '.2~g') + ' [' + format(datum.low, '.2~g') + ', ' + "
    "format(datum.high, '.2~g') + ']'",
    "Claimed": "format(datum.claimed, '.2~g') + ' (' + datum.sigma + ' sigma)'",
    "Places": "datum.n",
}
CONFIG: dict[str, Any] = {
    "font": "Helvetica, Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "titleFontWeight": "normal",  # all in one font: vl-convert writes several to a PDF in any order
        "titleFontSize": 12,
        "labelFontSize": 11,
        "gridColor": "#dddddd",
        "domainColor": "#888888",
        "tickColor": "#888888",
    },
    "legend": {"titleFontWeight": "normal", "titleFontSize": 11, "labelFontSize": 11},
}
LEGEND = alt.Legend(
    orient="bottom",
    title=None,
    columns=alt.ExprRef("max(1, floor(width / 200))"),
    labelLimit=170,
    symbolOpacity=1,
    symbolType="stroke",
    symbolSize=900,
    symbolStrokeWidth=2,
)


class Style(NamedTuple):
    """How a curve is drawn, and whether it is drawn before anybody clicks."""

    colour: str
    dash: list[int]
    shown: bool


def figures(dataset: DatasetResults) -> dict[str, dict[str, Any]]:
    """Make the Vega-Lite specifications of a dataset's figures, by what they show; none without a result."""
    styles = styles_of(dataset.scores)
    if not styles:
        return {}
    points, (low, high) = curve_points(dataset), dataset.rate_range
    made = {
        "froc": _rates_figure(styles, points, (low, high), 1, RATE, TOLD),
        "roc": _rates_figure(
            styles, points, (low, high), dataset.n_resels, "False positives per resolution element", TOLD
        ),
    }
    return made | _null_figures(styles, dataset.quantiles)


def average_figure(averages: pd.DataFrame, curves: pd.DataFrame) -> dict[str, Any] | None:
    """Make the specification of the curves averaged over the datasets of a kind; nothing without a result."""
    styles = styles_of(averages[averages["n_results"] > 0])
    if not styles:
        return None
    return _rates_figure(
        styles, curves, (curves["fp_per_map"].min(), curves["fp_per_map"].max()), 1, RATE, TOLD_OF_AVERAGES
    )


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


def script(specifications: dict[str, dict[str, Any]]) -> str:
    """Write specifications, by their names, as a classic script that loads from disk; numbers in common once."""
    numbers = list(dict.fromkeys(json.dumps(made["datasets"]) for made in specifications.values()))
    lines = (
        f"charts[{json.dumps(name)}] = {{...{json.dumps({**made, 'datasets': {}})}, "
        f"datasets: datasets[{numbers.index(json.dumps(made['datasets']))}]}};"
        for name, made in specifications.items()
    )
    return "\n".join(["window.charts ??= {};", "{", f"const datasets = [{', '.join(numbers)}];", *lines, "}", ""])


def static_svg(specification: dict[str, Any], name: str) -> str:
    """Draw a figure, without the places for the mouse; its ids begin with its name, so that a page may hold many."""
    svg = re.sub(r'<path [^>]*opacity="0"[^>]*/>', "", vl_convert.vegalite_to_svg(specification))
    for number, old in enumerate(dict.fromkeys(re.findall(r' id="([^"]+)"', svg))):
        svg = re.sub(rf'( id="|url\(#){re.escape(old)}(?=["\)])', rf"\g<1>{name}-{number}", svg)
    return svg


def downloads(svg: str) -> dict[str, bytes]:
    """Turn a drawn figure into files for papers, by their endings."""
    opaque = svg.replace(">", '><rect width="100%" height="100%" fill="white"/>', 1)
    return {
        "svg": opaque.encode(),
        "png": vl_convert.svg_to_png(opaque, scale=2),
        "pdf": _in_order(vl_convert.svg_to_pdf(opaque)),
    }


def _in_order(pdf: bytes) -> bytes:
    """Sort the entries of a PDF's dictionaries, which vl-convert writes in any order."""
    return re.sub(rb"(?:\n +/\w+ \d+ 0 R)+", lambda found: b"\n".join(sorted(found.group().split(b"\n"))), pdf)


def styles_of(scores: pd.DataFrame) -> dict[str, Style]:
    """Style of each detector with a result: the best in colour, all others too once shown, controls in grey."""
    with_result = scores[scores["partial_auc"].notna()]
    ranked = with_result.loc[~with_result["control"], "detector"]
    controls = with_result.loc[with_result["control"], "detector"]
    styles = {
        label: Style(COLOURS[i % len(COLOURS)], DASHES[(i + i // len(COLOURS)) % len(DASHES)], shown=i < N_COLOURED)
        for i, label in enumerate(ranked)
    }
    dashes = cycle(CONTROL_DASHES)
    return styles | {label: Style(GREY, next(dashes), shown=True) for label in controls}


def _rates_figure(
    styles: dict[str, Style],
    points: pd.DataFrame,
    measured: tuple[float, float],
    divisor: float,
    title: str,
    told: dict[str, str],
) -> dict[str, Any]:
    """Share found against the rate of false positives, on an axis that also shows what cannot be measured."""
    low, high = (bound / divisor for bound in measured)
    left = low / UNMEASURED
    ticks = [tick for tick in TICKS if low < 1.001 * tick < 1.002 * high]
    x = alt.X(
        "rate:Q",
        title=title,
        scale=alt.Scale(type="log", domain=[left, high], nice=False),
        axis=alt.Axis(values=ticks, format="~g"),
    )
    y = alt.Y("tpr:Q", title=SHARE, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=5))
    nothing = alt.Chart(alt.sequence(1))
    beyond = [
        nothing.mark_rect(color=GREY, fillOpacity=0.12).encode(x=alt.datum(left), x2=alt.datum(low)),
        nothing.mark_text(angle=270, fontSize=11, text="not measurable").encode(
            x=alt.datum(float(np.sqrt(left * low))), y=alt.datum(0.5)
        ),
    ]
    band = alt.Y("tpr_low:Q", title=SHARE), alt.Y2("tpr_high:Q")
    return _lines_figure(styles, points, (x, y), band, told, beyond, rate=f"datum.fp_per_map / {divisor!r}")


def _null_figures(styles: dict[str, Style], quantiles: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Share of places without a companion above each S/N, against what the S/N claims by either law."""
    made = {}
    whole = quantiles[(quantiles["annulus"] == WHOLE_FIELD) & (quantiles["observed"] > 0)]
    for law, table in whole.groupby("law"):
        own = {label: style for label, style in styles.items() if label in set(table["detector"])}
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
        made[str(law)] = _lines_figure(own, points, (x, y), band, TOLD_OF_NULLS, [claimed])
    return made


def _lines_figure(
    styles: dict[str, Style],
    points: pd.DataFrame,
    line: tuple[alt.X, alt.Y],
    band: tuple[alt.Y, alt.Y2],
    told: dict[str, str],
    background: Sequence[alt.Chart],
    **calculated: str,
) -> dict[str, Any]:
    """Draw a line with its band for each detector, hidden and shown by the legend."""
    shown = alt.selection_point(
        name="shown",
        fields=["detector"],
        bind="legend",
        toggle="true",
        clear=False,
        empty=False,
        value=[{"detector": label} for label, style in styles.items() if style.shown],
    )
    colours = alt.Scale(domain=list(styles), range=[style.colour for style in styles.values()])
    dashes = alt.Scale(domain=list(styles), range=[style.dash for style in styles.values()])
    base = alt.Chart(alt.NamedData("points")).encode(*line, alt.Color("detector:N", scale=colours, legend=LEGEND))
    base = base.transform_calculate(**calculated) if calculated else base
    seen = base.transform_filter(shown)
    layers = [
        *background,
        seen.mark_area(fillOpacity=0.1).encode(*band),
        base.mark_line(strokeWidth=2, strokeJoin="round")
        .add_params(shown)
        .properties(name="curves")
        .encode(
            alt.StrokeDash("detector:N", scale=dashes, legend=LEGEND),
            strokeOpacity=alt.condition(shown, alt.value(1), alt.value(0.12)),
        ),
        seen.transform_calculate(**told).encode(tooltip=[f"{key}:N" for key in told]).mark_circle(size=140, opacity=0),
    ]
    chart = alt.layer(*layers).properties(width=660, height=340, background="transparent").configure(**CONFIG)
    data = {"points": [_plain(row) for row in points.to_dict("records")]}
    specification: dict[str, Any] = chart.to_dict(validate=False) | {"datasets": data}
    return specification


def _plain(row: dict[Any, Any]) -> dict[Any, Any]:
    """Round to four digits; nothing where there is no number."""
    return {
        key: value if not isinstance(value, float) else float(f"{value:.4g}") if np.isfinite(value) else None
        for key, value in row.items()
    }
