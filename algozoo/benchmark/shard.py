"""One shard, start to end: load, fit once, then for each trial inject, detect and find candidates; one file."""

import platform
import resource
import traceback
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from algozoo.benchmark.plan import Shard, content_key, trials_digest
from algozoo.benchmark.provenance import code, environment
from algozoo.benchmark.record import RecordedDetector, RunCost, RunRecord
from algozoo.benchmark.store import ExampleMap, Store
from algozoo.benchmark.suite import Suite
from algozoo.benchmark.training import OWN_TWIN, fitted, is_control, training_of
from algozoo.benchmark.trials import Trial, draw_trials
from algozoo.datasets import Dataset, load_dataset, n_resels
from algozoo.detectors.contract import Declined, DetectionMap, Detector
from algozoo.detectors.registry import create
from algozoo.errors import AlgoZooError
from algozoo.sandbox.sandbox import Stopped
from algozoo.scoring import Candidates, find_candidates, ring_scores
from algozoo.scoring.outcomes import OutcomeRow, true_companion
from algozoo.sequence import ADISequence

PATIENCE = 3
"""Maps of a shard that may time out before the others are not run."""
SETTLED = frozenset({"ok", "declined"})
"""Outcomes of a trial that another run would not change; the others are its failures."""
NO_CANDIDATES = Candidates(np.empty(0), np.empty(0), np.empty(0))


@dataclass(frozen=True)
class Finished:
    """What the runner reports of a shard that ended: trials, failed ones among them, and the first one's reason."""

    shard: Shard
    n_trials: int
    n_failed: int
    reason: str

    def __str__(self) -> str:
        failures = f", {self.n_failed} failed ({self.reason})" if self.n_failed else ""
        return f"{self.shard}: {self.n_trials} maps{failures}"


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


def run_shard(
    shard: Shard,
    folder: Path,
    *,
    keep_maps: bool = False,
    only: Collection[int] | None = None,
    detector: Detector | None = None,
) -> Finished:
    """Run all trials of a shard and write its file into the store.

    Parameters
    ----------
    shard : Shard
    folder : path
        Of the store.
    keep_maps : bool
        Keep the map of every trial, not only the examples of the first sequence.
    only : collection of int, optional
        Numbers of the trials that are run; all by default.
    detector : Detector, optional
        One that is not registered, in place of the shard's own.

    Raises
    ------
    AlgoZooError
        If the shard was planned by other code than that of this process, or cannot be written.
    """
    _refuse_other_code(shard)
    started, wall, cpu = datetime.now(UTC), perf_counter(), process_time()
    dataset = load_dataset(shard.dataset.name, mirror=shard.mirror)
    null = replace(dataset.null_sequence(shard.sequence), name="sequence", meta={})
    trials = draw_trials(shard.suite, shard.dataset, dataset, shard.sequence, null)
    trials = [trial for trial in trials if only is None or trial.number in only]
    detector = detector or create(shard.detector.name, **shard.detector.parameters)
    rng = np.random.default_rng([shard.suite.seed, shard.sequence])
    outcomes = list(attempts(detector, dataset, null, trials, rng))
    examples = {trial.number for trial in trials} if keep_maps else _examples(shard, trials)
    maps = [
        ExampleMap(o.trial.number, o.map.scores, o.map.image) for o in outcomes if o.map and o.trial.number in examples
    ]
    cost = RunCost(
        started=started.isoformat(),
        seconds=perf_counter() - wall,
        cpu_seconds=process_time() - cpu,
        process_peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )
    return _write(shard, Store(folder), dataset, null, detector, outcomes, maps, cost)


def _refuse_other_code(shard: Shard) -> None:
    if shard.code != code():
        raise AlgoZooError(
            f"{shard}: planned by AlgoZoo {_shown(shard.code)}, and the worker on {platform.node()} has "
            f"{_shown(code())} in {Path(__file__).parents[1]}: its result would stand under a wrong key. Install the "
            "same code on all machines, and restart the workers and the run"
        )


def _shown(code: str) -> str:
    version, digest = code.split()
    return f"{version} (digest {digest[:12]})"


