"""``algozoo check``: say whether a submission is ready."""

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from algozoo.cli.options import no_sandbox_option
from algozoo.cli.scores import print_scores

if TYPE_CHECKING:
    from algozoo.detectors.submitted import Submitted


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@no_sandbox_option
def check(folder: Path) -> int:
    """Check the submission in FOLDER: manifest, first map, contract, and a score on small simulated sequences.

    Its code runs in the sandbox. Exit code 0: ready; 1: it does not do what it should; 2: the manifest has mistakes.
    """
    from algozoo.submissions.check import admit

    start = perf_counter()
    detector = admit(folder)
    mistake = _examine(detector)
    elapsed = f"{perf_counter() - start:.0f} s"
    if mistake:
        click.echo(f"\nNOT READY ({elapsed}): {mistake}. Mend it, and run the same command again.")
        return 1
    click.echo(f"\nREADY ({elapsed}). Next: algozoo submit {folder}")
    return 0


def _examine(detector: "Submitted") -> str:
    """Tell of each step as it is done; return what is wrong, or nothing."""
    from algozoo.cli.progress import say
    from algozoo.submissions.check import first_map, smoke_score
    from algozoo.testing import check_detector

    manifest = detector.manifest
    _tell("manifest", f"{manifest.title}, by {', '.join(manifest.authors)}; licence {manifest.licence}")
    detector.prepare(say)
    _tell("sandbox", f"{detector.confinement}; requirements: {', '.join(manifest.requirements) or 'none'}")
    first = first_map(detector)
    if first.declined:
        _tell("first map", f"declined: {first.declined}")
        _tell("", "it takes no sequence like those of `tiny`, and nothing else can be checked on them")
        return ""
    if first.cost is None:
        _tell("first map", first.problem)
        if first.story:
            click.echo(f"\n{first.story.rstrip()}")
        return "there is no map"
    time, memory = f"{first.cost.seconds:.2f} s", f"{first.cost.memory_bytes / 2**20:.0f} MB"
    _tell("first map", f"{time} of {60 * manifest.needs.minutes:g} s, {memory} of {manifest.needs.memory_mb} MB")
    report = check_detector(detector)
    for clause in report.checks:
        _tell("contract" if clause.passed else "FAILED", f"{clause.clause}: {clause.found}")
    if not report.passed:
        return "the contract does not hold"
    scores = smoke_score(detector, report.seconds_per_map)
    own = scores.set_index("detector").loc[detector.label]
    if own["n_failed"]:
        _tell("FAILED", f"{own['n_failed']} maps: {own['reason']}")
        return "not all maps were made"
    _tell("score", f"{own['n_injected']} companions and {own['n_empty']} empty maps of `tiny`; 95 % intervals\n")
    print_scores(scores)
    return ""


def _tell(subject: str, found: str) -> None:
    click.echo(f"{subject:<10} {found}")
