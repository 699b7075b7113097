"""``algozoo rescore``: the whole board again from the store, and what moved since the site was built."""

from pathlib import Path

import click

from algozoo.cli import options


@click.command(epilog=options.example("rescore quick"))
@click.argument("suite", default="quick")
@options.store
@options.site
@options.style
def rescore(suite: str, store: Path, site: Path, style: str) -> None:
    """Score the results of SUITE again, print which ranks moved and why, and build the pages; no detector is run.

    The ranks before, of datasets and of averages over the datasets of a kind, are those of the tables in the site's
    folder data.
    """
    from algozoo.benchmark.store import Store
    from algozoo.benchmark.suite import load_suite
    from algozoo.leaderboard import build_site
    from algozoo.leaderboard.moves import COLUMNS, moves, published

    definition = load_suite(suite)
    before = published(site / definition.name, averages=True)
    page = build_site(Store(store), definition.name, definition.version, site)
    table = moves(before, published(page.parent, averages=True))
    options.print_table(COLUMNS, table[list(COLUMNS)].astype(object).to_numpy().tolist(), style)
    if style == "table":
        click.echo(f"{len(table)} ranks moved. Leaderboard: {page}")
