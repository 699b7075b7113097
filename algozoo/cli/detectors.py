"""``algozoo detectors``: list them, or show one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from algozoo.cli import options
from algozoo.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from algozoo.detectors.contract import Detector
    from algozoo.detectors.registry import Entry

COLUMNS = ("name", "title", "map", "also takes", "CPU s per map", "origin")
NOTE = (
    "All take a cube, angles and a PSF; those of AlgoZoo take wavelengths too. CPU s per map: 61 frames of 101 x 101 "
    "pixels on one core, without training."
)


@click.command(epilog=options.example("detectors pca"))
@click.argument("name", required=False)
@options.style
def detectors(name: str | None, style: str) -> None:
    """List the detectors, or show the parameters, the reference and the cost of the detector NAME.

    The list says what a map holds, what a detector takes beyond a cube, angles and a PSF, and what a map costs.
    """
    from algozoo.detectors.registry import create, registered

    if name is not None:
        options.print_table(("field", "value"), list(_facts(create(name))), style)
        return
    blank = "-" if style == "table" else None
    rows = [[blank if value is None else value for value in _row(entry)] for entry in registered().values()]
    options.print_table(COLUMNS, rows, style)
    if style == "table":
        click.echo(f"\n{NOTE}", err=True)


def _row(entry: Entry) -> tuple[Any, ...]:
    from algozoo.detectors.costs import costs

    try:
        detector = entry.create()
    except InputError as error:
        return entry.name, f"cannot be used: {error}", None, None, None, entry.origin
    measured = costs(entry.name)
    seconds = float(measured[0]["cpu_seconds"]) if measured else None
    return entry.name, detector.title, detector.kind, _takes(detector) or None, seconds, entry.origin


def _takes(detector: Detector) -> str:
    wanted = ["a reference star"] if "library" in detector.parameters else []
    wanted += ["training"] if detector.learns else []
    return ", ".join([*wanted, *detector.needs])


def _facts(detector: Detector) -> Iterator[tuple[str, str]]:
    from algozoo.detectors.costs import costs
    from algozoo.detectors.parameters import declared, meanings

    yield from (("name", detector.name), ("title", detector.title), ("reference", detector.reference))
    yield from (("summary", detector.summary), ("map", detector.kind or "not stated"))
    if takes := _takes(detector):
        yield "also takes", takes
    said = meanings(type(detector))
    for name, parameter in declared(type(detector)).items():
        value = detector.parameters[name]
        yield f"parameter {name}", f"{parameter.expected}; {value!r} by default. {said.get(name, '')}".strip()
    for row in costs(detector.name):
        yield (
            f"cost with {row['parameters'] or 'defaults'}",
            "{cpu_seconds} CPU s for {frames} frames of {size} x {size} pixels on one core, {memory_per_cube} times "
            "the memory of the cube".format(**row),
        )
