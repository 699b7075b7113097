"""Figures that stand still: critical differences over datasets, and whether probabilities come true."""

import altair as alt
import pandas as pd

from algozoo.leaderboard.vega import COLOURS, GREY, Specification, Style, layered
from algozoo.scoring import Friedman, reliability

WIDTH, HEIGHT, ROW = 480, 300, 22


def critical_differences(result: Friedman) -> Specification:
    """Draw the mean rank of each detector over datasets, with half a critical difference on either side.

    It holds what the diagram of Demšar (2006, JMLR 7, 1) does: two detectors whose bars do not overlap are different.
    """
    half = result.critical_difference / 2
    ranks = result.mean_rank.sort_values()
    rows = [
        {"detector": label, "rank": round(rank, 4), "low": round(rank - half, 4), "high": round(rank + half, 4)}
        for label, rank in ranks.items()
    ]
    bounds = [min(1.0, rows[0]["low"]), max(float(len(rows)), rows[-1]["high"])]
    y = alt.Y("detector:N", sort=list(ranks.index), title=None, axis=alt.Axis(labelLimit=200))
    base = alt.Chart(alt.NamedData("ranks")).encode(y)
    title = f"Mean rank over {result.n_datasets} datasets (critical difference {result.critical_difference:.2f})"
    x = alt.X(
        "low:Q",
        title=title,
        scale=alt.Scale(domain=bounds, nice=False),
        axis=alt.Axis(values=[*range(1, len(rows) + 1)]),
    )
    bars = base.mark_rule(strokeWidth=7, strokeOpacity=0.35, color=COLOURS[0]).encode(x, alt.X2("high:Q"))
    dots = base.mark_circle(size=70, opacity=1, color=COLOURS[0]).encode(alt.X("rank:Q"))
    return layered([bars, dots], {"ranks": rows}, (WIDTH, ROW * len(rows)))


def reliability_curves(probabilities: pd.DataFrame, styles: dict[str, Style]) -> Specification:
    """Draw how often the candidates of each detector are companions against the probability that it gives them."""
    tables = [
        reliability(own["probability"], own["truth"]).assign(detector=label)
        for label, own in probabilities.groupby("detector")
    ]
    bins = pd.concat(tables).round(4)
    colours = alt.Scale(domain=list(styles), range=[style.colour for style in styles.values()])
    legend = alt.Legend(orient="bottom", title=None, columns=3, labelLimit=170)
    unit = alt.Scale(domain=[0, 1])
    base = alt.Chart(alt.NamedData("bins")).encode(
        alt.X("claimed:Q", title="Probability given", scale=unit),
        alt.Color("detector:N", scale=colours, legend=legend),
    )
    title = "Fraction that are companions"
    diagonal = (
        alt.Chart(alt.sequence(1))
        .mark_rule(color=GREY)
        .encode(x=alt.datum(0), y=alt.datum(0), x2=alt.datum(1), y2=alt.datum(1))
    )
    bars = base.mark_rule().encode(alt.Y("observed_low:Q", title=title), alt.Y2("observed_high:Q"))
    lines = base.mark_line(point=True).encode(alt.Y("observed:Q", title=title, scale=unit))
    return layered([diagonal, bars, lines], {"bins": bins.to_dict("records")}, (WIDTH, HEIGHT))
