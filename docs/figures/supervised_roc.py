"""Measure the ROC of SODIRF and SODINN beside other detectors; write docs/supervised-roc.csv and -differences.csv.

Usage: python docs/figures/supervised_roc.py FOLDER, where FOLDER keeps what is done, one file for each sequence, so
that it can be stopped and started again. It takes half an hour of one core.

On development sequences of two ensembles, which the board does not use: the first is for training, ten for the test,
none of which `supervised_choices.py` has seen.
Frames are cut to 41 pixels. Each sequence has 15 companions in the innermost annulus and 15 at 8-12 px, one at a time,
and two empty maps, with the angles as they are and reversed.
"""  # noqa: INP001 - scripts are no package

import csv
import json
import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from algozoo.companions import Companion, inject
from algozoo.datasets import Dataset, load_dataset
from algozoo.detectors.contract import Declined, Detector
from algozoo.detectors.registry import create
from algozoo.scoring import Candidates, find_candidates
from algozoo.sequence import ADISequence

PAGE = Path(__file__).parents[1] / "supervised-roc.csv"
DIFFERENCES = Path(__file__).parents[1] / "supervised-differences.csv"
SIZE, OUTER = 41, 16.0
FIRST, SEQUENCES, INJECTIONS = 3, 10, 15
DATASETS = ("naco-lp", "sphere-h")
FALSE_ALARMS = (0.1, 0.3, 1.0, 3.0)
RATES = sorted({*np.round(np.geomspace(0.05, 5, 21), 3).tolist(), *FALSE_ALARMS})
DRAWS = 2000
SAMPLES = {"n_samples": 400, "patch_width": 1.5}
DETECTORS: dict[str, tuple[str, dict]] = {
    "median": ("median", {}),
    "pca": ("pca", {}),
    "pca(n_components=5)": ("pca", {"n_components": 5}),
    "pca(n_components=0.9)": ("pca", {"n_components": 0.9}),
    "annular-pca": ("annular-pca", {}),
    "llsg": ("llsg", {}),
    "sodirf": ("sodirf", SAMPLES),
    "sodinn": ("sodinn", SAMPLES | {"architecture": "conv3d", "epochs": 8, "patience": 3}),
    "sodirf, scaled by slice": ("sodirf", SAMPLES | {"normalisation": "slice"}),
    "sodirf, trained on the test noise": ("sodirf", SAMPLES),
    "sodirf, as published": ("sodirf", SAMPLES | {"normalisation": "slice", "snr": (1.0, 3.0)}),
}
ON_TEST_NOISE = ("sodirf, trained on the test noise", "sodirf, as published")
"""Fitted to each empty test sequence itself, and so not detectors to compare with, but a measure of the leak."""
COMPARED = [
    *((one, other) for one in ("sodirf", "sodinn") for other in DETECTORS if not other.startswith("sod")),
    ("sodinn", "sodirf"),
    ("sodirf, scaled by slice", "sodirf"),
    ("sodirf, trained on the test noise", "sodirf"),
]


def cut(sequence: ADISequence) -> ADISequence:
    """Cut the frames to the inner field."""
    margin = (sequence.size - SIZE) // 2
    inner = slice(margin, margin + SIZE)
    return replace(sequence, cube=sequence.cube[:, inner, inner])


def annuli(dataset: Dataset, fwhm: float) -> dict[str, tuple[float, float, tuple[float, float]]]:
    """Separations in pixels and contrasts: those of the manifest, twice as bright in the innermost annulus."""
    inner = dataset.manifest.valid_field.inner
    faint, bright = dataset.manifest.annuli[0].contrast
    return {
        "innermost": (inner * fwhm, (inner + 1) * fwhm, (2 * faint, 2 * bright)),
        "8-12 px": (8.0, 12.0, (faint, bright)),
    }


def scored(sequence: ADISequence, inner: float) -> np.ndarray:
    """Where false alarms are counted."""
    y, x = np.mgrid[:SIZE, :SIZE] - sequence.centre
    return (np.hypot(x, y) >= inner * sequence.fwhm) & (np.hypot(x, y) <= OUTER)


def peaks(detector: Detector, sequence: ADISequence, valid: np.ndarray) -> Candidates | None:
    """Candidates of a map; none where the detector declines."""
    try:
        return find_candidates(detector.detect(sequence).scores, fwhm=sequence.fwhm, valid=valid)
    except Declined:
        return None


