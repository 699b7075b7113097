"""Draw the figures of docs/limits.md: what the numbers of `algozoo limits` mean.

Usage: python docs/figures/limits.py LIMITS, where LIMITS is the folder that `algozoo limits betapic` wrote.
"""

import sys
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from astropy.table import Table
from scipy.special import expit

from algozoo.imaging.contrast import laplace_threshold, student_threshold
from algozoo.imaging.snr import n_apertures
from algozoo.scoring import fit_limits, wilson

DOCS = Path(__file__).parents[1]
BINS = 8


def main(folder: str) -> None:
    """Draw all four."""
    draw_thresholds(DOCS / "limits-thresholds.png")
    draw_fit(DOCS / "limits-completeness.png")
    draw_cells(Table.read(Path(folder) / "completeness.ecsv"), DOCS / "limits-map.png")
    draw_closure(Table.read(Path(folder) / "closure.ecsv"), DOCS / "limits-closure.png")


def draw_thresholds(path: Path) -> None:
    """Draw the S/N that is a 5 sigma event, against separation."""
    separations = np.array([1, 1.5, 2, 3, 4, 6, 8, 12, 16, 20])
    others = [int(n) - 1 for n in n_apertures(separations, 1.0)]
    figure, axes = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    axes.semilogy(separations, [laplace_threshold(5, n) for n in others], "C1o-", label="Laplacian noise")
    axes.semilogy(separations, [student_threshold(5, n) for n in others], "C0o-", label="Gaussian noise (Student)")
    axes.axhline(5, color="0.5", ls="--", label="5, if there were many resolution elements")
    axes.set(xlabel="separation [FWHM]", ylabel="S/N with a false-alarm probability of 2.9e-7", ylim=(4, 200))
    axes.set_yticks([5, 10, 20, 50, 100], ["5", "10", "20", "50", "100"])
    axes.legend()
    figure.savefig(path, dpi=90)
    plt.close(figure)


def draw_fit(path: Path) -> None:
    """Draw simulated trials, the share that is found, and the contrasts that are read off."""
    rng = np.random.default_rng(4)
    x = rng.uniform(-5, -3.5, 80)
    found = rng.random(x.size) < expit((x + 4.4) / 0.1)
    figure, axes = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    axes.plot(10**x, np.where(found, 1.06, -0.06), "|", color="0.4", label="one companion each: found (above) or not")
    edges = np.linspace(-5, -3.5, BINS + 1)
    for low, high in pairwise(edges):
        inside = (x >= low) & (x < high)
        share = found[inside].mean()
        interval = [abs(share - float(bound)) for bound in wilson(found[inside].sum(), inside.sum())]
        axes.errorbar(10 ** ((low + high) / 2), share, [[interval[0]], [interval[1]]], fmt="ko", ms=4, capsize=3)
    for colour, level, limit in zip(("C2", "C4", "C3"), (0.5, 0.9, 0.95), fit_limits(10**x, found), strict=True):
        axes.errorbar(
            limit.contrast,
            level,
            xerr=[[limit.contrast - limit.low], [min(limit.high, 10**-3.5) - limit.contrast]],
            fmt="s",
            color=colour,
            capsize=4,
            label=f"{level:.0%} found at {limit.contrast:.2g}",
        )
    axes.set(xscale="log", xlabel="contrast", ylabel="share found")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.12), fontsize="small")
    figure.savefig(path, dpi=90)
    plt.close(figure)


def draw_cells(cells: Table, path: Path) -> None:
    """Draw the share of companions that is found, in cells of separation and contrast, on beta Pictoris."""
    separations = sorted(set(cells["inner"]))
    figure, axes = plt.subplots(figsize=(7.2, 5), layout="constrained")
    colours = plt.get_cmap("viridis")
    for cell in cells:
        column, height = separations.index(cell["inner"]), cell["contrast_high"] - cell["contrast_low"]
        axes.bar(column, height, 0.96, cell["contrast_low"], color=colours(cell["completeness"]), edgecolor="white")
        text = f"{cell['completeness']:.2f}\n{cell['low']:.2f} to {cell['high']:.2f}\nn = {cell['n']}"
        middle = np.sqrt(cell["contrast_low"] * cell["contrast_high"])
        shade = "black" if cell["completeness"] > 0.5 else "white"
        axes.text(column, middle, text, ha="center", va="center", fontsize=7, color=shade)
    axes.set(yscale="log", xlabel="separation [FWHM]", ylabel="contrast")
    axes.set_xticks(range(len(separations)), [f"{separation:g}" for separation in separations])
    figure.colorbar(plt.cm.ScalarMappable(cmap=colours), ax=axes, label="share found")
    figure.savefig(path, dpi=90)
    plt.close(figure)


def draw_closure(closure: Table, path: Path) -> None:
    """Draw what was claimed and what was recovered, on beta Pictoris."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for claim, axes, colour, shift in (
        ("5 sigma, student", left, "C0", -0.05),
        ("5 sigma, laplace", left, "C1", 0.05),
        ("50% found", right, "C2", -0.12),
        ("90% found", right, "C4", 0.0),
        ("95% found", right, "C3", 0.12),
    ):
        rows = closure[closure["claim"] == claim]
        rows = rows[rows["n"] > 0]
        x = rows["separation"] + shift
        below, above = rows["recovered"] - rows["low"], rows["high"] - rows["recovered"]
        axes.errorbar(x, rows["recovered"], (below, above), fmt="o", color=colour, capsize=4, label=claim)
        axes.plot(
            x,
            rows["expected"],
            "_",
            color="k",
            ms=18,
            label="claimed" if claim.endswith(("laplace", "95% found")) else None,
        )
        axes.set(xlabel="separation [FWHM]", ylabel="S/N recovered" if axes is left else "share found")
        axes.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2)
    figure.savefig(path, dpi=90)
    plt.close(figure)


if __name__ == "__main__":
    main(sys.argv[1])
