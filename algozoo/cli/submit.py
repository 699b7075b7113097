"""``algozoo submit``: run a suite for a submission, and print how to publish it."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from algozoo.cli import options
from algozoo.cli.scores import print_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from algozoo.detectors.submitted.detector import Submitted


@click.command(epilog=options.example("submit submissions/my-algo --suite smoke"))
@click.argument("folder", type=click.Path(path_type=Path))
@options.suite
@options.fresh
@options.workers
@options.no_sandbox
@options.mirror
@options.store
@options.site
def submit(
    folder: Path,
    suite: str,
    fresh: bool,  # noqa: FBT001 - a flag of the command line
    workers: int,
    mirror: Path | None,
    store: Path,
    site: Path,
) -> int:
    """Run a suite for the submission in FOLDER in the sandbox, build the board, and print how to publish it.

    Interrupt at any time and continue with the same command. With --fresh it is checked at the end on nights that
    nobody has seen, as by whoever checks the pull request; see `algozoo verify`. Exit code 1: none of the maps could be
    made, or the row does not hold on fresh nights; 3: that is undecided.
    """
    from algozoo.benchmark.plan import content_keys
    from algozoo.benchmark.suite import SuiteDetector, load_suite
    from algozoo.cli.progress import Terminal
    from algozoo.datasets import load_dataset
    from algozoo.leaderboard.moves import published
    from algozoo.pipeline import run
    from algozoo.submissions.check import admit

    detector = admit(folder)
    definition = load_suite(suite).model_copy(update={"detectors": (SuiteDetector(name=detector.name),)})
    done = run(definition, workers=workers, mirror=mirror, store=store, site=site, report=Terminal())
    click.echo(f"Leaderboard: {done.page}")
    table = published(done.page.parent)
    own = table["detector"] == detector.label
    print_scores(table[own])
    if not set(table.loc[own, "status"]) & {"ok", "declined"}:
        click.echo(f"\nIt made no map. Fix it, see whether it is ready (algozoo check {folder}), and submit it again.")
        return 1
    if table[~own].empty:
        click.echo(
            f"Nobody else has results on these trials; `algozoo run {suite}` makes those of AlgoZoo's detectors."
        )
    datasets = [
        load_dataset(name, mirror=mirror) for name in dict.fromkeys(shard.dataset.name for shard in done.shards)
    ]
    files = [f"*/{key[:12]}*" for key in content_keys(done.shards)] + [
        f"datasets/{d.name}-{d.version}.*" for d in datasets
    ]
    steps = _steps(detector, definition.name, [f"{store}/{file}" for file in files])
    click.echo("\n".join(["", "To publish it, as a pull request:", "", *steps]))
    if fresh:
        from algozoo.cli.fresh import check_on_fresh_nights
        from algozoo.submissions.fresh import Effort

        return check_on_fresh_nights(store, suite, detector.label, Effort(workers=workers))
    return 0


def _steps(detector: "Submitted", suite: str, files: "Sequence[str]") -> list[str]:
    """Commands of git; results are not tracked by default, so those of the submission are named."""
    from algozoo.detectors.registry import SUBMISSIONS

    results = " ".join(map(shlex.quote, files))
    return [
        f"git switch --create submit-{detector.name}",
        f"git add {SUBMISSIONS / detector.name}",
        f"git add --force {results}",
        f"git commit --message 'Submit {detector.name} to suite {suite}'",
        f"git push --set-upstream origin submit-{detector.name}",
    ]
