"""Example maps of a detector: which trials, what is found in them, and where the marks stand."""

from collections.abc import Callable
from typing import Any

import numpy as np

from algozoo.benchmark.record import RunRecord
from algozoo.benchmark.shard_file import MalformedShard
from algozoo.benchmark.store import Store
from algozoo.leaderboard import images
from algozoo.leaderboard.results import DatasetResults

Write = Callable[[str, str | bytes], object]
RULERS = [digit * 10.0**power for power in range(-3, 2) for digit in (1, 2, 5)]


def write_examples(
    dataset: DatasetResults,
    label: str,
    slug: str,
    runs: list[RunRecord],
    store: Store,
    write: Write,
    tell: Callable[[str], object],
) -> list[dict[str, Any]]:
    """Draw the first kept map of each annulus of the first sequence, and the one without a companion.

    A file of maps that is malformed is left out, and `tell` gets a line of text.

    Returns
    -------
    list of dict
        What the captions say, where the marks stand in the pixels of the drawn images, y downwards, and for the
        detection map and, if there is one, the residual image the name of its file and the values of black and white.
    """
    key = next((run.key for run in runs if run.dataset == dataset.name and run.sequence == 0), "")
    try:
        maps = {shown.trial: shown for shown in store.maps(key, dataset.images["valid"].shape)}
    except MalformedShard as error:
        tell(f"Notice: left out: {error}")
        maps = {}
    outcomes = dataset.outcomes
    kept = outcomes[(outcomes["detector"] == label) & (outcomes["sequence"] == 0) & outcomes["trial"].isin(list(maps))]
    chosen = kept[kept["trial_kind"] != "flipped"].drop_duplicates("annulus")
    threshold = dataset.threshold(label)
    shown = []
    for trial in chosen.to_dict("records"):
        example = maps[trial["trial"]]
        layers = {"map": example.scores} | ({} if example.image is None else {"residual": example.image})
        panels = []
        for kind, layer in layers.items():
            png, low, high = images.pixels(layer, dataset.images["valid"] > 0)
            name = f"images/{dataset.name}-{slug}-{trial['trial']}-{kind}.png"
            write(name, png)
            panels.append({"file": name, "kind": kind, "low": low, "high": high})
        shown.append(_facts(dataset, trial, len(example.scores), threshold) | {"panels": panels})
    return shown


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


def _facts(dataset: DatasetResults, trial: dict[Any, Any], height: int, threshold: float) -> dict[str, Any]:
    x, y, score = (np.asarray(trial[f"candidate_{name}"]) for name in ("x", "y", "score"))
    false = (score >= threshold) & ~(np.hypot(x - trial["x"], y - trial["y"]) <= trial["fwhm"])
    injected, matched = trial["trial_kind"] == "injected", bool(np.isfinite(trial["hit_score"]))
    found = bool(trial["hit_score"] >= threshold)
    marks = [("truth", trial["x"], trial["y"])] if injected else []
    marks += [("found" if found else "below", trial["hit_x"], trial["hit_y"])] if matched else []
    marks += [("false", at_x, at_y) for at_x, at_y in zip(x[false], y[false], strict=True)]
    return {
        **{name: trial[name] for name in ("trial", "contrast", "hit_score", "position_error")},
        "injected": injected,
        "matched": matched,
        "found": found,
        "n_false": int(false.sum()),
        "arcsec": trial["separation"] * dataset.about.pixel_scale,
        "separation_fwhm": trial["separation"] / trial["fwhm"],
        "marks": [(kind, at_x + 0.5, height - 0.5 - at_y) for kind, at_x, at_y in marks],
    }
