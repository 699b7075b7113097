"""``algozoo datasets add``: make a dataset of anybody's own files."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from algozoo.cli import options
from algozoo.errors import InputError
from algozoo.text import in_line

if TYPE_CHECKING:
    from pathlib import Path

    from algozoo.datasets.adding.own import Stated
    from algozoo.datasets.front import Opened
    from algozoo.sequence import ADISequence


@click.command(
    epilog=options.example("datasets add night --name my-night --pixel-scale 0.02719 --angle-offset -104.39")
)
@click.argument("folder", type=options.PATH)
@click.option("--name", required=True, help="Name of the dataset: lower-case letters, digits and hyphens.")
@options.files
@options.wavelengths
@options.flux
@click.option(
    "--companion",
    "companions",
    multiple=True,
    metavar="SEP,PA",
    help="Known companion (arcsec, degrees East of North): it is measured.",
)
@click.option("--output", "-o", type=options.PATH, help="Manifest that is written; FOLDER/NAME.toml by default.")
def add(folder: Path, name: str, companions: tuple[str, ...], output: Path | None, **given: Any) -> None:
    """Look at the files in FOLDER, say what they are and what is wrong, and write a manifest.

    An option names a file where its name does not say what it is, or chooses one of several. Known companions are
    measured by a negative companion, about a minute each; trials run after their removal.
    """
    from algozoo.datasets.adding.folders import PARTS, choose_sequence
    from algozoo.datasets.adding.own import compose_manifest, inner_edge, place_from_text, write_manifest
    from algozoo.datasets.dataset import Dataset
    from algozoo.datasets.front import conclusions
    from algozoo.datasets.nulls import flip_refusal

    path = output or folder / f"{name}.toml"
    if path.exists():
        raise InputError(f"{path}: exists already; remove it, or name another with -o")
    places = [place_from_text(text) for text in companions]
    if places and given["angle_offset"] is None:
        raise InputError("--companion: its position angle needs the direction of North: give --angle-offset too")
    files = choose_sequence(folder, **{part: given.pop(part) for part in PARTS})
    opened, stated = _opened(files, given)
    manifest = compose_manifest(name, files, opened, stated, path.parent)
    sequence = Dataset(manifest, folder=path.resolve().parent).sequence(0)
    inner = inner_edge(sequence)
    for line in conclusions(opened.seen, opened.placement, sequence):
        click.echo(line, err=line.startswith("Warning"))
    click.echo(f"scored field: {inner:g} to {manifest.valid_field.outer:g} FWHM")
    if refusal := flip_refusal(sequence, inner):
        click.echo(f"Warning: {refusal}.", err=True)
    measured = [_measured(number, place, sequence) for number, place in enumerate(places, start=1)]
    write_manifest(compose_manifest(name, files, opened, stated, path.parent, inner=inner, companions=measured), path)
    click.echo(f"Written: {path}. Fill in its title, instrument, licence and citation; then use it by this path.")
    click.echo(f"Before a suite can use it: algozoo datasets calibrate {path}")


def _opened(files: dict[str, Path], given: dict[str, Any]) -> tuple[Opened, Stated]:
    """Read and report the files, and ask for what they do not say."""
    from algozoo.datasets.adding.own import Stated, missing_facts
    from algozoo.datasets.front import open_files, stated_flux
    from algozoo.datasets.lists import unit_of_angles

    for part, file in files.items():
        click.echo(f"{part.replace('_', ' ')}: {in_line(file.name)}")
    how: dict[str, Any] = {option: given[option] for option in ("axes", "angle_unit", "angle_column")}
    if how["angle_unit"] is None and unit_of_angles(files["angles"], how["angle_column"]) is None:
        question = {"angle_unit": "deg or rad: the angles lie within 2 pi, and their file does not say"}
        how["angle_unit"] = _ask(question, Stated()).angle_unit
    parts: dict[str, Any] = {part: path for part, path in files.items() if part != "pixel_scale"}
    opened = open_files(**parts, **how, centre=given.pop("centre"))
    click.echo("\n".join(opened.description()))
    how_taken = given.pop("exposure_ratio"), given.pop("nd_transmission")
    flux = stated_flux(opened.material.psf, given["star_flux"], given["star_flux_aperture"], *how_taken)
    stated = Stated(**given | how | {"star_flux": flux})
    return opened, _ask(missing_facts(files, opened, stated), stated)


def _measured(number: int, place: tuple[float, float], sequence: ADISequence) -> dict[str, Any]:
    """Measure the companion at a separation and a position angle, and report what is found."""
    from algozoo.companions import Companion
    from algozoo.datasets.adding.negative_companion import fit_companion
    from algozoo.datasets.adding.own import companion_table

    separation, angle = place
    click.echo(f"Measuring the companion at {separation:g},{angle:g} ...", err=True)
    guess = Companion.from_sky(sequence, separation=separation, position_angle=angle, contrast=0)
    fitted = fit_companion(sequence, guess)
    table = companion_table(f"companion {number}", fitted, sequence)
    click.echo(
        f"companion: separation {1000 * table['separation']:.1f} +- {1000 * table['separation_error']:.1f} mas, "
        f"position angle {table['position_angle']:.2f} +- {table['position_angle_error']:.2f} deg, contrast "
        f"{table['contrast']:.3g} +- {table['contrast_error']:.1g}; S/N {fitted.snr_before:.1f}, after its "
        f"removal {fitted.snr_after:.1f}"
    )
    return table


def _ask(missing: dict[str, str], stated: Stated) -> Stated:
    """Ask for what is missing on a terminal; elsewhere say what it is."""
    if missing and not sys.stdin.isatty():
        options = "\n".join(f"  --{field.replace('_', '-')}: {text}" for field, text in missing.items())
        raise InputError(f"not known from the files, and nobody to ask; say\n{options}")
    kinds: dict[str, Any] = {"angle_unit": click.Choice(["deg", "rad"])}
    answers: dict[str, Any] = {
        field: click.prompt(f"{field.replace('_', ' ')} ({text})", type=kinds.get(field, float))
        for field, text in missing.items()
    }
    return replace(stated, **answers)
