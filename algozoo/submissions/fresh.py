"""Is a published row as good on nights that nobody has seen? They are made from a seed that is drawn for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from time import monotonic

import numpy as np
import pandas as pd

from algozoo.benchmark.ledger import Attempt, NightsOf, row_digest
from algozoo.benchmark.plan import Shard, content_keys, plan
from algozoo.benchmark.pool import OutOfTimeError, RunAll, pool
from algozoo.benchmark.record import RunRecord
from algozoo.benchmark.runner import make, preparations, run, unmade
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import Suite, SuiteDetector
from algozoo.datasets import load_dataset
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import working_folder
from algozoo.reporter import Reporter
from algozoo.sandbox.choice import wanted_as_recorded
from algozoo.scoring.fresh import WHOLE, Advantage, Outcome, advantages, foreseen, nights_to_see
from algozoo.submissions.verify import detector_of

REFERENCE = "pca"
"""With its default parameters; what it makes of the same trials says how hard they are."""
NIGHTS = 8
EXIT_CODES: dict[Outcome, int] = {"holds": 0, "does not hold": 1, "undecided": 3}
"""Of the command; who checks a request takes what is undecided."""


@dataclass(frozen=True)
class Row:
    """A published row on simulated data.

    Attributes
    ----------
    label, name : str
        Of its detector.
    suite : Suite
        Of its simulated datasets, with its detector and the reference.
    digest : str
        Of what was run; see `algozoo.benchmark.ledger.row_digest`.
    outcomes : DataFrame
    seconds : float
        That a night of each dataset took, together.
    """

    label: str
    name: str
    suite: Suite
    digest: str
    outcomes: pd.DataFrame
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How thoroughly a row is checked.

    Attributes
    ----------
    nights : int
        Fresh nights of each dataset.
    see : float, optional
        Excess that must be seen with 80 % probability.
    budget : float
        Seconds after which the check is abandoned.
    workers : int
        Processes.
    """

    nights: int = NIGHTS
    see: float | None = None
    budget: float = inf
    workers: int = 0


def published_row(results: Store, suite: Suite, label: str) -> Row:
    """Find a row in a store, and make sure that the code which made it is the code that is here.

    Raises
    ------
    InputError
        If it is not on simulated data, cannot be run again, or is the reference itself.
    AlgoZooError
        If its code or its trials are no longer those of the row.
    """
    outcomes, records = results.read(suite.name, suite.version)
    outcomes = outcomes[(outcomes["detector"] == label) & (outcomes["dataset_kind"] == "simulated")]
    datasets = set(outcomes["dataset"])
    records = [record for record in records if record.detector.label == label and record.dataset in datasets]
    if not records or label == REFERENCE or records[0].detector.maps_only:
        raise InputError(
            f"{label}: cannot be checked on fresh nights; expected a row on simulated data, not that of {REFERENCE}, "
            "of a detector that is here"
        )
    simulated = tuple(entry for entry in suite.datasets if load_dataset(entry.name).name in datasets)
    detectors = detector_of(records[0]), SuiteDetector(name=REFERENCE)
    suite = suite.model_copy(update={"datasets": simulated, "detectors": detectors})
    shards, _ = plan(suite, detectors=[label])
    with wanted_as_recorded(records[0].detector.sandbox):
        keys = set(content_keys(shards))
    if keys != {record.key for record in records}:
        raise AlgoZooError(
            f"{label}: its row is unfinished, or was made by other code or on other trials than are here; run it again"
        )
    return Row(label, detectors[0].name, suite, row_digest(records), outcomes, _seconds_of_night(records))


