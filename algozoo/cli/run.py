"""``algozoo run``: run a suite, resume one, and build the board."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from algozoo.cli.options import mirror_option, site_option, store_option

if TYPE_CHECKING:
    from algozoo.benchmark.plan import Shard


@click.command()
@click.argument("suite", default="quick")
@click.option("--workers", type=click.IntRange(min=0), help="Processes; 0 works in this one.  [default: one per core]")
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler of a running cluster, as tcp://HOST:8786.")
@click.option("--keep-maps", is_flag=True, help="Keep every detection map, not only the examples.")
@mirror_option
@store_option
@site_option
def run(
    suite: str,
    workers: int | None,
    scheduler: str | None,
    keep_maps: bool,  # noqa: FBT001 - a flag of the command line
    mirror: Path | None,
    store: Path,
    site: Path,
) -> None:
    """Run SUITE (a name, or a file that ends in .toml) and build the leaderboard.

    What is done already is not done again; interrupt at any time and go on with the same command.
    """
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    from algozoo.benchmark.plan import content_key, plan
    from algozoo.benchmark.runner import run as run_shards
    from algozoo.benchmark.runner import write_preview
    from algozoo.benchmark.store import Store
    from algozoo.benchmark.suite import load_suite
    from algozoo.cli.progress import progress
    from algozoo.datasets import load_dataset
    from algozoo.leaderboard import build_site

    definition, results = load_suite(suite), Store(store)
    shards, notices = plan(definition, mirror=mirror)
    for notice in notices:
        click.echo(f"Notice: {notice}", err=True)
    for name, version in results.suites():
        if name == definition.name and version != definition.version:
            click.echo(f"Notice: {store} also has results of version {version}; they are left out.", err=True)
    missing = [shard for shard in shards if not results.is_done(content_key(shard))]
    click.echo(
        f"Suite {definition.name} {definition.version}: {len(shards)} shards, {len(shards) - len(missing)} done "
        f"before, {len(missing)} to run; results in {store}"
    )
    click.echo(_resolution(shards))
    if missing:
        for name in dict.fromkeys(shard.dataset.name for shard in missing):
            write_preview(load_dataset(name, mirror=mirror), results)
        count = os.cpu_count() or 1 if workers is None else workers
        stream = run_shards(missing, results, workers=count, scheduler=scheduler, keep_maps=keep_maps)
        try:
            failed = progress(stream, len(missing))
        except KeyboardInterrupt:
            raise click.ClickException(
                f"interrupted; finished shards are kept in {store}, the same command goes on from there"
            ) from None
        if failed:
            click.echo(
                f"Notice: {failed} trials failed; the board says why, and the next run tries them again.", err=True
            )
    page = build_site(results, definition.name, definition.version, site)
    click.echo(f"Leaderboard: {page}")


def _resolution(shards: "list[Shard]") -> str:
    """Say which difference between two detectors each dataset can show, if its sequences are alike."""
    from math import comb, isfinite

    from algozoo.detectors.registry import create
    from algozoo.scoring import resolvable_difference

    ranked = {str(s.detector) for s in shards if not create(s.detector.name, s.detector.parameters).control}
    pairs = max(comb(len(ranked), 2), 1)
    told = []
    for name in dict.fromkeys(shard.dataset.name for shard in shards):
        entry = next(shard.dataset for shard in shards if shard.dataset.name == name)
        n = len({shard.sequence for shard in shards if shard.dataset.name == name})
        smallest = resolvable_difference(n, n * len(entry.annuli) * entry.injections, comparisons=pairs)
        told.append(f"{name} {smallest:.2f}" if isfinite(smallest) else f"{name} none")
    return (
        f"Smallest difference of true-positive rates that it separates, at best (80 % power, {len(ranked)} detectors): "
        + ", ".join(told)
    )
