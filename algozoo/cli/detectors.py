"""``algozoo detectors``: list them, or show one."""

import click

from algozoo.cli import options


@click.command()
@click.argument("name", required=False)
@options.style
def detectors(name: str | None, style: str) -> None:
    """List the detectors, or show the parameters and the reference of NAME."""
    from algozoo.detectors.registry import create, registered

    if name is None:
        options.print_table(("name", "origin"), [(entry.name, entry.origin) for entry in registered().values()], style)
        return
    detector = create(name)
    facts = {
        "name": detector.name,
        "title": detector.title,
        "reference": detector.reference,
        "summary": detector.summary,
        **{f"parameter {key}": repr(value) for key, value in detector.parameters.items()},
    }
    options.print_table(("field", "value"), list(facts.items()), style)
