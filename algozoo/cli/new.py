"""``algozoo new``: start a submission."""

import sys
from typing import Any

import click

from algozoo.errors import InputError

QUESTIONS = {
    "title": "Title, as it shall stand on the board",
    "authors": "Authors, separated by commas",
    "reference": "Reference (a paper, a DOI or an address)",
    "licence": "Licence of the code",
}


@click.command()
@click.argument("name")
@click.option("--title", help="As it shall stand on the board.")
@click.option("--authors", help="Separated by commas.")
@click.option("--reference", help="A paper, a DOI or an address.")
@click.option("--licence", help="Of the code.")
@click.option(
    "--kind",
    type=click.Choice(["snr", "probability", "log_odds", "likelihood_ratio", "ratio"]),
    default="snr",
    show_default=True,
    help="Of the map.",
)
@click.option("--class", "as_class", is_flag=True, help="Write a class instead of a plain function.")
def new(
    name: str,
    title: str | None,
    authors: str | None,
    reference: str | None,
    licence: str | None,
    kind: str,
    as_class: bool,  # noqa: FBT001 - a flag of the command line
) -> None:
    """Make the folder submissions/NAME with a manifest, a detector that works, and a README.

    What no option says is asked for on a terminal. Elsewhere the authors must be said.
    """
    from algozoo.detectors.registry import SUBMISSIONS
    from algozoo.submissions.template import check_name, new_submission

    check_name(name, SUBMISSIONS)
    given = {"title": title, "authors": authors, "reference": reference, "licence": licence}
    defaults = {"title": name.replace("-", " ").capitalize(), "reference": "in preparation", "licence": "MIT"}
    facts: dict[str, Any] = _complete(given, defaults)
    facts["authors"] = [author.strip() for author in facts["authors"].split(",")]
    folder = new_submission({"name": name, "kind": kind, **facts}, SUBMISSIONS, "class" if as_class else "function")
    for path in sorted(folder.iterdir()):
        click.echo(path)
    click.echo(f"It works as it stands: algozoo check {folder}")


def is_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def _complete(given: dict[str, str | None], defaults: dict[str, str]) -> dict[str, str]:
    """Ask for what was not given on a terminal; elsewhere take the defaults."""
    if is_terminal():
        return {
            field: given[field] or click.prompt(question, default=defaults.get(field))
            for field, question in QUESTIONS.items()
        }
    facts = defaults | {field: value for field, value in given.items() if value is not None}
    if "authors" not in facts:
        raise InputError("nobody to ask who the authors are; say --authors 'A. Person, B. Person'")
    return facts
