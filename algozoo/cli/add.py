"""``algozoo datasets add``: make a dataset of anybody's own files."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from algozoo.errors import InputError

if TYPE_CHECKING:
    from algozoo.datasets.adding.own import Stated

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Of the dataset: lower-case letters, digits and hyphens.")
@click.option("--cube", type=FILE, help="FITS; where its name does not tell, or to choose one of several.")
@click.option("--angles", type=FILE, help="FITS or text; where its name does not tell.")
@click.option("--psf", type=FILE, help="FITS; where its name does not tell.")
@click.option("--wavelengths", type=FILE, help="FITS or text, in micrometres, of a 4-D cube.")
@click.option("--reference", type=FILE, help="FITS: frames of another star, at the same pixel.")
@click.option("--pixel-scale", type=float, help="Arcsec per pixel.")
@click.option("--angle-unit", type=click.Choice(["deg", "rad"]), help="Unit of the angles, where it is not plain.")
@click.option("--angle-offset", type=float, default=0.0, help="Degrees added to the angles to bring North up.")
@click.option("--star-flux", type=float, help="The star's flux in the unit of the cube, where the PSF's is another.")
@click.option("--star-flux-aperture", type=float, help="Diameter in pixels of its aperture; one FWHM by default.")
@click.option(
    "--companion", "companions", multiple=True, metavar="SEP,PA", help="A known one: arcsec, degrees East of North."
)
@click.option("--output", "-o", type=FILE, help="The manifest; FOLDER/NAME.toml by default.")
def add(
    folder: Path,
    name: str,
    cube: Path | None,
    angles: Path | None,
    psf: Path | None,
    wavelengths: Path | None,
    reference: Path | None,
    pixel_scale: float | None,
    angle_unit: Literal["deg", "rad"] | None,
    angle_offset: float,
    star_flux: float | None,
    star_flux_aperture: float | None,
    companions: tuple[str, ...],
    output: Path | None,
) -> None:
    """Look at the files in FOLDER, say what they are and what is wrong, and write a manifest.

    Known companions are measured by a negative companion, about a minute each; trials run after their removal.
    """
    from algozoo.datasets.adding.folders import choose_sequence
    from algozoo.datasets.adding.negative_companion import fit_companion
    from algozoo.datasets.adding.own import (
        Stated,
        companion_table,
        compose_manifest,
        guessed_companion,
        inner_edge,
        missing_facts,
        place_from_text,
        write_manifest,
    )
    from algozoo.datasets.adding.report import describe, describe_rotation, look, warnings_of
    from algozoo.datasets.dataset import Dataset

    path = output or folder / f"{name}.toml"
    if path.exists():
        raise InputError(f"{path}: exists already; remove it, or name another with -o")
    for text in companions:
        place_from_text(text)
    files = choose_sequence(folder, cube=cube, angles=angles, psf=psf, wavelengths=wavelengths, reference=reference)
    seen = look(files)
    for line in describe(files, seen):
        click.echo(line)
    stated = Stated(
        pixel_scale=pixel_scale,
        angle_unit=angle_unit,
        angle_offset=angle_offset,
        star_flux=star_flux,
        star_flux_aperture=star_flux_aperture,
    )
    stated = _ask(missing_facts(files, seen, stated), stated)
    manifest = compose_manifest(name, files, seen, stated, path.parent)
    sequence = Dataset(manifest, folder=path.resolve().parent).sequence(0)
    click.echo(describe_rotation(sequence))
    inner = inner_edge(sequence)
    click.echo(f"scored field: {inner:g} to {manifest.valid_field.outer:g} FWHM")
    for warning in warnings_of(seen, sequence, inner):
        click.echo(f"Warning: {warning}.", err=True)
    tables = []
    for number, text in enumerate(companions, start=1):
        click.echo(f"Measuring the companion at {text} ...", err=True)
        fitted = fit_companion(sequence, guessed_companion(text, sequence))
        tables.append(companion_table(f"companion {number}", fitted, sequence))
        click.echo(_companion_line(tables[-1], fitted.snr_before, fitted.snr_after))
    write_manifest(compose_manifest(name, files, seen, stated, path.parent, inner=inner, companions=tables), path)
    click.echo(f"Written: {path}. Fill in its title, instrument, licence and citation; then use it by this path.")
    click.echo(f"Before a suite can use it: algozoo datasets calibrate {path}")


def _ask(missing: dict[str, str], stated: "Stated") -> "Stated":
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


def _companion_line(table: dict[str, float], snr_before: float, snr_after: float) -> str:
    return (
        f"companion: separation {1000 * table['separation']:.1f} +- {1000 * table['separation_error']:.1f} mas, "
        f"position angle {table['position_angle']:.2f} +- {table['position_angle_error']:.2f} deg, contrast "
        f"{table['contrast']:.3g} +- {table['contrast_error']:.1g}; S/N {snr_before:.1f}, after its "
        f"removal {snr_after:.1f}"
    )
