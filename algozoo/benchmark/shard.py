"""One shard, start to end: load, draw the trials, attempt them, and write one file."""

import platform
import resource
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from algozoo.benchmark.attempts import Outcome, attempts
from algozoo.benchmark.plan import Shard, content_key, trials_digest
from algozoo.benchmark.provenance import code, environment
from algozoo.benchmark.record import RecordedDetector, RunCost, RunRecord
from algozoo.benchmark.store import ExampleMap, Store
from algozoo.benchmark.suite import Suite
from algozoo.benchmark.training import is_control, training_of
from algozoo.benchmark.trials import Trial, draw_trials
from algozoo.datasets import Dataset, n_resels
from algozoo.detectors.contract import Detector
from algozoo.detectors.registry import create
from algozoo.errors import AlgoZooError
from algozoo.scoring.outcomes import OutcomeRow, true_companion
from algozoo.sequence import ADISequence

SETTLED = frozenset({"ok", "declined"})
"""Outcomes of a trial that another run would not change; the others are its failures."""


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
    dataset = shard.data()
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
    dataset = shard.data()
    null = dataset.null_sequence(shard.sequence)
    outcomes = [
        Outcome(t, "failed", reason) for t in draw_trials(shard.suite, shard.dataset, dataset, shard.sequence, null)
    ]
    detector = create(shard.detector.name, **shard.detector.parameters)
    cost = RunCost(started=datetime.now(UTC).isoformat())
    return _write(shard, Store(folder), dataset, null, detector, outcomes, [], cost)


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
            reproducible=detector.reproducible,
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
