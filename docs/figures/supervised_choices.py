"""Measure what the scaling of samples, their brightness and separate forests do; write docs/supervised-choices.csv.

And docs/supervised-regimes.csv: is there a separation where the noise of the residuals becomes normal?

Usage: python docs/figures/supervised_choices.py

SODIRF on development sequences of naco-lp, the first for training and two for the test, frames cut to 61 pixels. For
each annulus the threshold is the score that one pixel in 500 of the empty maps exceeds; found is a companion whose own
pixel exceeds it. That is cheaper than maps, and enough to compare choices.
"""  # noqa: INP001 - scripts are no package

import csv
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import shapiro

from algozoo.companions import Companion
from algozoo.datasets import load_dataset
from algozoo.detectors.registry import create
from algozoo.detectors.supervised.brightness import fit_flux
from algozoo.detectors.supervised.residuals import Residuals, annular_residuals, normalised, patch_size
from algozoo.detectors.supervised.samples import draw_samples
from algozoo.detectors.supervised.sectors import Places
from algozoo.detectors.supervised.sodirf import SODIRF
from algozoo.sequence import ADISequence

PAGE = Path(__file__).parents[1] / "supervised-choices.csv"
REGIMES = Path(__file__).parents[1] / "supervised-regimes.csv"
SIZE, LEVELS, INJECTIONS, TESTS = 61, 20, 60, 2
ANNULI, SNR = (0, 1, 3), (3, 5, 8, 20)
FALSE_ALARMS = 1 / 500
INNER = 2
CHOICES: dict[str, tuple[dict, Callable[[np.ndarray], np.ndarray]]] = {
    "noise, S/N 1 to 100 (the default)": ({}, np.zeros_like),
    "noise, S/N 1 to 3": ({"snr": (1.0, 3.0)}, np.zeros_like),
    "slice, S/N 1 to 100": ({"normalisation": "slice"}, np.zeros_like),
    "slice, S/N 1 to 3 (as published)": ({"normalisation": "slice", "snr": (1.0, 3.0)}, np.zeros_like),
    "default, one forest for annuli 1 and 2, one for the rest": ({}, lambda annulus: annulus >= INNER),
    "default, a forest for each annulus": ({}, lambda annulus: annulus),
}
"""Parameters, and which forest looks at an annulus."""


def main() -> None:
    """Measure all choices."""
    dataset = load_dataset("naco-lp")
    training, *tests = (cut(dataset.development_sequence(index)) for index in range(TESTS + 1))
    patch = patch_size(training.fwhm)
    rng = np.random.default_rng(0)
    drawn = []
    for test in tests:
        rings = annular_residuals(test, LEVELS, patch)
        for number in ANNULI:
            ring = rings[number]
            places, slope = Places(ring), fit_flux(Places(ring), rng).slope
            empty = ring.patches(ring.image(), ring.pixels), ring.noise
            for snr in SNR:
                companions = [replace(places.draw(None, rng), contrast=snr / slope) for _ in range(INJECTIONS)]
                patches, noise = zip(*(searched(ring, companion) for companion in companions), strict=True)
                drawn.append((number, snr, empty, (np.concatenate(patches), np.array(noise))))
    rows = []
    for label, (parameters, forest_of) in CHOICES.items():
        detector = create("sodirf", n_samples=300, **parameters)
        forests = grown(detector, training, patch, forest_of)
        found: dict[tuple[int, int], list[np.ndarray]] = {}
        for number, snr, *both in drawn:
            forest = forests[int(forest_of(np.array(number)))]
            empty, injected = (
                detector.log_odds(forest, normalised(patches, detector.normalisation, noise)) for patches, noise in both
            )
            found.setdefault((number, snr), []).append(injected > np.quantile(empty, 1 - FALSE_ALARMS))
        for (number, snr), hits in found.items():
            rows.append((label, number + 1, snr, int(np.sum(hits)), np.size(hits)))
        sys.stdout.write(f"{label}\n")
        sys.stdout.flush()
    write(PAGE, ["training", "annulus", "snr", "found", "companions"], rows)
    write(REGIMES, ["dataset", "night", "annulus", "p_value"], regimes())


def searched(ring: Residuals, companion: Companion) -> tuple[np.ndarray, np.ndarray]:
    """Return the patch around the pixel of a companion, and the noise, as they are when it is searched for."""
    found = ring.beside(companion)
    x, y = companion.position(found.sequence)
    rows, columns = np.divmod(ring.pixels, ring.sequence.size)
    nearest = ring.pixels[[np.argmin(np.hypot(columns - x, rows - y))]]
    return found.patches(found.image(), nearest), found.noise


def regimes() -> list[tuple]:
    """P-values that the residuals of an annulus are normal (Shapiro & Wilk 1965), mean over the numbers of components.

    Tested are values one FWHM apart along the middle of the annulus, with 1, 2, ... components up to the last level.
    """
    rows = []
    for name in ("naco-lp", "sphere-h"):
        for night in range(TESTS + 1):
            sequence = load_dataset(name).development_sequence(night)
            for number, ring in enumerate(annular_residuals(sequence, LEVELS, patch_size(sequence.fwhm))):
                radius = ring.annulus.centre
                angles = np.arange(0, 2 * np.pi - sequence.fwhm / radius, sequence.fwhm / radius)
                every = replace(ring, n_levels=tuple(range(1, int(ring.levels[-1]) + 1)))
                values = every.at(radius * np.cos(angles), radius * np.sin(angles))
                p_value = float(np.mean([shapiro(each).pvalue for each in values]))
                rows.append((name, night, number + 1, round(p_value, 3)))
    return rows


def write(path: Path, header: list[str], rows: list[tuple]) -> None:
    """Write a table."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def grown(
    detector: SODIRF, training: ADISequence, patch: int, forest_of: Callable[[np.ndarray], np.ndarray]
) -> dict[int, dict[str, np.ndarray]]:
    """Grow forests from the samples of their annuli; with one forest this is what `fit` does."""
    residuals = annular_residuals(training, detector.n_levels, patch)
    rng = np.random.default_rng(detector.seed)
    how = {"snr": detector.snr, "normalisation": detector.normalisation}
    samples, _ = draw_samples(residuals, detector.n_samples, rng, **how)
    number = forest_of(samples.annulus)
    return {int(one): detector.learn(samples.where(number == one)) for one in np.unique(number)}


def cut(sequence: ADISequence) -> ADISequence:
    """Cut the frames to the inner field."""
    margin = (sequence.size - SIZE) // 2
    inner = slice(margin, margin + SIZE)
    return replace(sequence, cube=sequence.cube[:, inner, inner])


if __name__ == "__main__":
    main()
