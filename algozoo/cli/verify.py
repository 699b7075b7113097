"""``algozoo verify``: see whether published rows reproduce."""

from __future__ import annotations

import secrets
from math import inf
from typing import TYPE_CHECKING

import click

from algozoo.cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from algozoo.benchmark.store import Store
    from algozoo.benchmark.suite import Suite
    from algozoo.submissions.verify import Verified


@click.command(epilog=options.example("verify my-algo --suite smoke"))
@click.argument("name", required=False)
@options.suite
@click.option("--all", "whole", is_flag=True, help="Run all trials again, however long it takes.")
@click.option(
    "--seed",
    type=options.whole_number,
    help="Seed of the trials or nights, as an earlier call printed it; a secret one by default.",
)
@click.option("--same-code", is_flag=True, help="Fail also if the code is no longer the code that was run.")
@options.fresh
@click.option(
    "--nights", default=8, show_default=True, type=click.IntRange(2), help="Number of fresh nights of each dataset."
)
@click.option(
    "--see",
    type=click.FloatRange(0, 1, min_open=True),
    help="Excess of the public nights that must be seen, with 80 % probability.",
)
@click.option("--budget", type=click.FloatRange(0, min_open=True), help="Minutes after which the check ends undecided.")
@options.workers
@options.no_sandbox
@options.mirror
@options.store
def verify(
    name: str | None,
    suite: str,
    whole: bool,  # noqa: FBT001 - a flag of the command line
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
    """Run the trials behind the row of NAME, or behind all rows, again, and grade the differences.

    All trials are run again where that takes less than an hour, else at least 90, drawn at random. What the results
    state about their trials, such as the positions of companions, is compared for all and must not differ.

    The grades are "identical" (to the last bit), "within tolerance" (1e-5 of the scores, 0.01 px, as between
    processors) and "differs". Exit code 1: a row differs, or cannot be run again. Times are "not confirmed" where they
    are not within a factor of 5.

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
    decided, failed, rows, sampled = standing(read_ledger(store)), False, [], []
    for label in labels:
        decision = decided[names[label]].action if names[label] in decided else ""
        found = _verified(Store(store), definition, label, seed, whole=whole, same_code=same_code, mirror=mirror)
        failed = failed or not all(one.passed for one in found)
        rows += [(label, *_told(one), decision) for one in found]
        sampled += _sampled(label, found)
    columns = ("detector", "dataset", "trials", "grade", "difference", "times", "code", "ledger")
    options.print_table(columns, rows, "table")
    click.echo("\n".join([*sampled, f"Seed: {seed}"]))
    return int(failed)


def _the_one(labels: list[str]) -> str:
    from algozoo.errors import InputError

    if len(labels) > 1:
        raise InputError(f"--fresh checks one row; name one of: {', '.join(labels)}")
    return labels[0]


def _verified(
    store: Store, suite: Suite, label: str, seed: int, *, whole: bool, same_code: bool, mirror: Path | None
) -> list[Verified]:
    import numpy as np

    from algozoo.cli.progress import Terminal
    from algozoo.errors import AlgoZooError
    from algozoo.submissions.grades import Grade
    from algozoo.submissions.verify import Verified, verify

    rng = np.random.default_rng(seed)
    try:
        return verify(
            store, suite, label, rng=rng, whole=whole, same_code=same_code, mirror=mirror, tell=Terminal().say
        )
    except AlgoZooError as error:
        return [Verified(label, "", 0, 0, Grade.DIFFERS, f"cannot be run again: {error}", "", same_code=False)]


def _told(one: Verified) -> tuple[str, ...]:
    trials = f"{one.n_trials}" if one.n_trials == one.n_all else f"{one.n_trials} of {one.n_all}"
    times = f"not confirmed: {one.unconfirmed}" if one.unconfirmed else "confirmed" if one.n_trials else ""
    grade = "not run again" if one.grade is None else str(one.grade)
    return one.dataset, trials, grade, one.difference, times, "the same" if one.same_code else "changed"


def _sampled(label: str, found: list[Verified]) -> list[str]:
    """Say what a sample cannot show: 1 % is the chance that none of it is among the forged trials."""
    n, n_all = sum(one.n_trials for one in found), sum(one.n_all for one in found)
    if n == n_all:
        return []
    share = 1 - 0.01 ** (1 / n)
    return [f"{label}: forged trials are found with 99 % if they are {share:.1%} or more of the {n_all}"]
