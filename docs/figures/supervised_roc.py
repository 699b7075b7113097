"""Measure the ROC of SODIRF and SODINN beside other detectors; write docs/supervised-roc.csv and -differences.csv.

Usage: python docs/figures/supervised_roc.py FOLDER [DETECTOR ...], where FOLDER keeps what is done, one file for each
detector and sequence, so that it can be stopped and started again. It takes two hours of one core; with names of
detectors it measures these only, and writes no table.

On development sequences of two ensembles, which the board does not use: the first is for training, ten for the test,
none of which `supervised_choices.py` has seen.
Frames are cut to 41 pixels. Each sequence has 15 companions in the innermost annulus and 15 at 8-12 px, one at a time,
and two empty maps, with the angles as they are and reversed.
"""  # noqa: INP001 - scripts are no package

import csv
import json
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from algozoo.benchmark.training import train
from algozoo.companions import Companion, inject
from algozoo.datasets import Dataset, load_dataset
from algozoo.detectors.contract import Declined, Detector
from algozoo.detectors.registry import create
from algozoo.detectors.supervised.base import Supervised
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
    "sodirf, 10 000 samples": ("sodirf", SAMPLES | {"n_samples": 10000}),
    "sodinn, 10 000 samples": ("sodinn", SAMPLES | {"n_samples": 10000, "architecture": "conv3d"}),
    "sodinn, convolutional LSTM": ("sodinn", SAMPLES | {"epochs": 8, "patience": 3}),
    "sodirf, scaled by slice": ("sodirf", SAMPLES | {"normalisation": "slice"}),
    "sodirf, trained on the test noise": ("sodirf", SAMPLES),
    "sodirf, as published": ("sodirf", SAMPLES | {"normalisation": "slice", "snr": (1.0, 3.0)}),
}
ON_TEST_NOISE = ("sodirf, trained on the test noise", "sodirf, as published")
"""Fitted to each empty test sequence itself, and so not detectors to compare with, but a measure of the leak."""
COMPARED = [
    *((one, other) for one in ("sodirf", "sodinn") for other in DETECTORS if not other.startswith("sod")),
    ("sodinn", "sodirf"),
    ("sodirf, 10 000 samples", "sodirf"),
    ("sodinn, 10 000 samples", "sodinn"),
    ("sodinn, convolutional LSTM", "sodinn"),
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


@cache
def prepared(name: str, index: int) -> tuple[ADISequence, np.ndarray, dict[str, list[Companion]]]:
    """Make a test sequence: without companions, where it is scored, and the companions that it will have."""
    dataset = load_dataset(name)
    sequence = cut(dataset.development_sequence(FIRST + index))
    rng = np.random.default_rng([1, index])
    companions = {
        annulus: [
            Companion(
                separation=float(np.sqrt(rng.uniform(inner**2, outer**2))),
                azimuth=float(rng.uniform(0, 360)),
                contrast=float(np.exp(rng.uniform(*np.log(contrasts)))),
            )
            for _ in range(INJECTIONS)
        ]
        for annulus, (inner, outer, contrasts) in annuli(dataset, sequence.fwhm).items()
    }
    return sequence, scored(sequence, dataset.manifest.valid_field.inner), companions


def made(label: str) -> Detector:
    """Make one of `DETECTORS`."""
    name, parameters = DETECTORS[label]
    return create(name, **parameters)


def measure(label: str, name: str, index: int) -> dict:
    """Scores of a detector on one sequence: of the companions, and of the false alarms of the empty maps."""
    sequence, valid, companions = prepared(name, index)
    detector = made(label).fit(sequence) if label in ON_TEST_NOISE else fitted(label, name)
    false = [c.score.tolist() for s in (sequence, sequence.flipped()) if (c := peaks(detector, s, valid))]
    hits: dict[str, list[float]] = {}
    for annulus, drawn in companions.items():
        hits[annulus] = []
        for companion in drawn:
            test = inject(sequence, [companion])
            x, y = companion.position(test)
            found = peaks(detector, test, valid)
            near = np.hypot(found.x - x, found.y - y) <= sequence.fwhm if found else np.zeros(0, bool)
            hits[annulus].append(float(found.score[near].max()) if near.any() else -np.inf)
    return {"false": false, "hits": hits}


def main(folder: str, *labels: str) -> None:
    """Measure what is not measured yet, and write the tables."""
    results: dict[tuple[str, str], list[dict]] = {}
    for label in labels or DETECTORS:
        for name in DATASETS:
            for index in range(SEQUENCES):
                path = Path(folder) / f"{label} {name} {index}.json"
                if not path.is_file():
                    path.write_text(json.dumps(measure(label, name, index)))
                    sys.stdout.write(f"{path}\n")
                    sys.stdout.flush()
                results.setdefault((label, name), []).append(json.loads(path.read_text()))
    if not labels:
        write(results)


@cache
def fitted(label: str, name: str) -> Detector:
    """Make a detector, fitted to the first development sequence of a dataset if it learns."""
    detector = made(label)
    if isinstance(detector, Supervised):
        return train(detector, cut(load_dataset(name).development_sequence(0)))
    return detector


def write(results: dict[tuple[str, str], list[dict]]) -> None:
    """Write the tables."""
    rows, differences = [], []
    for name in DATASETS:
        for annulus in results["pca", name][0]["hits"]:
            found = {label: shares(results[label, name], annulus) for label in DETECTORS}
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


def shares(results: list[dict], annulus: str) -> np.ndarray:
    """Share of companions found (1 + DRAWS, n_rates): of all sequences, and of draws of them with replacement.

    The threshold that gives a number of false alarms a map is found anew in each draw; draws are the same for all.
    """
    of_sequence = [(np.concatenate(result["false"]), np.array(result["hits"][annulus])) for result in results]
    drawn = np.random.default_rng(7).integers(SEQUENCES, size=(DRAWS, SEQUENCES))
    n_maps = sum(len(result["false"]) for result in results)
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
