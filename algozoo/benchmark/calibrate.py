"""Contrast ranges: from where a baseline begins to find companions to where it finds nearly all of them.

For each of many places in an annulus, the contrast from which on a companion there is found is searched. The contrast
that a given fraction of companions need is a quantile of these: no curve is fitted. Places where a false candidate
stands already are passed over, as a companion would be found there by chance.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit

from algozoo import __version__
from algozoo.benchmark.pool import Died, RunAll, run_here
from algozoo.benchmark.trials import draw_place, null_trials
from algozoo.companions import Companion
from algozoo.datasets import Calibration, Dataset, frame_block
from algozoo.detectors.pca import PCA
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import write_text_whole
from algozoo.limits.probe import FALSE_POSITIVES_PER_MAP, Field, Probe
from algozoo.scoring import find_candidates, threshold_at
from algozoo.sequence import ADISequence

DETECTED = (0.05, 0.95)
FIRST_GUESS, BRIGHTEST = 1e-5, 0.1
CLIMB, HALVINGS = 4.0, 3
"""The contrast is raised in these steps until the companion is found, then known to within 10 %."""
SEED = 0


N_COMPONENTS = 10


def baseline(sequence: ADISequence) -> PCA:
    """Return the detector that contrasts are calibrated with: PCA, on the reference star where there is one.

    Of few frames, with as many components as the shorter sequences made of them allow.
    """
    if sequence.reference is not None:
        return PCA(n_components=min(N_COMPONENTS, sequence.reference.shape[-3] - 1), library="reference")
    return PCA(n_components=min(N_COMPONENTS, frame_block(sequence, "first").n_frames - 2))


@dataclass
class Calibrator:
    """The calibration of one dataset: run it, then ask for its `contrasts` and `record`.

    Parameters
    ----------
    dataset : Dataset
        With annuli; their contrasts are not looked at.
    n_companions : int
        For each annulus; rounded up to a multiple of the number of sequences.

    Raises
    ------
    InputError
        If the dataset has no annuli.
    """

    dataset: Dataset
    n_companions: int
    needed: dict[int, list[float]] = field(default_factory=dict)
    n_empty: int = 0

    def __post_init__(self) -> None:
        if not self.dataset.manifest.annuli:
            raise InputError(
                f"dataset {self.dataset.name}: its manifest has no annuli; add them (in FWHM), as in "
                "annuli = [{ inner = 1.5, outer = 3.0 }, { inner = 3.0, outer = 5.0 }]"
            )

    @property
    def n_steps(self) -> int:
        """Number of steps that `run` yields."""
        return self.dataset.n_sequences * (1 + len(self.dataset.manifest.annuli))

    def run(self, run_all: RunAll = run_here) -> Iterator[str]:
        """Work through all sequences, and say what is done.

        Raises
        ------
        AlgoZooError
            If the baseline declines the dataset, or a process died.
        """
        sequences = range(self.dataset.n_sequences)
        false: list[float] = []
        for index, scores in run_all(partial(_false_scores, self.dataset), sequences):
            maps = _alive(scores)
            self.n_empty += len(maps)
            false += [score for of_map in maps for score in of_map]
            yield f"{self.dataset.name}/{index} without companions"
        threshold = threshold_at(false, self.n_empty, FALSE_POSITIVES_PER_MAP)
        each = -(-self.n_companions // self.dataset.n_sequences)
        places = [(index, number) for index in sequences for number in range(len(self.dataset.manifest.annuli))]
        for (index, number), contrasts in run_all(partial(_needed, self.dataset, threshold, each), places):
            self.needed.setdefault(number, []).extend(_alive(contrasts))
            yield f"{self.dataset.name}/{index} annulus {number + 1}, {each} companions"

    @property
    def contrasts(self) -> list[tuple[float, float]]:
        """Range of contrasts of each annulus, to three digits.

        Raises
        ------
        AlgoZooError
            If the brightest companions are not found.
        """
        return [self.contrast_range(number) for number in sorted(self.needed)]

    def contrast_range(self, annulus: int) -> tuple[float, float]:
        """Range of contrasts of one annulus; see `contrasts`."""
        needed = np.array(self.needed[annulus])
        low, high = np.quantile(needed, DETECTED, method="inverted_cdf")
        if not np.isfinite(high):
            raise AlgoZooError(
                f"dataset {self.dataset.name}: the baseline finds {np.isinf(needed).sum()} of {needed.size} "
                f"companions of an annulus at no contrast up to {BRIGHTEST:g}, expected at most "
                f"{1 - DETECTED[1]:.0%}; move the annulus outwards"
            )
        return float(f"{low:.3g}"), float(f"{high:.3g}")

    @property
    def record(self) -> Calibration:
        """What the manifest says of the calibration."""
        return Calibration(
            version=self.dataset.version,
            algozoo=__version__,
            baseline=baseline(self.dataset.sequence(0)).label,
            detected=DETECTED,
            false_positives_per_map=FALSE_POSITIVES_PER_MAP,
            n_companions=len(self.needed[0]),
            n_empty=self.n_empty,
            seed=SEED,
        )

    def write(self, path: Path) -> None:
        """Write ranges, record and the statistics that pin simulated data into a manifest; all else in it stays.

        Raises
        ------
        AlgoZooError
            If the brightest companions are not found, or the file cannot be written.
        """
        document: Any = tomlkit.parse(path.read_text(encoding="utf-8"))
        for annulus, contrast in zip(document["annuli"], self.contrasts, strict=True):
            annulus["contrast"] = list(contrast)
        document["calibration"] = self.record.model_dump(mode="json")
        if self.dataset.manifest.kind == "simulated":
            document["statistics"] = self.dataset.statistics().model_dump(mode="json")
        write_text_whole(path, tomlkit.dumps(document))


def _false_scores(dataset: Dataset, index: int) -> list[list[float]]:
    """Scores of the candidates in each map of a sequence without companions."""
    probe = _probe(dataset, index)
    null = probe.field.null
    maps = []
    for trial in null_trials(dataset, null):
        valid = dataset.valid_mask(null, flipped=trial.kind == "flipped")
        scores = probe.detect(trial.sequence(null)).scores
        maps.append(find_candidates(scores, fwhm=null.fwhm, valid=valid).score.tolist())
    return maps


def _needed(dataset: Dataset, threshold: float, n: int, place: tuple[int, int]) -> list[float]:
    """Contrasts that companions at random places of an annulus need to be found; infinite for those that never are."""
    index, number = place
    probe = _probe(dataset, index)
    rng = np.random.default_rng([SEED, zlib.crc32(dataset.name.encode()), index, number])

    def is_found(companion: Companion, contrast: float) -> bool:
        return probe.look(replace(companion, contrast=contrast)).hit_score > threshold

    needed: list[float] = []
    while len(needed) < n:
        separation, angle = draw_place(dataset.manifest.annuli[number], probe.field.null, probe.field.valid, rng)
        companion = Companion(separation=separation, azimuth=angle, contrast=0)
        if not is_found(companion, 0):
            guess = next((contrast for contrast in reversed(needed) if np.isfinite(contrast)), FIRST_GUESS)
            needed.append(_first_found(partial(is_found, companion), guess))
    return needed


def _probe(dataset: Dataset, index: int) -> Probe:
    field = Field.of_dataset(dataset, index)
    return Probe(baseline(field.null), field)


def _first_found(is_found: Callable[[float], bool], guess: float) -> float:
    """Climb until the companion is found, then halve the last step; a very bright one may be missed again."""
    low, high = guess / CLIMB, guess
    while is_found(low):
        low, high = low / CLIMB, low
    while not is_found(high):
        if high >= BRIGHTEST:
            return float("inf")
        low, high = high, min(CLIMB * high, BRIGHTEST)
    for _ in range(HALVINGS):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if is_found(middle) else (middle, high)
    return float(np.sqrt(low * high))


def _alive(outcome: Any) -> Any:
    if isinstance(outcome, Died):
        raise AlgoZooError(outcome.reason)
    return outcome
