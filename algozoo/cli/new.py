"""``algozoo new``: start a submission."""

import sys
from typing import Any

import click

from algozoo.errors import InputError

KINDS = ("snr", "probability", "log_odds", "likelihood_ratio", "ratio")
QUESTIONS: dict[str, tuple[str, Any]] = {
    "title": ("Title, as it shall stand on the board", str),
    "authors": ("Authors, separated by commas", str),
    "reference": ("Reference (a paper, a DOI or an address)", str),
    "licence": ("Licence of the code", str),
    "kind": ("What the map holds", click.Choice(KINDS)),
    "memory": ("Memory that a map needs, in MB", click.IntRange(64, 65536)),
    "minutes": ("Minutes that a map may take", click.FloatRange(0, 60, min_open=True)),
    "requirements": ("Packages beside numpy and scipy, each pinned (a==1.0, b==2.1), or none", str),
}


@click.command()
@click.argument("name")
@click.option("--title", help="As it shall stand on the board.")
@click.option("--authors", help="Separated by commas.")
@click.option("--reference", help="A paper, a DOI or an address.")
@click.option("--licence", help="Of the code.")
@click.option("--kind", type=click.Choice(KINDS), help="Of the map; snr by default.")
@click.option("--memory", type=click.IntRange(64, 65536), help="MB that a map needs; 2048 by default.")
@click.option("--minutes", type=click.FloatRange(0, 60, min_open=True), help="That a map may take; 5 by default.")
@click.option("--requirements", help="Packages that it needs, each pinned, separated by commas.")
@click.option("--class", "as_class", is_flag=True, help="Write a class instead of a plain function.")
def new(name: str, as_class: bool, **given: Any) -> None:  # noqa: FBT001 - a flag of the command line
    """Make the folder submissions/NAME with a manifest, a detector that works, and a README.

    What no option says is asked for on a terminal. Elsewhere the authors must be said. What it learns from, and the
    values of its parameters that are worth trying, are to be written into the manifest.
    """
    from algozoo.detectors.registry import SUBMISSIONS
    from algozoo.detectors.submitted.manifest import Needs
    from algozoo.submissions.template import check_name, new_submission

    check_name(name, SUBMISSIONS)
    needs = Needs()
    facts = _complete(
        given,
        {
            "title": name.replace("-", " ").capitalize(),
            "reference": "in preparation",
            "licence": "MIT",
            "kind": "snr",
            "memory": needs.memory_mb,
            "minutes": needs.minutes,
            "requirements": "none",
        },
    )
    needed = {"memory_mb": facts.pop("memory"), "minutes": facts.pop("minutes")}
    packages = facts["requirements"].strip()
    facts["authors"] = _listed(facts["authors"])
    facts["requirements"] = [] if packages.lower() == "none" else _listed(packages)
    folder = new_submission({"name": name, "needs": needed, **facts}, SUBMISSIONS, "class" if as_class else "function")
    for path in sorted(folder.iterdir()):
        click.echo(path)
    click.echo(f"It works as it stands: algozoo check {folder}")


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def is_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def _complete(given: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Ask for what was not given on a terminal; elsewhere take the defaults."""
    if is_terminal():
        return {
            field: click.prompt(question, default=defaults.get(field), type=kind)
            if given[field] is None
            else given[field]
            for field, (question, kind) in QUESTIONS.items()
        }
    facts = defaults | {field: value for field, value in given.items() if value is not None}
    if "authors" not in facts:
        raise InputError("nobody to ask who the authors are; say --authors 'A. Person, B. Person'")
    return facts
