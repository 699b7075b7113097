"""``algozoo run``: run a suite, resume one, and build the board."""

from typing import Any

import click

from algozoo.cli import options


@click.command(epilog=options.example("run quick --detector pca --dataset naco-lp --workers 2"))
@click.argument("suite", default="quick")
@options.detectors("Run only this detector of the suite, a name or a label; repeat the option for more.")
@options.datasets
@click.option("--all", "slow", is_flag=True, help="Run the slow detectors of the suite too.")
@click.option("--again", is_flag=True, help="Run again what is done already.")
@options.workers
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler of a running cluster, as tcp://HOST:8786.")
@click.option("--keep-maps", is_flag=True, help="Keep every detection map, not only the examples.")
@options.no_sandbox
@options.mirror
@options.store
@options.site
def run(suite: str, **given: Any) -> None:
    """Run SUITE (a name, or a file that ends in .toml) and build its leaderboard.

    What is done already is not run again, unless with --again. Interrupt it at any time, and continue with the same
    command. A slow detector of the suite is run if it is named, or with --all.
    """
    from algozoo.cli.progress import Terminal
    from algozoo.pipeline import run as run_suite

    click.echo(f"Leaderboard: {run_suite(suite, **given, report=Terminal()).page}")
