"""How figures are made: one specification for the browser, for the static view and for papers."""

import json
import re
from collections.abc import Sequence
from itertools import cycle
from typing import Any, NamedTuple, TypeAlias

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

Specification: TypeAlias = dict[str, Any]

N_COLOURED = 6
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe & Ito (2008) without yellow and black, which light and dark pages swallow."""
GREY = "#8c8c8c"
DASHES = ([1, 0], [8, 3], [2, 2], [8, 3, 2, 3], [12, 4], [5, 2, 1, 2, 1, 2])
CONTROL_DASHES = ([1, 3], [4, 5], [9, 5, 1, 5])
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


def lines_figure(
    styles: dict[str, Style],
    points: pd.DataFrame,
    line: tuple[alt.X, alt.Y],
    band: tuple[alt.Y, alt.Y2],
    tooltip: dict[str, str],
    background: Sequence[alt.Chart],
    **calculated: str,
) -> Specification:
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
        seen.transform_calculate(**tooltip)
        .encode(tooltip=[f"{key}:N" for key in tooltip])
        .mark_circle(size=140, opacity=0),
    ]
    return layered(layers, {"points": [_plain(row) for row in points.to_dict("records")]}, (660, 340))


def layered(layers: Sequence[alt.Chart], data: dict[str, Any], size: tuple[float, float]) -> Specification:
    """Lay charts over each other, with the data that they name, at a width and a height."""
    width, height = size
    chart = alt.layer(*layers).properties(width=width, height=height, background="transparent").configure(**CONFIG)
    specification: Specification = chart.to_dict(validate=False)
    return specification | {"datasets": data}


def _plain(row: dict[Any, Any]) -> dict[Any, Any]:
    """Round to four digits; nothing where there is no number."""
    return {
        key: value if not isinstance(value, float) else float(f"{value:.4g}") if np.isfinite(value) else None
        for key, value in row.items()
    }


def script(specifications: dict[str, Specification]) -> str:
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
