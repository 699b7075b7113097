"""Is a submission ready? Its manifest, a first map, the contract, and a score on small simulated sequences."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np
import pandas as pd

from algozoo.benchmark.plan import Shard, plan
from algozoo.benchmark.shard import run_shard
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDetector, load_suite
from algozoo.benchmark.trials import draw_trials
from algozoo.companions import inject
from algozoo.datasets import load_dataset
from algozoo.detectors.contract import Cost, Declined, DetectionMap
from algozoo.detectors.registry import SUBMISSIONS, registered
from algozoo.detectors.submitted.detector import Submitted, submitted_class
from algozoo.detectors.submitted.manifest import MANIFEST, Submission, read_submission
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import working_folder
from algozoo.sandbox.sandbox import Stopped
from algozoo.scoring import evaluate
from algozoo.testing import obvious_planet

SMOKE = "smoke"
COMPARED = (SuiteDetector(name="median"), SuiteDetector(name="pca"), SuiteDetector(name="random"))
"""What stands beside the submission in its smoke score."""
BUDGET_SECONDS = 50.0
"""What all maps of a check may take together; a slow detector gets fewer."""
SHORTEST_SECONDS = 0.1
SMALLEST_SCORE = 2
"""Maps: one with a companion and one without."""
NOTHING = Cost(0.0, 0.0, 0)


def admit(folder: Path) -> Submitted:
    """Read the manifest of a submission and make its detector, whose code is not looked at.

    Parameters
    ----------
    folder : path
        In the folder `submissions` of the current one.

    Raises
    ------
    InputError
        If it lies elsewhere, a file is not there, its manifest has mistakes (all are told), or its name is taken.
    """
    if not folder.is_dir():
        own = SUBMISSIONS / folder.name
        remedy = f"did you mean {own}?" if own.is_dir() else f"`algozoo new {folder.name}` makes one"
        raise InputError(f"{folder}: there is no such folder; {remedy}")
    if folder.resolve() == SUBMISSIONS.resolve():
        names = sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}"))
        there = f"expected one of them: {', '.join(f'{folder / name}' for name in names)}"
        raise InputError(
            f"{folder}: is the folder of all submissions, "
            f"{there if names else 'and there is none yet; `algozoo new NAME` makes one'}"
        )
    if folder.resolve().parent != SUBMISSIONS.resolve():
        raise InputError(
            f"{folder}: lies outside of {SUBMISSIONS.resolve()}; move it there, or change to the folder above its own "
            f"{SUBMISSIONS}"
        )
    read_submission(folder)
    registered()  # refuses a name that is taken
    return submitted_class(folder)()


@dataclass(frozen=True)
class FirstMap:
    """What came of the first map.

    Attributes
    ----------
    problem : str
        What went wrong; nothing if there is a map.
    declined : str
        The reason if the detector does not take such a sequence.
    story : str
        Traceback through the submission's own files, and the end of what it printed.
    is_late : bool
        Whether it was stopped because its time was over.
    map : DetectionMap, optional
    cost : Cost
        Of the map.
    seconds : float
        Until it was there, fit included.
    """

    problem: str = ""
    declined: str = ""
    story: str = ""
    is_late: bool = False
    map: DetectionMap | None = None
    cost: Cost = NOTHING
    seconds: float = 0.0


def within(detector: Submitted, deadline: float) -> Submitted:
    """Return the detector with the limits that it asks for, but never more time than until a moment of `monotonic`."""
    asked = detector.manifest

    def manifest(_: Submitted) -> Submission:
        left = max(deadline - monotonic(), SHORTEST_SECONDS) / 60
        return asked.model_copy(
            update={"needs": asked.needs.model_copy(update={"minutes": min(asked.needs.minutes, left)})}
        )

    cls = type(detector)
    limited: type[Submitted] = type(cls.__name__, (cls,), {"__doc__": cls.__doc__, "manifest": property(manifest)})
    return limited(**detector.parameters)


def first_map(detector: Submitted) -> FirstMap:
    """Run a submission once, on a sequence of `tiny` with a planet that nobody can miss."""
    sequence, start = load_dataset("tiny").sequence(0), monotonic()
    try:
        fitted = detector.fit(sequence.flipped())
        found = fitted.detect(inject(sequence, [obvious_planet(sequence)]))
    except Declined as error:
        return FirstMap(declined=str(error))
    except Stopped as error:
        story = "\n".join(filter(None, (error.traceback, error.output)))
        return FirstMap(f"{error.status}: {error}", story=story, is_late=error.status == "timeout")
    return FirstMap(map=found, cost=found.cost or NOTHING, seconds=monotonic() - start)


@dataclass(frozen=True)
class SmokeScore:
    """What came of the small simulated sequences.

    Attributes
    ----------
    scores : DataFrame
        As `algozoo.scoring.score` returns it, of the maps that were made in time.
    n_maps, n_planned : int
        Maps that were made in time, and those of the suite.
    """

    scores: pd.DataFrame
    n_maps: int
    n_planned: int


def smoke_score(detector: Submitted, seconds_per_map: float, deadline: float) -> SmokeScore | None:
    """Score a submission beside a few detectors on the sequences of suite `smoke`.

    Parameters
    ----------
    detector : Submitted
    seconds_per_map : float
        As the first map took: a slow detector gets fewer trials.
    deadline : float
        Moment of `monotonic` at which its maps end.

    Returns
    -------
    SmokeScore or None
        Nothing if there is no time for one map with a companion and one without.
    """
    suite = load_suite(SMOKE)
    entries = (SuiteDetector(name=detector.name), *COMPARED)
    shards, _ = plan(suite.model_copy(update={"detectors": entries}))
    trials = _in_order(shards)
    affordable = trials[: int(max(deadline - monotonic(), 0) / seconds_per_map)]
    if len(affordable) < SMALLEST_SCORE:
        return None
    with working_folder() as folder:
        for shard in shards:
            only = {number for sequence, number in affordable if sequence == shard.sequence}
            own = shard.detector.name == detector.name
            finished = only and run_shard(shard, folder, only=only, detector=detector if own else None)
            if finished and finished.n_failed and not own:
                raise AlgoZooError(str(finished))
        outcomes, _ = Store(folder).read(suite.name, suite.version)
    if monotonic() > deadline:
        late = outcomes[(outcomes["detector"] == detector.label) & (outcomes["status"] == "timeout")]
        places = pd.MultiIndex.from_frame(late[["sequence", "trial"]])
        outcomes = outcomes[~pd.MultiIndex.from_frame(outcomes[["sequence", "trial"]]).isin(places)]
    own_outcomes = outcomes[outcomes["detector"] == detector.label]
    if not {"injected", "empty"} <= set(own_outcomes["trial_kind"]):
        return None
    scores = evaluate(outcomes, rng=np.random.default_rng(suite.seed)).scores
    return SmokeScore(scores, len(own_outcomes), len(trials))


def _in_order(shards: Sequence[Shard]) -> list[tuple[int, int]]:
    """List the trials as (sequence, number): of each sequence a companion, then an empty map, then all others."""
    ordered = []
    for shard in {shard.sequence: shard for shard in shards}.values():
        dataset = shard.data()
        drawn = draw_trials(shard.suite, shard.dataset, dataset, shard.sequence, dataset.null_sequence(shard.sequence))
        first = {kind: next(trial for trial in drawn if trial.kind == kind) for kind in ("injected", "empty")}
        own = [*first.values(), *(trial for trial in drawn if trial not in first.values())]
        ordered += [(shard.sequence, trial.number) for trial in own]
    return ordered
