"""``algozoo check``: say whether a submission is ready."""

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import click

from algozoo.cli import options
from algozoo.cli.scores import print_scores

if TYPE_CHECKING:
    from algozoo.detectors.submitted.detector import Submitted
    from algozoo.submissions.check import FirstMap

SAFETY = 1.2
"""A second map may take this much longer than the first."""


@click.command(epilog=options.example("check submissions/my-algo"))
@click.argument("folder", type=click.Path(path_type=Path))
@options.no_sandbox
def check(folder: Path) -> int:
    """Check the submission in FOLDER: manifest, first map, contract, and a score on small simulated sequences.

    Its code runs in the sandbox. It takes less than a minute; for a slow detector the report names what
    could not be checked. Exit code 0: ready; 1: it does not do what it should; 2: the manifest has mistakes.
    """
    from algozoo.submissions.check import admit

    start = monotonic()
    detector = admit(folder)
    verdict = _examine(detector, folder)
    click.echo(f"\n{verdict.word} ({monotonic() - start:.0f} s){verdict.rest}")
    return verdict.code


class _Verdict(NamedTuple):
    word: str
    rest: str
    code: int


def _not_ready(mistake: str) -> _Verdict:
    return _Verdict("NOT READY", f": {mistake}. Fix it, and run the same command again.", 1)


def _examine(detector: "Submitted", folder: Path) -> _Verdict:
    """Tell of each step as it is done, and conclude."""
    from algozoo.cli.progress import Terminal
    from algozoo.submissions.check import BUDGET_SECONDS, first_map, within
    from algozoo.testing import check_detector

    manifest = detector.manifest
    _tell("manifest", f"{manifest.title}, by {', '.join(manifest.authors)}; licence {manifest.licence}")
    detector.prepare(Terminal().say)
    _tell("sandbox", f"{detector.confinement}; requirements: {', '.join(manifest.requirements) or 'none'}")
    allowed, deadline = 60 * manifest.needs.minutes, monotonic() + BUDGET_SECONDS
    detector = within(detector, deadline)
    first = first_map(detector)
    if first.map is None:
        return _without_map(first, allowed, folder)
    time, memory = f"{first.cost.seconds:.2f} s", f"{first.cost.memory_bytes / 2**20:.0f} MB"
    _tell("first map", f"{time} of {allowed:g} s, {memory} of {manifest.needs.memory_mb} MB")
    repeat = monotonic() + SAFETY * first.seconds < deadline
    report = check_detector(detector, first=first.map, repeat=repeat)
    for clause in report.checks:
        _tell("contract" if clause.passed else "FAILED", f"{clause.clause}: {clause.found}")
    if not report.passed:
        return _not_ready("the contract does not hold")
    if not repeat:
        _tell("unchecked", "same input gives the same map, input is left unchanged: there is no time for another map")
    return _score(detector, report.seconds_per_map if repeat else first.seconds, deadline, folder)


def _without_map(first: "FirstMap", allowed: float, folder: Path) -> _Verdict:
    from algozoo.submissions.check import BUDGET_SECONDS

    if first.declined:
        _tell("first map", f"declined: {first.declined}")
        _tell("", "it takes no sequence like those of `tiny`, and nothing else can be checked on them")
        return _Verdict("READY", f" as far as can be told. Next: algozoo submit {folder}", 0)
    if first.is_late and allowed > BUDGET_SECONDS:
        _tell("first map", f"not there after {BUDGET_SECONDS:g} s of the {allowed:g} s that it may take")
        _tell("", "checked: manifest and sandbox. Not checked: first map, contract, score")
        waits = f"algozoo submit {folder} --suite smoke"
        return _Verdict("NOT CHECKED", f": no map came in time. If it is only slow, {waits} waits for every map.", 1)
    _tell("first map", first.problem)
    if first.story:
        click.echo(f"\n{first.story.rstrip()}")
    return _not_ready("there is no map")


def _score(detector: "Submitted", seconds_per_map: float, deadline: float, folder: Path) -> _Verdict:
    from algozoo.submissions.check import smoke_score

    submit = f"algozoo submit {folder}"
    smoke = smoke_score(detector, seconds_per_map, deadline)
    if smoke is None:
        _tell("unchecked", "score: there is no time for a map with a companion and one without")
        return _Verdict("READY, but slow", f": 0 maps were scored. Next: {submit} --suite smoke", 0)
    own = smoke.scores.set_index("detector").loc[detector.label]
    if own["n_failed"]:
        _tell("FAILED", f"{own['n_failed']} maps: {own['reason']}")
        return _not_ready("not all maps were made")
    _tell("score", f"{own['n_injected']} companions and {own['n_empty']} empty maps of `tiny`; 95 % intervals\n")
    print_scores(smoke.scores)
    if smoke.n_maps < smoke.n_planned:
        return _Verdict("READY, but slow", f": {smoke.n_maps} maps of {smoke.n_planned} were scored. Next: {submit}", 0)
    return _Verdict("READY", f". Next: {submit}", 0)


def _tell(subject: str, found: str) -> None:
    click.echo(f"{subject:<10} {found}")
