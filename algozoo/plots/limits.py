"""A figure of detection limits."""

from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from algozoo.sequence import ADISequence

CLASSICAL = {
    "student": ("5 sigma, Gaussian noise (Student)", "C0"),
    "laplace": ("5 sigma, Laplacian noise", "C1"),
}
TITLE = 70
"""Characters that fit over the figure."""
LEVELS = {"50": "C2", "95": "C3"}


def draw_limits(table: pd.DataFrame, closure: pd.DataFrame, sequence: ADISequence, label: str) -> Figure:
    """Draw contrast against separation: arcseconds below, FWHM above, magnitudes at the right.

    A cross is a claim that did not close; an arrow a limit beyond the brightest companions injected.
    """
    unit = sequence.fwhm * sequence.pixel_scale
    figure = Figure(figsize=(7.2, 5.2), layout="constrained")
    axes = figure.subplots()
    x = table["separation_arcsec"].to_numpy()
    for law, (name, colour) in CLASSICAL.items():
        if f"contrast_{law}" in table:
            axes.plot(x, table[f"contrast_{law}"], "o-", color=colour, label=name, ms=4)
    for level, colour in LEVELS.items():
        _draw_completeness(axes, table, level, colour)
    failed = closure[closure["closes"] == "no"][["separation", "contrast"]].to_numpy(dtype=float)
    axes.plot(failed[:, 0] * unit, failed[:, 1], "kx", ms=9, label="claim does not close" if len(failed) else None)
    axes.set_yscale("log")
    axes.set(xlabel="separation [arcsec]", ylabel="contrast")
    axes.set_title(fill(f"{sequence.name}: {label}", TITLE), parse_math=False)
    above = axes.secondary_xaxis(
        "top", functions=(lambda value: np.asarray(value) / unit, lambda value: np.asarray(value) * unit)
    )
    above.set_xlabel("separation [FWHM, about lambda/D]")
    with np.errstate(divide="ignore"):
        low, high = (-2.5 * np.log10(axes.get_ylim())).tolist()
    right = axes.twinx()
    right.set(ylim=(low, high), ylabel="magnitudes fainter than the star")
    axes.legend(fontsize="small")
    return figure


def _draw_completeness(axes: Axes, table: pd.DataFrame, level: str, colour: str) -> None:
    """Draw the contrasts at which a fraction is found, with intervals that end at what was injected."""
    contrast, low, high = (table[f"{name}_{level}"].to_numpy(dtype=float) for name in ("contrast", "low", "high"))
    x: Any = table["separation_arcsec"].to_numpy()
    known = np.isfinite(contrast)
    down = np.where(low[known] > 0, contrast[known] - low[known], 0)
    up = np.where(np.isfinite(high[known]), high[known] - contrast[known], 0)
    label = f"{level} % found, 1 false positive a map"
    axes.errorbar(x[known], contrast[known], (down, up), fmt="s--", color=colour, ms=4, capsize=3, label=label)
    open_above = known & ~np.isfinite(high)
    axes.plot(x[open_above], contrast[open_above], "^", color=colour, ms=8, mfc="none")
    beyond = ~known & (low > 0) & np.isfinite(low)
    axes.plot(x[beyond], low[beyond], "^", color=colour, ms=8)
