"""Figures of detection maps."""

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
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
    """Draw the map of a detector on one sequence, with its candidates by number."""
    figure = Figure(figsize=MAP_SIZE, layout="constrained")
    axes = _draw_scores(figure, result, sequence, table)
    axes.set_title(f"{sequence.name}: {detector.label}")
    return figure


def plot_map(result: DetectionMap, sequence: ADISequence | None = None, table: pd.DataFrame | None = None) -> Figure:
    """Draw a map in a figure of pyplot; see `DetectionMap.plot`."""
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
    figure.colorbar(image, ax=axes, label=LABELS[result.kind])
    axes.plot(0, 0, "+", color="white")
    places = [] if table is None else zip(table["x_px"], table["y_px"], strict=True)
    for rank, (x, y) in enumerate(places, start=1):
        position = (x - centre) * scale, (y - centre) * scale
        axes.annotate(str(rank), position, (6, 6), textcoords="offset points", color="white", fontsize=8)
        axes.plot(*position, "o", mfc="none", mec="white", ms=9)
    unit = "arcsec" if sequence else "px"
    up = ", North up" if sequence and sequence.north_angle == 0 else ""
    axes.set(xlabel=f"offset [{unit}]", ylabel=f"offset [{unit}]{up}")
    return axes
