"""``algozoo leaderboard``: build the site from the store, and open it."""

from pathlib import Path

import click

from algozoo.cli import options
from algozoo.errors import InputError


@click.group()
def leaderboard() -> None:
    """Build the static site from the results, or open it in a browser."""


@leaderboard.command(epilog=options.example("leaderboard build quick"))
@click.argument("suite", default="quick")
@options.store
@options.site
def build(suite: str, store: Path, site: Path) -> None:
    """Build the pages of SUITE; no detector is run."""
    from algozoo.benchmark.store import Store
    from algozoo.benchmark.suite import load_suite
    from algozoo.leaderboard import build_site

    definition = load_suite(suite)
    click.echo(f"Leaderboard: {build_site(Store(store), definition.name, definition.version, site)}")


@leaderboard.command("open", epilog=options.example("leaderboard open quick"))
@click.argument("suite", default="quick")
@options.site
def open_(suite: str, site: Path) -> None:
    """Open the pages of SUITE in the browser."""
    from algozoo.benchmark.suite import load_suite

    page = (site / load_suite(suite).name / "index.html").resolve()
    if not page.is_file():
        raise InputError(
            f"{page} does not exist; `algozoo run {suite}`, or `algozoo leaderboard build {suite}` from results that "
            "are there, makes it"
        )
    click.echo(page)
    click.launch(page.as_uri())