def measure(dataset: Dataset, index: int, detectors: dict[str, Detector]) -> dict:
    """Scores of all detectors on one sequence: of the companions, and of the false alarms of the empty maps."""
    sequence = cut(dataset.development_sequence(FIRST + index))
    valid = scored(sequence, dataset.manifest.valid_field.inner)
    rng = np.random.default_rng([1, index])
    companions = {
        name: [
            Companion(
                separation=float(np.sqrt(rng.uniform(inner**2, outer**2))),
                position_angle=float(rng.uniform(0, 360)),
                contrast=float(np.exp(rng.uniform(*np.log(contrasts)))),
            )
            for _ in range(INJECTIONS)
        ]
        for name, (inner, outer, contrasts) in annuli(dataset, sequence.fwhm).items()
    }
    result: dict = {}
    for label, detector in detectors.items():
        started = time.process_time()
        if label in ON_TEST_NOISE:
            detector = detector.fit(sequence)  # noqa: PLW2901 - this sequence's own
        false = [c.score.tolist() for s in (sequence, sequence.flipped()) if (c := peaks(detector, s, valid))]
        hits = {}
        for name, drawn in companions.items():
            hits[name] = []
            for companion in drawn:
                test = inject(sequence, [companion])
                x, y = companion.position(test)
                found = peaks(detector, test, valid)
                near = np.hypot(found.x - x, found.y - y) <= sequence.fwhm if found else np.zeros(0, bool)
                hits[name].append(float(found.score[near].max()) if near.any() else -np.inf)
        result[label] = {"false": false, "hits": hits, "seconds": time.process_time() - started}
    return result


def main(folder: str) -> None:
    """Measure what is not measured yet, and write the table."""
    datasets = {name: load_dataset(name) for name in DATASETS}
    for index in range(SEQUENCES):
        for name, dataset in datasets.items():
            path = Path(folder) / f"{name}-{index}.json"
            if not path.is_file():
                path.write_text(json.dumps(measure(dataset, index, fitted(name))))
                sys.stdout.write(f"{path}\n")
                sys.stdout.flush()
    rows, differences = [], []
    for name in DATASETS:
        results = [json.loads((Path(folder) / f"{name}-{i}.json").read_text()) for i in range(SEQUENCES)]
        for annulus in results[0][next(iter(DETECTORS))]["hits"]:
            found = {label: shares(results, label, annulus) for label in DETECTORS}
            for label, draws in found.items():
                rows += [(name, annulus, label, *row) for row in zip(RATES, *summary(draws), strict=True)]
            for one, other in COMPARED:
                draws = found[one] - found[other]
                told = [(name, annulus, one, other, *row) for row in zip(RATES, *summary(draws), strict=True)]
                differences += [row for row in told if row[4] in FALSE_ALARMS]
    for path, columns, table in (
        (PAGE, ["detector", "false_alarms_per_map", "found", "found_low", "found_high"], rows),
        (DIFFERENCES, ["detector", "other", "false_alarms_per_map", "more", "more_low", "more_high"], differences),
    ):
        with path.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["dataset", "annulus", *columns])
            writer.writerows(table)


@cache
def fitted(dataset: str) -> dict[str, Detector]:
    """Make all detectors, those that learn fitted to the first development sequence."""
    training = cut(load_dataset(dataset).development_sequence(0))
    made = {label: create(*entry) for label, entry in DETECTORS.items()}
    return {label: one if label in ON_TEST_NOISE else one.fit(training) for label, one in made.items()}


def shares(results: list[dict], label: str, annulus: str) -> np.ndarray:
    """Share of companions found (1 + DRAWS, n_rates): of all sequences, and of draws of them with replacement.

    The threshold that gives a number of false alarms a map is found anew in each draw; draws are the same for all.
    """
    of_sequence = [(np.concatenate(r[label]["false"]), np.array(r[label]["hits"][annulus])) for r in results]
    drawn = np.random.default_rng(7).integers(SEQUENCES, size=(DRAWS, SEQUENCES))
    n_maps = sum(len(result[label]["false"]) for result in results)
    allowed = [int(rate * n_maps + 1e-9) for rate in RATES]
    found = []
    for chosen in (np.arange(SEQUENCES), *drawn):
        highest = np.sort(np.concatenate([of_sequence[i][0] for i in chosen]))[::-1]
        hits = np.sort(np.concatenate([of_sequence[i][1] for i in chosen]))
        thresholds = [highest[n] if n < len(highest) else -np.inf for n in allowed]
        found.append(1 - np.searchsorted(hits, thresholds, side="right") / len(hits))
    return np.array(found)


def summary(draws: np.ndarray) -> list[list[float]]:
    """Value and 95 % bounds at each rate."""
    return np.round([draws[0], *np.quantile(draws[1:], [0.025, 0.975], axis=0)], 4).tolist()


if __name__ == "__main__":
    main(*sys.argv[1:])
