"""``algozoo ledger``: what was decided about the rows of the board."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from algozoo.cli import options

if TYPE_CHECKING:
    from algozoo.benchmark.ledger import Action


@click.group()
def ledger() -> None:
    """Show what was decided about the rows of the board, by whom, when and why, or add a decision."""


@ledger.command(epilog=options.example("ledger show"))
@options.store
@options.style
def show(store: Path, style: str) -> None:
    """Show the ledger."""
    from algozoo.benchmark.ledger import read_ledger

    entries = read_ledger(store)
    columns = ("date", "action", "name", "author", "reason")
    options.print_table(columns, [(e.date.isoformat(), e.action, e.name, e.author, e.reason) for e in entries], style)


@ledger.command(
    epilog=options.example('ledger add accept my-algo --author "B. Keeper" --reason "24 trials run again: identical"')
)
@click.argument("action", type=click.Choice(["accept", "dispute", "withdraw", "re-score"]))
@click.argument("name")
@click.option("--author", required=True, help="Name of who decides.")
@click.option("--reason", required=True, help="Reason of the decision.")
@options.store
def add(action: "Action", name: str, author: str, reason: str, store: Path) -> None:
    """Write that the row of NAME is accepted, disputed or withdrawn, or that a suite NAME was scored again.

    A row that is withdrawn is hidden when the board is next built; its results are kept.
    """
    from algozoo.benchmark.ledger import append

    entry = append(store, action, name, author, reason)
    click.echo(f"{entry.date.isoformat()} {entry.action} {entry.name}")