def attempt(row: Row, seed: int, effort: Effort, report: Reporter) -> Attempt:
    """Run the detector of a row and the reference on fresh nights, and measure the advantage of the one over the other.

    Parameters
    ----------
    row : Row
    seed : int
        Of the fresh nights and their trials.
    effort : Effort
    report : Reporter
        Gets what can be seen, how long it takes, and the progress.

    Returns
    -------
    Attempt
        Without measurements if the time was over before.

    Raises
    ------
    InputError
        If so few nights do not show the excess that must be seen.
    """
    until = monotonic() + effort.budget
    tried = Attempt(
        suite=row.suite.name,
        version=row.suite.version,
        detector=row.label,
        digest=row.digest,
        seed=f"{seed:#x}",
        n_nights=effort.nights,
    )
    with working_folder() as folder, pool(effort.workers, tell=report.say, until=until) as run_all:
        try:
            shards, _ = plan(row.suite, detectors=[REFERENCE])
            outcomes, seconds = _run(shards, folder / "public", run_all, report)
            public = advantages(pd.concat([row.outcomes, outcomes]), row.label, REFERENCE, _rng(row.suite.seed))
            report.say(_what_is_seen(public, effort))
            shards = fresh_shards(row.suite, seed, effort.nights)
            report.say(_how_long(shards, row.seconds + seconds, effort))
            outcomes, _ = _run(shards, folder / "fresh", run_all, report)
        except OutOfTimeError:
            return tried
        finally:
            for entry in row.suite.datasets:
                load_dataset(entry.name).drawn(seed).forget()
    lowest = {name: one.lowest_rate for name, one in public.items()}
    fresh = advantages(outcomes, row.label, REFERENCE, _rng(seed), lowest)
    measured = {name: NightsOf(public=public[name], fresh=fresh[name]) for name in public}
    return tried.model_copy(update={"measured": measured})


def fresh_shards(suite: Suite, seed: int, nights: int) -> list[Shard]:
    """List the work on nights like those of a suite, from another seed."""
    datasets = tuple(entry.model_copy(update={"sequences": nights}) for entry in suite.datasets)
    shards, _ = plan(suite.model_copy(update={"seed": seed, "datasets": datasets}))
    return sorted(shards, key=lambda shard: shard.sequence)


def _rng(seed: int) -> np.random.Generator:
    """Source of the bootstrap: the same for the same trials, so that others find the same numbers."""
    return np.random.default_rng(seed)


def _run(shards: Sequence[Shard], folder: Path, run_all: RunAll, report: Reporter) -> tuple[pd.DataFrame, float]:
    """Run shards; return their outcomes, and the seconds that a night of each dataset took, together."""
    store = Store(folder)
    for steps, total in preparations(shards, store, run_all):
        for _ in report.track(steps, total):
            pass
    for _ in report.track(run(shards, store, run_all, tell=report.say), len(shards)):
        pass
    outcomes, records = store.read(shards[0].suite.name, shards[0].suite.version)
    return outcomes, _seconds_of_night(records)


def _seconds_of_night(records: Sequence[RunRecord]) -> float:
    """Return the mean seconds of a night of each dataset, summed over datasets."""
    seconds = pd.Series([record.seconds or 0.0 for record in records])
    return float(seconds.groupby([record.dataset for record in records]).mean().sum())


def _what_is_seen(public: dict[str, Advantage], effort: Effort) -> str:
    """Say which excess is seen, and refuse what does not show the one that must be."""
    least, nights = foreseen(public, effort.nights), f"{effort.nights} fresh nights of each dataset"
    if effort.see is None or least <= effort.see:
        seen = (
            f"an excess of {least:.2f} or more" if least < WHOLE else "no excess at all: the public nights are too few"
        )
        return f"{nights} show, with 80 % probability, {seen}"
    enough = nights_to_see(public, effort.see)
    if enough:
        raise InputError(f"--see {effort.see:g}: takes {enough} fresh nights of each dataset; give --nights {enough}")
    raise InputError(
        f"--see {effort.see:g}: no number of fresh nights would show it, as the published row is not known so well; it "
        "needs more trials, those of a larger suite"
    )


def _how_long(shards: Sequence[Shard], seconds: float, effort: Effort) -> str:
    """Simulate the first fresh night of each dataset to see how long it takes, and say how long all of them do."""
    first, before = [made for made in unmade(shards) if made.sequence == 0], monotonic()
    for _ in make(first):
        pass
    simulation = monotonic() - before
    work = (effort.nights - 1) * simulation + effort.nights * seconds
    minutes = work / max(effort.workers, 1) / 60
    told = f"; the budget is {effort.budget / 60:.3g} minutes" if isfinite(effort.budget) else ""
    return f"It takes about {max(minutes, 0.1):.2g} minutes; processes: {max(effort.workers, 1)}{told}"
