"""Figures of detection maps."""

from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from algozoo.companions import Companion
from algozoo.datasets import Dataset
from algozoo.datasets.dataset import scored_field
from algozoo.detectors.contract import Declined, DetectionMap, Detector
from algozoo.sequence import ADISequence

LINE = 34
"""Characters that fit over a map or into it."""
MAP_SIZE = (6.4, 5.4)
"""Inches of the figure of one map."""
TITLE = 60
"""Characters that fit over the figure of one map."""
EDGE = [withStroke(linewidth=2, foreground="black")]
INK: dict[str, Any] = {"color": "white", "fontsize": 8, "path_effects": EDGE}
"""Letters that can be read on any colour."""
LABELS = {
    "snr": "S/N",
    "probability": "probability",
    "log_odds": "log-odds",
    "likelihood_ratio": "likelihood ratio",
    "ratio": "ratio",
}


def shown_field(dataset: Dataset, sequence: ADISequence) -> NDArray[np.bool_]:
    """Return where maps of a dataset are valid, known companions included."""
    return scored_field(sequence, [], dataset.manifest.valid_field.inner, dataset.manifest.valid_field.outer)


def draw_map(
    axis: Axes, detector: Detector, sequence: ADISequence, companions: list[Companion], field: NDArray[np.bool_]
) -> None:
    """Show the map of a detector within a field, a circle around each companion; or the reason why it declines."""
    axis.set(title=fill(detector.label, LINE), xlabel="arcsec")
    try:
        result = detector.fit(sequence.flipped()).detect(sequence)
    except Declined as reason:
        axis.text(0.5, 0.5, f"declines:\n{fill(str(reason), LINE)}", ha="center", va="center", transform=axis.transAxes)
        return
    scores = np.where(field, result.scores, np.nan)
    half = (sequence.centre + 0.5) * sequence.pixel_scale
    lowest, highest = np.nanpercentile(scores, [5, 100])
    shown = axis.imshow(scores, origin="lower", extent=(-half, half, -half, half), vmin=lowest, vmax=highest)
    for companion in companions:
        x, y = (np.array(companion.position(sequence)) - sequence.centre) * sequence.pixel_scale
        axis.plot(x, y, "o", mfc="none", mec="white", ms=14)
    axis.figure.colorbar(shown, ax=axis, label=LABELS[result.kind])


def draw_detection(result: DetectionMap, table: pd.DataFrame, sequence: ADISequence, detector: Detector) -> Figure:
    """Draw the map of a detector on one sequence, with its candidates by number; see `plot_map`."""
    figure = Figure(figsize=MAP_SIZE, layout="constrained")
    axes = _draw_scores(figure, result, sequence, table)
    axes.set_title(fill(f"{sequence.name}: {detector.label}", TITLE), parse_math=False)
    return figure


def plot_map(result: DetectionMap, sequence: ADISequence | None = None, table: pd.DataFrame | None = None) -> Figure:
    """Draw a map in a figure of pyplot; see `DetectionMap.plot`.

    With a sequence it shows North and East where they are known, a bar of round length, and a disc of one FWHM.
    """
    figure = plt.figure(figsize=MAP_SIZE, layout="constrained")
    _draw_scores(figure, result, sequence, table)
    return figure


def _draw_scores(
    figure: Figure, result: DetectionMap, sequence: ADISequence | None, table: pd.DataFrame | None
) -> Axes:
    axes = figure.subplots()
    scale, centre = sequence.pixel_scale if sequence else 1.0, (len(result.scores) - 1) / 2
    reach = (centre + 0.5) * scale
    image = axes.imshow(result.scores, origin="lower", extent=(-reach, reach, -reach, reach), cmap="viridis")
    axes.set_facecolor("dimgrey")
    figure.colorbar(image, ax=axes, label=LABELS[result.kind])
    axes.plot(0, 0, "+", color="white")
    places = [] if table is None else zip(table["x_px"], table["y_px"], strict=True)
    for rank, (x, y) in enumerate(places, start=1):
        position = (x - centre) * scale, (y - centre) * scale
        inwards = (-9 * np.sign(position[0]), -9 * np.sign(position[1]))
        axes.annotate(str(rank), position, inwards, textcoords="offset points", ha="center", va="center", **INK)
        axes.plot(*position, "o", mfc="none", mec="white", ms=9)
    unit = "arcsec" if sequence else "px"
    axes.set(xlabel=f"offset [{unit}]", ylabel=f"offset [{unit}]")
    if sequence:
        _draw_scale(axes, sequence, reach)
        if sequence.north_angle is not None:
            _draw_compass(axes, sequence.north_angle)
    return axes


def _draw_scale(axes: Axes, sequence: ADISequence, reach: float) -> None:
    """Draw a bar of 1, 2 or 5 times a power of ten, at most a quarter of the map, and a disc of one FWHM."""
    power = 10 ** np.floor(np.log10(reach / 2))
    length = power * max(step for step in (1, 2, 5) if step * power <= reach / 2)
    left = -0.92 * reach
    axes.plot([left, left + length], [0.92 * reach] * 2, color="white", lw=2, path_effects=EDGE)
    axes.annotate(f"{length:g} arcsec", (left, 0.87 * reach), va="top", **INK)
    radius = sequence.fwhm * sequence.pixel_scale / 2
    axes.add_patch(Circle((left + radius, left + radius), radius, fc="white", ec="black"))
    axes.annotate("FWHM", (left + 2 * radius, left + radius), (4, 0), textcoords="offset points", va="center", **INK)


def _draw_compass(axes: Axes, north: float) -> None:
    """Point to North and East in the lower right corner; `north` is in degrees counter-clockwise from up."""
    x, y, length = 0.87, 0.13, 0.1
    arrow = {"arrowstyle": "<-", "color": "white", "shrinkA": 5, "shrinkB": 0, "path_effects": EDGE}
    letter: dict[str, Any] = {"ha": "center", "va": "center", "arrowprops": arrow, **INK}
    for name, angle in (("N", np.deg2rad(north)), ("E", np.deg2rad(north + 90))):
        tip = (x - length * np.sin(angle), y + length * np.cos(angle))
        axes.annotate(name, (x, y), tip, xycoords="axes fraction", textcoords="axes fraction", **letter)
