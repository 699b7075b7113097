"""What `verify` and `submit` print of a check on fresh nights."""

from __future__ import annotations

import getpass
import secrets
from typing import TYPE_CHECKING

import click

from algozoo.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from algozoo.benchmark.ledger import Attempt
    from algozoo.scoring.fresh import Excess
    from algozoo.scoring.resampling import Estimate
    from algozoo.submissions.fresh import Effort


def check_on_fresh_nights(
    store: Path, suite: str, label: str, effort: Effort, *, seed: int | None = None, record: bool = False
) -> int:
    """Check a row on fresh nights, print what was found, and record it in the ledger of the store.

    Parameters
    ----------
    store : path
    suite, label : str
        Suite, and label of the detector, of the row.
    effort : Effort
    seed : int, optional
        Of an attempt that is repeated, which is judged by itself and not recorded.
    record : bool
        Whether the attempt counts.

    Returns
    -------
    int
        Exit code: that of the outcome.
    """
    from algozoo.benchmark.ledger import FILE, append, attempts_on, judged, read_ledger
    from algozoo.benchmark.store import Store
    from algozoo.benchmark.suite import load_suite
    from algozoo.cli.progress import Terminal
    from algozoo.submissions.fresh import EXIT_CODES, attempt, published_row

    row, author = published_row(Store(store), load_suite(suite), label), getpass.getuser()
    counts = record and seed is None
    earlier = attempts_on(read_ledger(store), row.digest) if counts else []
    made = attempt(row, secrets.randbits(128) if seed is None else seed, effort, Terminal())
    attempts = [*earlier, made]
    outcome, tests = judged(attempts)
    _print_tests(tests)
    told = f"of all {len(attempts)} attempts on this code together, " if earlier else ""
    click.echo(f"Fresh nights: {told}{outcome}{_why(tests)}")
    click.echo(f"Seed, which repeats this attempt: --seed {made.seed}")
    if counts:
        entry = append(store, "fresh", row.name, author, _in_words(made), made)
        click.echo(f"Written to {store / FILE}:\n{entry.model_dump_json(exclude_none=True)}")
    else:
        click.echo("Not recorded: it gives no badge.")
    return EXIT_CODES[outcome]


def _print_tests(tests: Sequence[Excess]) -> None:
    columns = ("dataset", "over pca, public", "over pca, fresh", "excess", "p", "seen from")
    numbers = [(f"{one.excess.value:.2f}", f"{one.p_holm:.2g}", f"{one.visible:.2f}") for one in tests]
    advantages = [(one.dataset, _interval(one.public), _interval(one.fresh)) for one in tests]
    if tests:
        rows = [(*left, *right) for left, right in zip(advantages, numbers, strict=True)]
        options.print_table(columns, rows, "table")


def _interval(estimate: Estimate) -> str:
    low, high = estimate.interval(-1, 1)
    return f"{estimate.value:.2f} [{low:.2f}, {high:.2f}]"


def _why(tests: Sequence[Excess]) -> str:
    """Say what the outcome rests on."""
    from algozoo.scoring.fresh import WHOLE

    if not tests:
        return ": the time was over before all nights were done"
    if tests[0].visible >= WHOLE:
        return ": there are too few nights to show anything"
    return f"; an excess of {tests[0].visible:.2f} would be seen with 80 % probability"


def _in_words(attempt: Attempt) -> str:
    if not attempt.measured:
        return f"{attempt.n_nights} nights were not done in time"
    advantages = (
        f"{name} {_interval(nights.public.estimate)} public, {_interval(nights.fresh.estimate)} fresh"
        for name, nights in attempt.measured.items()
    )
    return f"{attempt.n_nights} nights; ahead of pca by: {'; '.join(advantages)}"
