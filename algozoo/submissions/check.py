"""Is a submission ready? Its manifest, a first map, the contract, and a score on small simulated sequences."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDetector, load_suite
from algozoo.companions import inject
from algozoo.datasets import load_dataset
from algozoo.detectors.contract import Cost, Declined
from algozoo.detectors.registry import SUBMISSIONS, create
from algozoo.detectors.submission import read_submission
from algozoo.detectors.submitted import Submitted
from algozoo.errors import AlgoZooError, InputError
from algozoo.sandbox.sandbox import Stopped
from algozoo.scoring import evaluate
from algozoo.testing import obvious_planet

SMOKE = "smoke"
COMPARED = (SuiteDetector(name="median"), SuiteDetector(name="pca"), SuiteDetector(name="random"))
"""What stands beside the submission in its smoke score."""
PATIENCE_SECONDS = 30.0
"""What the maps of a smoke score may take together; a slow detector gets fewer."""


def admit(folder: Path) -> Submitted:
    """Read the manifest of a submission and make its detector, whose code is not looked at.

    Parameters
    ----------
    folder : path
        In the folder `submissions` of the current one.

    Raises
    ------
    InputError
        If it lies elsewhere, its manifest has mistakes, or its name is taken.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; `algozoo new {folder.name}` makes one")
    if folder.resolve().parent != SUBMISSIONS.resolve():
        raise InputError(
            f"{folder}: lies outside of {SUBMISSIONS.resolve()}; move it there, or change to the folder above its own "
            f"{SUBMISSIONS}"
        )
    read_submission(folder)
    detector = create(folder.resolve().name)
    if not isinstance(detector, Submitted):
        raise InputError(f"{folder}: the name {detector.name!r} is that of a detector of AlgoZoo; choose another")
    return detector


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
    cost : Cost, optional
        Of a map.
    """

    problem: str = ""
    declined: str = ""
    story: str = ""
    cost: Cost | None = None


def first_map(detector: Submitted) -> FirstMap:
    """Run a submission once, on a sequence of `tiny` with a planet that nobody can miss."""
    sequence = load_dataset("tiny").sequence(0)
    try:
        fitted = detector.fit(sequence.flipped())
        found = fitted.detect(inject(sequence, [obvious_planet(sequence)]))
    except Declined as error:
        return FirstMap(declined=str(error))
    except Stopped as error:
        return FirstMap(f"{error.status}: {error}", story="\n".join(filter(None, (error.traceback, error.output))))
    return FirstMap(cost=found.cost)


def smoke_score(detector: Submitted, seconds_per_map: float) -> pd.DataFrame:
    """Score a submission beside a few detectors on the sequences of suite `smoke`.

    Parameters
    ----------
    detector : Submitted
    seconds_per_map : float
        As the first map took: a slow detector gets fewer sequences.

    Returns
    -------
    DataFrame
        As `algozoo.scoring.score` returns it.
    """
    suite = load_suite(SMOKE)
    [entry] = suite.datasets
    n_maps = len(load_dataset(entry.name).manifest.annuli) * entry.injections + 2
    affordable = int(PATIENCE_SECONDS / (seconds_per_map * n_maps)) if seconds_per_map else 1
    sequences = min(max(affordable, 1), entry.sequences or 1)
    changed = {
        "datasets": (entry.model_copy(update={"sequences": sequences}),),
        "detectors": (SuiteDetector(name=detector.name), *COMPARED),
    }
    with TemporaryDirectory() as folder:
        shards, _ = plan(suite.model_copy(update=changed))
        for finished in run(shards, Store(Path(folder))):
            if finished.n_failed and finished.shard.detector.name != detector.name:
                raise AlgoZooError(f"{finished}: {finished.reason}")
        outcomes, _ = Store(Path(folder)).read(suite.name, suite.version)
    return evaluate(outcomes, rng=np.random.default_rng(suite.seed)).scores
