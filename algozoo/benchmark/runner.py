"""The runner: simulates the sequences and trains the models that are missing, and runs shards, each a file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import comb
from time import monotonic
from typing import cast

import numpy as np

from algozoo.benchmark.golden.check import check_all, unchecked
from algozoo.benchmark.plan import Shard, content_keys
from algozoo.benchmark.pool import Died, RunAll, Tell, run_here, say_nothing
from algozoo.benchmark.record import Preview
from algozoo.benchmark.shard import Finished, run_shard, write_failure
from algozoo.benchmark.shard_file import MalformedShard, OtherFormat
from algozoo.benchmark.store import Store
from algozoo.benchmark.training import TRANSFER, Draws, fitted, training_of
from algozoo.benchmark.trials import draw_trials
from algozoo.datasets import Dataset, load_dataset
from algozoo.detectors.registry import create
from algozoo.detectors.supervised.learner import Learner
from algozoo.detectors.supervised.progress import Progress
from algozoo.errors import AlgoZooError
from algozoo.scoring import resolvable_difference

SECONDS_BETWEEN_WORDS = 10.0
"""Between two lines that tell how far one training is."""


def missing(shards: Sequence[Shard], store: Store, tell: Tell = say_nothing) -> list[Shard]:
    """List the shards that have no result in the store, or a damaged one, of which `tell` gets a line of text."""
    return [
        shard for shard, key in zip(shards, content_keys(shards), strict=True) if not _is_done(shard, key, store, tell)
    ]


def _is_done(shard: Shard, key: str, store: Store, tell: Tell) -> bool:
    try:
        return store.is_done(key)
    except OtherFormat:
        raise
    except MalformedShard as error:
        tell(f"Notice: {shard} is run again: {error.path} is damaged ({error.reason})")
        return False


def resolvable_differences(shards: Iterable[Shard]) -> tuple[int, dict[str, float]]:
    """Return how many detectors are ranked, and the least difference of true-positive rates that each dataset resolves.

    It is that of two detectors at 80 % power, if the sequences of the dataset are alike; infinite if there is none.
    """
    shards = list(shards)
    detectors = {str(shard.detector): shard.detector for shard in shards}.values()
    n_ranked = sum(not create(detector.name, **detector.parameters).control for detector in detectors)
    pairs = max(comb(n_ranked, 2), 1)
    differences = {}
    for shard in {shard.dataset.name: shard for shard in shards}.values():
        dataset = shard.data()
        n_sequences = shard.dataset.sequences or dataset.n_sequences
        n = n_sequences * len(dataset.manifest.annuli) * shard.dataset.injections
        differences[dataset.name] = resolvable_difference(n_sequences, n, comparisons=pairs)
    return n_ranked, differences


def preparations(
    shards: Sequence[Shard], store: Store, run_all: RunAll = run_here
) -> Iterator[tuple[Iterator[object], int]]:
    """Check the numbers of all that shards depend on, then make the sequences, previews and models that they need.

    What was done before is not done again.

    Yields
    ------
    steps : iterator
        To be consumed before the next is asked for; the text of a step says what was made.
    total : int
        Number of the steps.

    Raises
    ------
    AlgoZooError
        If a detector, the simulator or the trials give other numbers than those of their version.
    """
    if parts := unchecked(shards):
        yield check_all(parts, run_all), len(parts)
    if sequences := unmade(shards):
        yield make(sequences, run_all), len(sequences)
    for name, mirror in dict.fromkeys((shard.dataset.name, shard.mirror) for shard in shards):
        write_preview(load_dataset(name, mirror=mirror), store)
    if groups := learners(shards):
        yield train(groups, run_all), sum(map(len, groups))


@dataclass(frozen=True)
class Made:
    """A simulated sequence that was made and lies in the cache."""

    dataset: Dataset
    sequence: int

    def __str__(self) -> str:
        return f"{self.dataset.name}/{self.sequence} simulated"


def unmade(shards: Iterable[Shard]) -> list[Made]:
    """List the sequences of some shards that must be simulated first."""
    wanted = {(shard.dataset.name, shard.sequence): shard for shard in shards}
    sequences = [Made(shard.data(), shard.sequence) for shard in wanted.values()]
    return [made for made in sequences if not made.dataset.is_here(made.sequence)]


def make(sequences: Iterable[Made], run_all: RunAll = run_here) -> Iterator[Made]:
    """Simulate sequences, in parallel, and keep them in the cache.

    Raises
    ------
    AlgoZooError
        If a process died, or the cache cannot be written.
    """
    for made, outcome in run_all(_make, sequences):
        if isinstance(outcome, Died):
            raise AlgoZooError(f"{made}: {outcome.reason}")
        yield made


def learners(shards: Iterable[Shard]) -> list[tuple[Shard, ...]]:
    """Choose shards whose detectors are trained first: one for each model, which the others then find in the cache.

    Those that learn from one sequence are together, so that samples are drawn once. Those that learn from the sequence
    of a trial come first: they may need a model for either orientation, and take the longest.
    """
    shards = list(shards)
    entries = {str(shard.detector): shard.detector for shard in shards}
    detectors = {name: create(entry.name, **entry.parameters) for name, entry in entries.items()}
    groups: dict[tuple[str, int | None], dict[str, Shard]] = {}
    for shard in shards:
        detector = detectors[str(shard.detector)]
        if isinstance(detector, Learner):
            dataset = shard.data()
            one_for_all = training_of(detector, dataset) == TRANSFER
            group = groups.setdefault((dataset.name, None if one_for_all else shard.sequence), {})
            group.setdefault(detector.label, shard)
    return [tuple(groups[key].values()) for key in sorted(groups, key=lambda key: key[1] is None)]


def train(groups: Iterable[tuple[Shard, ...]], run_all: RunAll = run_here) -> Iterator[str]:
    """Train the detectors of `learners`, in parallel, keep the models in the cache, and say what came of each.

    What goes wrong is told, and not raised: the shards meet it again, and it is on record.
    """
    for group, outcome in run_all(partial(_train, tell=run_all.tell), groups):
        told = [f"not trained: {outcome.reason}"] * len(group) if isinstance(outcome, Died) else outcome
        yield from (f"{_learner(shard)}: {text}" for shard, text in zip(group, told, strict=True))


def run(
    shards: Iterable[Shard],
    store: Store,
    run_all: RunAll = run_here,
    *,
    keep_maps: bool = False,
    tell: Tell = say_nothing,
) -> Iterator[Finished]:
    """Run shards and write each into the store as it ends.

    Parameters
    ----------
    shards : iterable of Shard
    store : Store
        On a cluster, its folder must be seen by all machines.
    run_all : callable
        See `algozoo.benchmark.pool`.
    keep_maps : bool
        Keep the detection map of every trial, not only of the examples.
    tell : callable
        Gets a line of text for a person when packages of a submission are installed first.

    Yields
    ------
    Finished
        In the order in which they end. A shard whose process died is written as failed trials.

    Raises
    ------
    AlgoZooError
        If the requirements of a submission cannot be installed, or no sandbox works; before any shard is run.
    """
    shards = list(shards)
    for name in dict.fromkeys(shard.detector.name for shard in shards):
        create(name).prepare(tell)
    task = partial(run_shard, folder=store.folder, keep_maps=keep_maps)
    for shard, outcome in run_all(task, shards):
        yield write_failure(shard, store.folder, outcome.reason) if isinstance(outcome, Died) else outcome


def write_preview(dataset: Dataset, store: Store) -> None:
    """Keep in the store what a dataset looks like, so that the site needs nothing but the store."""
    sequence = dataset.sequence(0)
    cube = sequence.cube.reshape(-1, *sequence.cube.shape[-3:])[0]
    psf = sequence.psf.reshape(-1, *sequence.psf.shape[-2:])[0]
    images = {
        "frame": cube[0],
        "median": np.median(cube, axis=0),
        "psf": psf,
        "angles": sequence.parallactic_angles,
        "valid": dataset.valid_mask(sequence).astype(np.uint8),
    }
    about = Preview(
        manifest=dataset.manifest,
        n_sequences=dataset.n_sequences,
        n_frames=sequence.n_frames,
        size=sequence.size,
        fwhm=sequence.fwhm,
        field_rotation=sequence.field_rotation,
        pixel_scale=sequence.pixel_scale,
    )
    store.write_preview(about, images)


def restore_previews(shards: Iterable[Shard], store: Store) -> None:
    """Write again what datasets look like where that is missing or damaged."""
    for name, mirror in dict.fromkeys((shard.dataset.name, shard.mirror) for shard in shards):
        dataset = load_dataset(name, mirror=mirror)
        try:
            store.preview(f"{dataset.name}-{dataset.version}")
        except AlgoZooError:
            write_preview(dataset, store)


def _make(made: Made) -> None:
    made.dataset.sequence(made.sequence)


def _train(group: tuple[Shard, ...], tell: Tell) -> list[str]:
    shard = group[0]
    dataset = shard.data()
    null = dataset.null_sequence(shard.sequence)
    trials = draw_trials(shard.suite, shard.dataset, dataset, shard.sequence, null)
    told = monotonic()

    def report(progress: Progress, *, name: str) -> None:
        nonlocal told
        if monotonic() - told >= SECONDS_BETWEEN_WORDS:
            tell(f"{name}: {progress}")
            told = monotonic()

    scores: list[set[str]] = [set() for _ in group]
    failures = [""] * len(group)
    for flipped in sorted({trial.kind == "flipped" for trial in trials}):
        draws = Draws()
        for number, shard in enumerate(group):
            detector = create(shard.detector.name, **shard.detector.parameters)
            tell_of = partial(report, name=_learner(shard))
            try:
                model = cast("Learner", fitted(detector, dataset, null, {flipped}, tell_of, draws)[flipped])
            except Exception as error:  # noqa: BLE001 - whatever a detector raises
                failures[number] = f"not trained: {error}"
            else:
                scores[number].add(f"{model.state()['test_auc']:.3f}")
    return [
        failure or f"trained; AUC of samples not seen {' and '.join(sorted(auc))}"
        for failure, auc in zip(failures, scores, strict=True)
    ]


def _learner(shard: Shard) -> str:
    return f"{create(shard.detector.name, **shard.detector.parameters).label} on {shard.dataset.name}"
