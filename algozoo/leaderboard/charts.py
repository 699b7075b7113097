"""The ROC figures of a dataset: one specification for the browser, for the static view and for papers."""

import json
import re
from itertools import cycle
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from algozoo.leaderboard.results import DatasetResults
from algozoo.scoring import garwood, tpr_at, wilson

N_POINTS = 121
N_COLOURED = 6
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe & Ito (2008) without yellow and black, which light and dark pages swallow."""
GREY = "#8c8c8c"
DASHES = ([1, 0], [8, 3], [2, 2], [8, 3, 2, 3], [12, 4], [5, 2, 1, 2, 1, 2])
CONTROL_DASHES = ([1, 3], [4, 5], [9, 5, 1, 5])
TICKS = [digit * 10.0**power for power in range(-8, 3) for digit in (1, 2, 5)]

TOOLTIP = {
    "Detector": "datum.detector",
    "True-positive rate": "format(datum.tpr, '.2f') + ' [' + format(datum.tpr_low, '.2f') + ', ' + "
    "format(datum.tpr_high, '.2f') + ']'",
    "False positives per map": "format(datum.fp_per_map, '.2~r') + ' [' + format(datum.fp_low, '.2~r') + ', ' + "
    "format(datum.fp_high, '.2~r') + ']'",
    "Trials": "datum.n_injected + ' injected, ' + datum.n_empty + ' empty'",
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
    """Make the Vega-Lite specifications of a dataset's figures, by their names; none without a result."""
    styles = _styles(dataset.scores)
    if not styles:
        return {}
    data = {"points": curve_points(dataset).round(4).to_dict("records")}
    low, high = dataset.rate_range
    froc = _figure(styles, low, high, 1, "False positives per map")
    roc = _figure(styles, low, high, dataset.n_resels, "False positives per resolution element")
    return {f"{dataset.name}-froc": froc | {"datasets": data}, f"{dataset.name}-roc": roc | {"datasets": data}}


def curve_points(dataset: DatasetResults) -> pd.DataFrame:
    """Read each detector's curve at rates evenly spaced in their logarithm, after its point without false positives.

    Returns
    -------
    DataFrame
        detector, order (0 is the point without false positives), tpr, tpr_low, tpr_high (Wilson), fp_per_map, fp_low,
        fp_high (Garwood), n_injected and n_empty.
    """
    rates = np.append(0, np.geomspace(*dataset.rate_range, N_POINTS))
    sizes = dataset.scores.set_index("detector")
    tables = []
    for label, curve in dataset.curves.groupby("detector"):
        n_injected, n_empty = int(sizes["n_injected"][label]), int(sizes["n_empty"][label])
        n_independent = int(sizes["n_empty_independent"][label])
        tpr = tpr_at(curve["fp_per_map"], curve["tpr"], rates)
        tpr_low, tpr_high = wilson(tpr * n_injected, n_injected)
        fp_low, fp_high = garwood(rates * n_independent, n_independent)
        columns: dict[str, Any] = {"detector": label, "order": np.arange(rates.size)}
        columns |= {"n_injected": n_injected, "n_empty": n_empty}
        columns |= {"tpr": tpr, "tpr_low": tpr_low, "tpr_high": tpr_high}
        columns |= {"fp_per_map": rates, "fp_low": fp_low, "fp_high": fp_high}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def script(specifications: dict[str, dict[str, Any]]) -> str:
    """Write the specifications of a dataset, which share their numbers, as a classic script that loads from disk."""
    data = json.dumps(next(iter(specifications.values()))["datasets"])
    lines = (
        f"charts[{json.dumps(name)}] = {{...{json.dumps({**specification, 'datasets': {}})}, datasets}};"
        for name, specification in specifications.items()
    )
    return "\n".join(["window.charts ??= {};", "{", f"const datasets = {data};", *lines, "}", ""])


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


def _styles(scores: pd.DataFrame) -> dict[str, Style]:
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


def _figure(styles: dict[str, Style], low: float, high: float, divisor: float, title: str) -> dict[str, Any]:
    shown = alt.selection_point(
        name="shown",
        fields=["detector"],
        bind="legend",
        toggle="true",
        clear=False,
        empty=False,
        value=[{"detector": label} for label, style in styles.items() if style.shown],
    )
    ticks = [tick for tick in TICKS if low / divisor < 1.001 * tick < 1.002 * high / divisor]
    range_drawn = alt.Scale(type="log", domain=[low / divisor, high / divisor], nice=False)
    x = alt.X("x:Q", title=title, scale=range_drawn, axis=alt.Axis(values=ticks, format="~g"))
    y = alt.Y("tpr:Q", title="True-positive rate", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=5))
    colours = alt.Scale(domain=list(styles), range=[style.colour for style in styles.values()])
    dashes = alt.Scale(domain=list(styles), range=[style.dash for style in styles.values()])
    base = (
        alt.Chart(alt.NamedData("points"))
        .transform_calculate(x=f"max(datum.fp_per_map, {low!r}) / {divisor!r}")
        .encode(x, y, alt.Color("detector:N", scale=colours, legend=LEGEND))
    )
    band = base.transform_filter(shown).mark_area(opacity=0.1)
    line = base.mark_line(strokeWidth=2, strokeJoin="round").add_params(shown).properties(name="curves")
    told = base.transform_filter(shown).transform_calculate(**TOOLTIP).encode(tooltip=[f"{key}:N" for key in TOOLTIP])
    layers = [
        band.encode(alt.Y("tpr_low:Q", title="True-positive rate"), alt.Y2("tpr_high:Q")),
        line.encode(
            alt.StrokeDash("detector:N", scale=dashes, legend=LEGEND),
            order="order:Q",
            opacity=alt.condition(shown, alt.value(1), alt.value(0.12)),
        ),
        told.transform_filter("datum.order == 0").mark_point(shape="diamond", filled=True, size=70, opacity=1),
        told.transform_filter("datum.order % 6 == 1").mark_circle(size=140, opacity=0),
    ]
    chart = alt.layer(*layers).properties(width=660, height=340, background="transparent").configure(**CONFIG)
    specification: dict[str, Any] = chart.to_dict()
    return specification
