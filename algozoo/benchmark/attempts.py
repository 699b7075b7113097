"""Trials of one detector on one sequence: fit once, then for each trial inject, detect and find candidates."""

import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from algozoo.benchmark.training import OWN_TWIN, fitted, training_of
from algozoo.benchmark.trials import Trial
from algozoo.datasets import Dataset
from algozoo.detectors.contract import Declined, DetectionMap, Detector
from algozoo.sandbox.sandbox import Stopped
from algozoo.scoring import Candidates, find_candidates, ring_scores
from algozoo.sequence import ADISequence

PATIENCE = 3
"""Maps of a shard that may time out before the others are not run."""
NO_CANDIDATES = Candidates(np.empty(0), np.empty(0), np.empty(0))


@dataclass(frozen=True)
class Outcome:
    """What came of one trial."""

    trial: Trial
    status: str
    reason: str = ""
    seconds: float = float("nan")
    cpu_seconds: float = float("nan")
    candidates: Candidates = NO_CANDIDATES
    null_scores: tuple[np.ndarray, np.ndarray] = (np.empty(0), np.empty(0))
    map: DetectionMap | None = None


def attempts(
    detector: Detector, dataset: Dataset, null: ADISequence, trials: list[Trial], rng: np.random.Generator
) -> Iterator[Outcome]:
    """Fit a detector once and run trials on the sequence `null` in random order; what it raises is an outcome.

    After a few trials that timed out all others count as timed out.
    """
    masks = {flipped: dataset.valid_mask(null, flipped=flipped) for flipped in (False, True)}
    self_trained = training_of(detector, dataset) == OWN_TWIN
    try:
        trained = fitted(detector, dataset, null, {trial.kind == "flipped" for trial in trials})
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a detector raises is an outcome
        yield from (Outcome(trial, *_status(error)) for trial in trials)
        return
    timeouts = 0
    for trial in [trials[i] for i in rng.permutation(len(trials))]:
        if timeouts >= PATIENCE:
            yield Outcome(trial, "timeout", f"not run: {PATIENCE} maps before it timed out")
            continue
        flipped = trial.kind == "flipped"
        outcome = _attempt(trained[flipped], trial, null, masks[flipped], self_trained=self_trained)
        timeouts += outcome.status == "timeout"
        yield outcome


def _attempt(detector: Detector, trial: Trial, null: ADISequence, valid: np.ndarray, *, self_trained: bool) -> Outcome:
    """Run one trial. Only here is the truth given, and only to a control."""
    sequence = trial.sequence(null)
    if detector.control and trial.companion:
        detector = detector.told((trial.companion,))
    wall, cpu = perf_counter(), process_time()
    try:
        if self_trained:
            detector = detector.fit(sequence.flipped())
        result = detector.detect(sequence)
        note = detector.note(sequence)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a detector raises is an outcome
        return Outcome(trial, *_status(error))
    seconds, cpu_seconds = perf_counter() - wall, process_time() - cpu
    if isinstance(result, DetectionMap) and result.cost:
        seconds, cpu_seconds = result.cost.seconds, result.cost.cpu_seconds
    problem = _invalid(result, sequence, valid)
    if problem and note:
        return Outcome(trial, "declined", note)  # it says itself why it is silent
    if problem:
        return Outcome(trial, "invalid", problem, seconds, cpu_seconds)
    candidates = find_candidates(result.scores, fwhm=sequence.fwhm, valid=valid)
    outcome = Outcome(trial, "ok", note, seconds, cpu_seconds, candidates, map=result)
    if result.kind == "snr" and not trial.companion:
        outcome = replace(outcome, null_scores=ring_scores(result.scores, fwhm=sequence.fwhm, valid=valid))
    return outcome


def _status(error: BaseException) -> tuple[str, str]:
    if isinstance(error, Declined):
        return "declined", str(error)
    if isinstance(error, Stopped):
        return error.status, str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return "failed", f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"


def _invalid(result: object, sequence: ADISequence, valid: np.ndarray) -> str:
    """Say what is wrong with a map, or nothing."""
    if not isinstance(result, DetectionMap):
        return f"detect returned {type(result).__name__}, expected a DetectionMap"
    if result.scores.shape != (sequence.size, sequence.size):
        return f"the map has shape {result.scores.shape}, expected {(sequence.size, sequence.size)}"
    if not np.isfinite(result.scores[valid]).any():
        return "the map has no finite score in the valid field"
    return ""
