"""Example maps of a detector: which trials, what is found in them, and where the marks stand."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from algozoo.benchmark.record import RunRecord
from algozoo.benchmark.store import ExampleMap, Store
from algozoo.leaderboard import images
from algozoo.leaderboard.results import DatasetResults

RULERS = [digit * 10.0**power for power in range(-3, 2) for digit in (1, 2, 5)]


@dataclass(frozen=True)
class Example:
    """A trial of the gallery.

    Attributes
    ----------
    facts : dict
        What the caption tells, and where the marks stand in the pixels of the drawn images, y downwards.
    panels : dict of (bytes, float, float)
        The detection map and, if there is one, the residual image: PNG and the values of black and white.
    """

    facts: dict[str, Any]
    panels: dict[str, tuple[bytes, float, float]]


def examples(dataset: DatasetResults, label: str, runs: list[RunRecord], store: Store) -> list[Example]:
    """Take the first kept map of each annulus of the first sequence, and the one without a companion.

    Parameters
    ----------
    dataset : DatasetResults
    label : str
        Of the detector.
    runs : list of RunRecord
    store : Store
    """
    key = next((run.key for run in runs if run.dataset == dataset.name and run.sequence == 0), "")
    maps = {shown.trial: shown for shown in store.maps(key)}
    outcomes = dataset.outcomes
    kept = outcomes[(outcomes["detector"] == label) & (outcomes["sequence"] == 0) & outcomes["trial"].isin(list(maps))]
    chosen = kept[kept["trial_kind"] != "flipped"].drop_duplicates("annulus")
    threshold = dataset.threshold(label)
    return [_example(dataset, maps[trial["trial"]], trial, threshold) for trial in chosen.to_dict("records")]


def view(dataset: DatasetResults) -> dict[str, Any]:
    """Describe the square that is drawn of each map, in pixels, and the ruler in its corner."""
    about = dataset.about
    half = (about.manifest.valid_field.outer + 1) * about.fwhm
    start, width = about.size / 2 - half, 2 * half
    ruler = max(length for length in RULERS if length <= 0.3 * width * about.pixel_scale)
    return {
        "box": f"{start:.1f} {start:.1f} {width:.1f} {width:.1f}",
        "ruler_arcsec": ruler,
        "ruler": f"M{start + 0.05 * width:.1f} {start + 0.95 * width:.1f}h{ruler / about.pixel_scale:.1f}",
    }


def _example(dataset: DatasetResults, shown: ExampleMap, trial: dict[Any, Any], threshold: float) -> Example:
    height = len(shown.scores)
    x, y, score = (np.asarray(trial[f"candidate_{name}"]) for name in ("x", "y", "score"))
    false = (score >= threshold) & ~(np.hypot(x - trial["x"], y - trial["y"]) <= trial["fwhm"])
    injected, matched = trial["trial_kind"] == "injected", bool(np.isfinite(trial["hit_score"]))
    found = bool(trial["hit_score"] >= threshold)
    marks = [("truth", trial["x"], trial["y"])] if injected else []
    marks += [("found" if found else "below", trial["hit_x"], trial["hit_y"])] if matched else []
    marks += [("false", at_x, at_y) for at_x, at_y in zip(x[false], y[false], strict=True)]
    facts = {
        **{name: trial[name] for name in ("trial", "contrast", "hit_score", "position_error")},
        "injected": injected,
        "matched": matched,
        "found": found,
        "n_false": int(false.sum()),
        "arcsec": trial["separation"] * dataset.about.pixel_scale,
        "separation_fwhm": trial["separation"] / trial["fwhm"],
        "marks": [(kind, at_x + 0.5, height - 0.5 - at_y) for kind, at_x, at_y in marks],
    }
    layers = {"map": shown.scores} | ({} if shown.image is None else {"residual": shown.image})
    valid = dataset.images["valid"] > 0
    return Example(facts, {name: images.pixels(layer, valid) for name, layer in layers.items()})
