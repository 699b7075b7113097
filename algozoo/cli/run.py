"""``algozoo run``: run a suite, resume one, and build the board."""

import os
from pathlib import Path

import click

from algozoo.cli.options import mirror_option, site_option, store_option


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
