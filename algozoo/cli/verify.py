"""``algozoo verify``: see whether published rows reproduce."""

from __future__ import annotations

import secrets
from math import inf
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
@click.option("--seed", type=options.whole_number, help="Printed by an earlier call, to repeat it; drawn by default.")
@click.option("--same-code", is_flag=True, help="Fail too where the code is no longer the one that was run.")
@options.fresh
@click.option("--nights", default=8, show_default=True, type=click.IntRange(2), help="Fresh ones of each dataset.")
@click.option(
    "--see", type=click.FloatRange(0, 1, min_open=True), help="Excess that must be seen, with 80 % probability."
)
@click.option("--budget", type=click.FloatRange(0, min_open=True), help="Minutes after which the check ends undecided.")
@options.workers
@options.no_sandbox
@options.mirror
@options.store
def verify(
    name: str | None,
    suite: str,
    sample: int,
    seed: int | None,
    same_code: bool,  # noqa: FBT001 - a flag of the command line
    fresh: bool,  # noqa: FBT001 - a flag of the command line
    nights: int,
    see: float | None,
    budget: float | None,
    workers: int,
    mirror: Path | None,
    store: Path,
) -> int:
    """Repeat a random sample of the trials behind the row of NAME, or behind all rows, and grade the differences.

    What the results state about their trials, such as the positions of companions, is compared for all trials and must
    not differ.

    The grades are "identical" (to the last bit), "within tolerance" (1e-5 of the scores, as between processors), "same
    decisions" (found or missed at 0.1 to 10 false positives per map) and "differs". Exit code 1: a row differs, or
    cannot be run again.

    With --fresh the row of NAME is checked on nights that nobody has seen, simulated from a secret seed: whether it is
    ahead of `pca` there as it is on the public nights. The attempt is written to the ledger. Exit code 0: it holds; 1:
    it does not; 3: undecided.
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
    if fresh:
        from algozoo.cli.fresh import check_on_fresh_nights
        from algozoo.submissions.fresh import Effort

        effort = Effort(nights=nights, see=see, budget=inf if budget is None else 60 * budget, workers=workers)
        return check_on_fresh_nights(store, suite, _the_one(labels), effort, seed=seed, record=True)
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


def _the_one(labels: list[str]) -> str:
    from algozoo.errors import InputError

    if len(labels) > 1:
        raise InputError(f"--fresh checks one row; name one of: {', '.join(labels)}")
    return labels[0]


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
