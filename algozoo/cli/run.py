"""``algozoo run``: run a suite, resume one, and build the board."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from algozoo.cli.options import mirror_option, no_sandbox_option, site_option, store_option, workers_option

if TYPE_CHECKING:
    from algozoo.benchmark.plan import Shard
    from algozoo.benchmark.store import Store
    from algozoo.benchmark.suite import Suite


@click.command()
@click.argument("suite", default="quick")
@workers_option
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler of a running cluster, as tcp://HOST:8786.")
@click.option("--all", "everything", is_flag=True, help="Run the slow detectors of the suite too.")
@click.option("--keep-maps", is_flag=True, help="Keep every detection map, not only the examples.")
@no_sandbox_option
@mirror_option
@store_option
@site_option
def run(
    suite: str,
    workers: int,
    scheduler: str | None,
    everything: bool,  # noqa: FBT001 - a flag of the command line
    keep_maps: bool,  # noqa: FBT001 - a flag of the command line
    mirror: Path | None,
    store: Path,
    site: Path,
) -> None:
    """Run SUITE (a name, or a file that ends in .toml) and build the leaderboard.

    What is done already is not done again; interrupt at any time and go on with the same command.
    """
    from algozoo.benchmark.store import Store
    from algozoo.benchmark.suite import load_suite

    run_and_build(
        load_suite(suite),
        Store(store),
        site,
        workers,
        scheduler=scheduler,
        slow=everything,
        keep_maps=keep_maps,
        mirror=mirror,
    )


def run_and_build(
    definition: "Suite",
    results: "Store",
    site: Path,
    workers: int,
    *,
    scheduler: str | None = None,
    slow: bool = True,
    keep_maps: bool = False,
    mirror: Path | None = None,
) -> list["Shard"]:
    """Run what is missing of a suite, build the leaderboard, tell of both, and return all shards of the suite."""
    from algozoo.benchmark.plan import plan
    from algozoo.benchmark.pool import pool
    from algozoo.benchmark.runner import missing, preparations
    from algozoo.benchmark.runner import run as run_shards
    from algozoo.cli.progress import progress, say, tell
    from algozoo.leaderboard import build_site

    shards, notices = plan(definition, mirror=mirror, slow=slow)
    for notice in notices:
        click.echo(f"Notice: {notice}", err=True)
    for name, version in results.suites():
        if name == definition.name and version != definition.version:
            click.echo(f"Notice: {results.folder} also has results of version {version}; they are left out.", err=True)
    to_run = missing(shards, results)
    click.echo(
        f"Suite {definition.name} {definition.version}: {len(shards)} shards, {len(shards) - len(to_run)} done "
        f"before, {len(to_run)} to run; results in {results.folder}"
    )
    click.echo(_resolution(shards))
    if to_run:
        try:
            with pool(workers, scheduler, say) as run_all:
                for steps, total in preparations(to_run, results, run_all):
                    tell(steps, total)
                finished = run_shards(to_run, results, run_all, keep_maps=keep_maps, tell=say)
                failed = progress(finished, len(to_run))
        except KeyboardInterrupt:
            raise click.ClickException(
                f"interrupted; finished shards are kept in {results.folder}, the same command goes on from there"
            ) from None
        if failed:
            click.echo(
                f"Notice: {failed} trials failed; the board says why, and the next run tries them again.", err=True
            )
    page = build_site(results, definition.name, definition.version, site)
    click.echo(f"Leaderboard: {page}")
    return shards


def _resolution(shards: list["Shard"]) -> str:
    """Say which difference between two detectors each dataset can show, if its sequences are alike."""
    from math import isfinite

    from algozoo.benchmark.runner import resolvable_differences

    n_ranked, differences = resolvable_differences(shards)
    return (
        f"Smallest difference of true-positive rates that it separates, at best (80 % power, {n_ranked} detectors): "
        + ", ".join(f"{name} {least:.2f}" if isfinite(least) else f"{name} none" for name, least in differences.items())
    )
