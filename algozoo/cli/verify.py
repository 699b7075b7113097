"""``algozoo verify``: see whether published rows reproduce."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import click

from algozoo.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from algozoo.benchmark.store import Store
    from algozoo.benchmark.suite import Suite

CHANGED = "changed"


@click.command()
@click.argument("name", required=False)
@options.suite
@click.option("--sample", default=10, show_default=True, type=click.IntRange(1), help="Trials of each dataset.")
@click.option("--seed", type=int, help="Which trials: printed by an earlier call; drawn at random by default.")
@click.option("--same-code", is_flag=True, help="Fail too where the code is no longer the one that was run.")
@options.no_sandbox
@options.mirror
@options.store
def verify(
    name: str | None,
    suite: str,
    sample: int,
    seed: int | None,
    same_code: bool,  # noqa: FBT001 - a flag of the command line
    mirror: Path | None,
    store: Path,
) -> int:
    """Repeat a random sample of the trials behind the row of NAME, or behind all rows, and grade the differences.

    What the results state about their trials, such as the positions of companions, is compared for all trials and must
    not differ.

    The grades are "identical" (to the last bit), "within tolerance" (1e-5 of the scores, as between processors), "same
    decisions" (found or missed at 0.1 to 10 false positives per map) and "differs". Exit code 1: a row differs, or
    cannot be run again.
    """
    from algozoo.benchmark.ledger import read_ledger, standing
    from algozoo.benchmark.store import Store
    from algozoo.benchmark.suite import load_suite
    from algozoo.errors import unknown

    definition = load_suite(suite)
    _, records = Store(store).read(definition.name, definition.version)
    names = {record.detector.label: record.detector.name for record in records}
    labels = [label for label in sorted(names) if name in {None, label, names[label]}]
    if not labels:
        raise unknown("row", str(name), names)
    seed = secrets.randbits(32) if seed is None else seed
    click.echo(f"Seed: {seed}")
    decided, failed, rows = standing(read_ledger(store)), False, []
    for label in labels:
        decision = decided[names[label]].action if names[label] in decided else ""
        for passed, *row in _graded(Store(store), definition, label, sample=sample, seed=seed, mirror=mirror):
            rows.append((label, *row, decision))
            failed = failed or not passed or (same_code and row[-1] == CHANGED)
    if same_code and any(row[5] == CHANGED for row in rows):
        click.echo("The code is no longer the one that made the row; submit it again, with `algozoo submit`.")
    options.print_table(("detector", "dataset", "trials", "grade", "difference", "code", "ledger"), rows, "table")
    return int(failed)


def _graded(
    store: Store, suite: Suite, label: str, *, sample: int, seed: int, mirror: Path | None
) -> Iterator[tuple[bool, str, int | str, str, str, str]]:
    """Yield for each dataset of a row: whether it reproduces, the dataset, trials, grade, difference and code."""
    import numpy as np

    from algozoo.errors import AlgoZooError
    from algozoo.submissions.verify import Grade, verify

    try:
        for one in verify(store, suite, label, sample=sample, rng=np.random.default_rng(seed), mirror=mirror):
            grade = "cannot be run again: maps only" if one.grade is None else str(one.grade)
            code = "the same" if one.same_code else CHANGED
            yield one.grade != Grade.DIFFERS, one.dataset, one.n_trials, grade, one.difference, code
    except AlgoZooError as error:
        yield False, "", "", f"cannot be run again: {error}", "", ""