def write_failure(shard: Shard, folder: Path, reason: str) -> Finished:
    """Write a shard whose process died: every trial failed, for this reason."""
    dataset = load_dataset(shard.dataset.name, mirror=shard.mirror)
    null = dataset.null_sequence(shard.sequence)
    outcomes = [
        Outcome(t, "failed", reason) for t in draw_trials(shard.suite, shard.dataset, dataset, shard.sequence, null)
    ]
    detector = create(shard.detector.name, **shard.detector.parameters)
    cost = RunCost(started=datetime.now(UTC).isoformat())
    return _write(shard, Store(folder), dataset, null, detector, outcomes, [], cost)


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
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a detector raises is an outcome
        return Outcome(trial, *_status(error))
    seconds, cpu_seconds = perf_counter() - wall, process_time() - cpu
    if isinstance(result, DetectionMap) and result.cost:
        seconds, cpu_seconds = result.cost.seconds, result.cost.cpu_seconds
    problem = _invalid(result, sequence, valid)
    if problem and (note := detector.note(sequence)):
        return Outcome(trial, "declined", note)  # it says itself why it is silent
    if problem:
        return Outcome(trial, "invalid", problem, seconds, cpu_seconds)
    candidates = find_candidates(result.scores, fwhm=sequence.fwhm, valid=valid)
    outcome = Outcome(trial, "ok", detector.note(sequence), seconds, cpu_seconds, candidates, map=result)
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


def _examples(shard: Shard, trials: list[Trial]) -> set[int]:
    """Trials for the gallery: of the first sequence, the first injection into each annulus and the empty map."""
    if shard.sequence != 0:
        return set()
    first: dict[int, int] = {}
    for trial in trials:
        if trial.kind != "flipped" and not trial.block:
            first.setdefault(trial.annulus, trial.number)
    return set(first.values())


def _write(
    shard: Shard,
    store: Store,
    dataset: Dataset,
    null: ADISequence,
    detector: Detector,
    outcomes: list[Outcome],
    maps: list[ExampleMap],
    cost: RunCost,
) -> Finished:
    failures = [o.reason for o in outcomes if o.status not in SETTLED]
    record = _record(shard, dataset, detector, len(failures), cost)
    store.write(record, outcome_rows(shard.suite, shard.sequence, dataset, null, detector, outcomes), maps)
    return Finished(shard, len(outcomes), len(failures), failures[0] if failures else "")


def _record(shard: Shard, dataset: Dataset, detector: Detector, n_failed: int, cost: RunCost) -> RunRecord:
    training = training_of(detector, dataset)
    return RunRecord(
        key=content_key(shard, detector),
        n_failed=n_failed,
        suite=shard.suite,
        dataset=dataset.name,
        annuli=dataset.manifest.annuli,
        trials=trials_digest(shard),
        sequence=shard.sequence,
        training=training,
        detector=RecordedDetector(
            label=detector.label,
            name=detector.name,
            title=detector.title,
            reference=detector.reference,
            summary=detector.summary,
            control=is_control(detector, dataset),
            parameters={name: repr(value) for name, value in detector.parameters.items()},
            sandbox=detector.confinement,
            maps_only=detector.maps_only,
        ),
        **dict(cost),
        **dict(environment()),
    )


def outcome_rows(
    suite: Suite, index: int, dataset: Dataset, null: ADISequence, detector: Detector, outcomes: Iterable[Outcome]
) -> list[OutcomeRow]:
    """Return the rows of the table of outcomes of sequence `index` of a dataset, in the order of the trials."""
    training = training_of(detector, dataset)
    resels = {flipped: n_resels(dataset.valid_mask(null, flipped=flipped), null.fwhm) for flipped in (False, True)}
    return [
        OutcomeRow(
            suite=suite.name,
            suite_version=suite.version,
            dataset=dataset.name,
            dataset_version=dataset.version,
            dataset_kind=dataset.manifest.kind,
            sequence=index,
            detector=detector.label,
            control=is_control(detector, dataset),
            training=training,
            trial=outcome.trial.number,
            trial_kind=outcome.trial.kind,
            block=outcome.trial.block or "",
            annulus=outcome.trial.annulus,
            **true_companion(outcome.trial.companion, null),
            fwhm=null.fwhm,
            n_resels=resels[outcome.trial.kind == "flipped"],
            status=outcome.status,
            reason=outcome.reason,
            seconds=outcome.seconds,
            cpu_seconds=outcome.cpu_seconds,
            map_kind=outcome.map.kind if outcome.map else "",
            candidate_x=outcome.candidates.x,
            candidate_y=outcome.candidates.y,
            candidate_score=outcome.candidates.score,
            candidate_flux=_fluxes(outcome) / np.mean(null.star_flux),
            null_separation=outcome.null_scores[0],
            null_score=outcome.null_scores[1],
        )
        for outcome in sorted(outcomes, key=lambda outcome: outcome.trial.number)
    ]


def _fluxes(outcome: Outcome) -> np.ndarray:
    """Flux at each candidate; none if the detector gives none."""
    if outcome.map is None or outcome.map.flux is None:
        return np.empty(0)
    x, y = np.rint([outcome.candidates.x, outcome.candidates.y]).astype(int)
    return np.asarray(outcome.map.flux[y, x])
