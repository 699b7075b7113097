"""``algozoo new``: start a submission."""

import sys
from typing import Any

import click

from algozoo.cli import options
from algozoo.errors import InputError

FACTS: dict[str, tuple[str, Any, Any]] = {
    "title": ("Title, as on the board", str, None),
    "authors": ("Authors, separated by commas", str, None),
    "paper": ("Reference (a paper, a DOI or an address)", str, "in preparation"),
    "licence": ("Licence of the code", str, "MIT"),
    "kind": ("What the map holds", click.Choice(options.KINDS), "snr"),
    "memory": ("Memory that a map needs, in MB", click.IntRange(64, 65536), 2048),
    "minutes": ("Minutes that a map may take", click.FloatRange(0, 60, min_open=True), 5.0),
    "requirements": ("Packages besides numpy and scipy, each pinned (a==1.0, b==2.1), or none", str, "none"),
}
"""Question, type and default of each option."""


@click.command(epilog=options.example("new my-algo --authors 'A. Person'"))
@click.argument("name")
@options.together(
    *(click.option(f"--{fact}", type=kind, help=f"{question}.") for fact, (question, kind, _) in FACTS.items())
)
@click.option("--class", "as_class", is_flag=True, help="Write a class instead of a plain function.")
def new(name: str, as_class: bool, **given: Any) -> None:  # noqa: FBT001 - a flag of the command line
    """Make the folder submissions/NAME with a manifest, a detector that works, and a README.

    A terminal asks for what no option states. Elsewhere the authors must be stated; the rest has defaults. Write into
    the manifest what the detector learns from, and the values of its parameters that are worth trying.
    """
    from algozoo.detectors.registry import SUBMISSIONS
    from algozoo.submissions.template import check_name, new_submission

    check_name(name, SUBMISSIONS)
    facts = _complete(given | {"name": name})
    facts["needs"] = {"memory_mb": facts.pop("memory"), "minutes": facts.pop("minutes")}
    facts["reference"] = facts.pop("paper")
    packages = facts["requirements"].strip()
    facts["authors"] = _listed(facts["authors"])
    facts["requirements"] = [] if packages.lower() == "none" else _listed(packages)
    folder = new_submission(facts, SUBMISSIONS, "class" if as_class else "function")
    for path in sorted(folder.iterdir()):
        click.echo(path)
    click.echo(f"It works as it stands: algozoo check {folder}")


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def is_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def _complete(given: dict[str, Any]) -> dict[str, Any]:
    """Ask for what was not given on a terminal; elsewhere take the defaults."""
    asks = is_terminal()
    if not asks and given["authors"] is None:
        raise InputError("the authors are not known, and nobody to ask; give --authors 'A. Person, B. Person'")
    facts = dict(given)
    for fact, (question, kind, usual) in FACTS.items():
        if given[fact] is None:
            default = given["name"].replace("-", " ").capitalize() if fact == "title" else usual
            facts[fact] = click.prompt(question, default=default, type=kind) if asks else default
    return facts
