"""The whole run of a suite: plan, sequences, training, shards, and the pages of the leaderboard."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from algozoo.arguments import checked, expect, integer
from algozoo.benchmark.plan import Shard, plan
from algozoo.benchmark.pool import RunAll, pool
from algozoo.benchmark.runner import missing, preparations, resolvable_differences, restore_previews
from algozoo.benchmark.runner import run as run_shards
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import Suite, load_suite
from algozoo.datasets.cache import remove_cache_litter
from algozoo.files import RESULTS, SITES
from algozoo.leaderboard import build_site
from algozoo.reporter import Reporter

CALL = 'run("quick", workers=2)'


@dataclass(frozen=True)
class SuiteRun:
    """What a run leaves behind.

    Attributes
    ----------
    page : path
        First page of the leaderboard.
    n_failed : int
        Trials of this run that failed; the next run tries them again.
    shards : list of Shard
        All that were planned, those that were done before included.
    """

    page: Path
    n_failed: int
    shards: list[Shard] = field(repr=False)


@checked
def run(
    suite: str | Path | Suite,
    *,
    detectors: Collection[str] = (),
    datasets: Collection[str] = (),
    slow: bool = False,
    again: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    keep_maps: bool = False,
    mirror: str | Path | None = None,
    store: str | Path = RESULTS,
    site: str | Path = SITES,
    report: Reporter | None = None,
) -> SuiteRun:
    """Run what is missing of a suite, and build its leaderboard.

    It can be interrupted at any time: finished shards are kept, and the same call continues. In a script, worker
    processes need the usual ``if __name__ == "__main__":``.

    Parameters
    ----------
    suite : str, path or Suite
        A name, or a file that ends in .toml.
    detectors, datasets : collection of str
        Those of the suite that are run, by name, and a detector by its label too, as in 'pca(n_components=20)'; all
        by default.
    slow : bool
        Run the slow detectors of the suite too; a detector that is named is always run.
    again : bool
        Run again what is done already.
    workers : int, optional
        Processes, one for each core by default; 0 works in this one.
    scheduler : str, optional
        Address of a running Dask scheduler, as tcp://HOST:8786, to use instead.
    keep_maps : bool
        Keep every detection map, not only the examples.
    mirror : path, optional
        Folder with the files of datasets, looked into before they are downloaded.
    store : path
        Folder of the results.
    site : path
        Folder of the leaderboards; that of the suite is in a folder of the suite's name.
    report : Reporter, optional
        Gets the progress; lines of text are printed by default.

    Returns
    -------
    SuiteRun

    Raises
    ------
    InputError
        If the suite, a detector, a dataset, the number of workers or the scheduler cannot be used.
    AlgoZooError
        If a dataset cannot be had, a submission cannot be prepared, or results or pages cannot be written.
    """
    report = Reporter() if report is None else report
    expect(report, Reporter, "run: report", 'run("quick", report=Reporter())')
    for name, folder in {"store": store, "site": site, "mirror": mirror or ""}.items():
        expect(folder, (str, Path), f"run: {name}", f'run("quick", {name}="folder")')
    n_workers = (os.cpu_count() or 1) if workers is None else integer(workers, 0, "run: workers", CALL)
    expect(suite, (str, Path, Suite), "run: suite", CALL)
    definition = suite if isinstance(suite, Suite) else load_suite(str(suite))
    results = Store(Path(store))
    shards, notices = plan(
        definition, mirror=Path(mirror) if mirror else None, slow=slow, detectors=detectors, datasets=datasets
    )
    results.remove_litter()
    remove_cache_litter()
    to_run = shards if again else missing(shards, results, report.say)
    for text in (*_notices(notices, definition, results), *_outlook(definition, results, shards, len(to_run))):
        report.say(text)
    n_failed = 0
    if to_run:
        try:
            with pool(n_workers, scheduler, report.say) as run_all:
                n_failed = _run(to_run, results, run_all, report, keep_maps=keep_maps)
        except KeyboardInterrupt:
            report.say(f"Finished shards are kept in {results.folder}; start the same run again to continue.")
            raise
    restore_previews(shards, results)
    if n_failed:
        report.say(f"Notice: {n_failed} trials failed; the board says why, and the next run tries them again.")
    page = build_site(results, definition.name, definition.version, Path(site), report.say)
    return SuiteRun(page, n_failed, shards)


def _run(shards: list[Shard], store: Store, run_all: RunAll, report: Reporter, *, keep_maps: bool) -> int:
    """Make the sequences and models that shards need, run the shards, and return the number of failed trials."""
    for steps, total in preparations(shards, store, run_all):
        for _ in report.track(steps, total):
            pass
    finished = run_shards(shards, store, run_all, keep_maps=keep_maps, tell=report.say)
    return sum(shard.n_failed for shard in report.track(finished, len(shards)))


def _notices(notices: list[str], suite: Suite, store: Store) -> Iterator[str]:
    yield from (f"Notice: {notice}" for notice in notices)
    for name, version in store.suites():
        if name == suite.name and version != suite.version:
            yield f"Notice: {store.folder} also has results of version {version}; they are left out."


def _outlook(suite: Suite, store: Store, shards: list[Shard], n_to_run: int) -> Iterator[str]:
    """Say how much there is to do, and which difference between two detectors each dataset can show at best."""
    yield (
        f"Suite {suite.name} {suite.version}: {len(shards)} shards, {len(shards) - n_to_run} done before, "
        f"{n_to_run} to run; results in {store.folder}"
    )
    if not shards:
        return
    n_ranked, differences = resolvable_differences(shards)
    yield (
        f"Smallest difference of true-positive rates that can be resolved, at best (80 % power, ranked detectors: "
        f"{n_ranked}): "
        + ", ".join(f"{name} {least:.2f}" if isfinite(least) else f"{name} none" for name, least in differences.items())
    )
