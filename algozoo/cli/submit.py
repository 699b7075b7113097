"""``algozoo submit``: run a suite for a submission, and say how to publish it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from algozoo.cli.options import mirror_option, no_sandbox_option, site_option, store_option, workers_option
from algozoo.cli.scores import print_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from algozoo.detectors.submitted import Submitted


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--suite", default="quick", show_default=True, help="A name, or a file that ends in .toml.")
@workers_option
@no_sandbox_option
@mirror_option
@store_option
@site_option
def submit(folder: Path, suite: str, workers: int, mirror: Path | None, store: Path, site: Path) -> None:
    """Run a suite for the submission in FOLDER in the sandbox, build the board, and say how to publish it.

    Interrupt at any time and go on with the same command.
    """
    from algozoo.benchmark.plan import content_keys
    from algozoo.benchmark.store import Store
    from algozoo.benchmark.suite import SuiteDetector, load_suite
    from algozoo.cli.run import run_and_build
    from algozoo.leaderboard.moves import published
    from algozoo.submissions.check import admit

    detector = admit(folder)
    definition = load_suite(suite).model_copy(update={"detectors": (SuiteDetector(name=detector.name),)})
    shards = run_and_build(definition, Store(store), site, workers, mirror=mirror)
    table = published(site)
    own = table["detector"] == detector.label
    print_scores(table[own])
    if table[~own].empty:
        click.echo(
            f"Nobody else has results on these trials; `algozoo run {suite}` makes those of AlgoZoo's detectors."
        )
    keys = content_keys(shards)
    click.echo(
        "\n".join(["", "To publish it, as a pull request:", "", *_steps(detector, definition.name, store, keys)])
    )


def _steps(detector: "Submitted", suite: str, store: Path, keys: "Sequence[str]") -> list[str]:
    """Commands of git; results are not tracked by default, so those of the submission are named."""
    from algozoo.detectors.registry import SUBMISSIONS

    results = " ".join(f"'{store}/*/{key[:12]}*'" for key in keys)
    return [
        f"git switch --create submit-{detector.name}",
        f"git add {SUBMISSIONS / detector.name}",
        f"git add --force {results}",
        f"git commit --message 'Submit {detector.name} to suite {suite}'",
        f"git push --set-upstream origin submit-{detector.name}",
    ]
