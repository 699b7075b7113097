"""``algozoo verify``: see whether published rows reproduce."""

import secrets
from pathlib import Path
from typing import Any

import click

from algozoo.cli.options import mirror_option, no_sandbox_option, print_table, store_option


@click.command()
@click.argument("name", required=False)
@click.option("--suite", default="quick", show_default=True, help="A name, or a file that ends in .toml.")
@click.option("--sample", default=10, show_default=True, type=click.IntRange(1), help="Trials of each dataset.")
@click.option("--seed", type=int, help="Which trials: printed by an earlier call; drawn anew by default.")
@click.option("--same-code", is_flag=True, help="Fail too where the code is no longer the one that was run.")
@no_sandbox_option
@mirror_option
@store_option
def verify(
    name: str | None,
    suite: str,
    sample: int,
    seed: int | None,
    same_code: bool,  # noqa: FBT001 - a flag of the command line
    mirror: Path | None,
    store: Path,
) -> int:
    """Run a random sample of the trials behind the row of NAME, or of all rows, again, and grade the difference.

    What the rows say of their trials, such as where companions are, is compared for all of them; it may not differ.

    "identical" to the last bit, "within tolerance" (1e-5 of the scores, as other processors make), "same decisions"
    (found or missed at 0.1 to 10 false positives per map), or "differs", with which the exit code is 1.
    """
    import numpy as np

    from algozoo.benchmark.ledger import read_ledger, standing
    from algozoo.benchmark.store import Store
    from algozoo.benchmark.suite import load_suite
    from algozoo.errors import AlgoZooError, unknown
    from algozoo.submissions.verify import Grade
    from algozoo.submissions.verify import verify as run_again

    definition = load_suite(suite)
    _, records = Store(store).read(definition.name, definition.version)
    names = {record.detector.label: record.detector.name for record in records}
    labels = [label for label in sorted(names) if name in {None, label, names[label]}]
    if not labels:
        raise unknown("row", str(name), names)
    seed = secrets.randbits(32) if seed is None else seed
    click.echo(f"Seed: {seed}")
    decided, failed = standing(read_ledger(store)), False
    rows: list[tuple[Any, ...]] = []
    for label in labels:
        decision = decided[names[label]].action if names[label] in decided else ""
        try:
            for one in run_again(
                Store(store), definition, label, sample=sample, rng=np.random.default_rng(seed), mirror=mirror
            ):
                code = "the same" if one.same_code else "changed"
                grade = "cannot be run again: maps only" if one.grade is None else str(one.grade)
                rows.append((label, one.dataset, one.n_trials, grade, one.difference, code, decision))
                failed = failed or one.grade == Grade.DIFFERS or (same_code and not one.same_code)
        except AlgoZooError as error:
            rows.append((label, "", "", f"cannot be run again: {error}", "", decision))
            failed = True
    if same_code and any(row[5] == "changed" for row in rows):
        click.echo("The code is no longer the one that made the row; submit it again, with `algozoo submit`.")
    print_table(("detector", "dataset", "trials", "grade", "difference", "code", "ledger"), rows, "table")
    return int(failed)
