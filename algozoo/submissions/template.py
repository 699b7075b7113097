"""A new submission: a folder with a manifest, a detector that works, and a README."""

from pathlib import Path
from typing import Any, Literal

import tomlkit
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import TypeAdapter, ValidationError

from algozoo.detectors.registry import registered
from algozoo.detectors.submitted.manifest import ENTRY_FILE, MANIFEST, Parameter, Submission
from algozoo.errors import InputError
from algozoo.files import write_text_whole
from algozoo.toml import Name, Source, check_table

Form = Literal["function", "class"]
EXAMPLE = Parameter(default=0.4, grid=(0.2, 0.4, 0.8), description="Width of the Gaussian filter, in FWHM.")


def new_submission(facts: dict[str, Any], submissions: Path, form: Form = "function") -> Path:
    """Write a new submission, whose detector works as it stands.

    Parameters
    ----------
    facts : dict
        Name, title, authors, reference, licence and kind, and what else the manifest may have; see
        `algozoo.detectors.submitted.manifest.Submission`.
    submissions : path
        Folder of all submissions.
    form : {'function', 'class'}
        A plain function, or a class derived from `algozoo.detectors.contract.Detector`.

    Returns
    -------
    path
        Of its folder.

    Raises
    ------
    InputError
        If a fact is missing or not as it should be, the name is taken (the message says by whom), or the folder exists.
    """
    document = {**facts, "parameters": {"smoothing": EXAMPLE}}
    submission = check_table(Source("the new submission", document), Submission)
    check_name(submission.name, submissions)
    folder = submissions / submission.name
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=False,  # noqa: S701 - TOML, Python and Markdown, no HTML
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    environment.filters["toml"] = lambda value: tomlkit.item(value).as_string()
    class_name = "".join(word.capitalize() for word in submission.name.split("-") if word)
    for template, file in (("submission.toml", MANIFEST), (f"{form}.py", ENTRY_FILE), ("README.md", "README.md")):
        content = environment.get_template(f"{template}.j2").render(
            submission=submission, class_name=class_name if class_name.isidentifier() else f"Detector{class_name}"
        )
        write_text_whole(folder / file, content)
    return folder


def check_name(name: str, submissions: Path) -> None:
    """Refuse a name that is none for a submission, or that a detector or a folder has already.

    Raises
    ------
    InputError
        It says who has it.
    """
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError:
        raise InputError(f"name is {name!r}, expected lower-case letters, digits and hyphens") from None
    entries = registered(submissions)
    if name in entries:
        raise InputError(f"the name {name!r} is taken: {entries[name].origin}; choose another")
    folder = submissions / name
    if folder.exists():
        raise InputError(f"{folder} exists already; choose another name, or remove the folder")
