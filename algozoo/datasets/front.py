"""The front door of every sequence: files, or a dataset by its name, are read, looked at and reported alike.

What would make a number wrong is refused, with the option that fixes it; what makes one worse is a warning.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from algozoo.arguments import checked, expect, number
from algozoo.datasets.arrays import stated_unit
from algozoo.datasets.centring import Centre, Placement, place
from algozoo.datasets.lists import AngleUnit
from algozoo.datasets.psfs import PSF
from algozoo.datasets.readers import Crop, Material, read_files, sequence_of
from algozoo.datasets.registry import load_dataset
from algozoo.datasets.report import Look, describe, findings, flux_warning, look, rotation_report
from algozoo.errors import InputError
from algozoo.reporter import Reporter
from algozoo.sequence import FLUX_UNKNOWN, HEADER, ADISequence

if TYPE_CHECKING:
    from astropy.units import Quantity

READ = 'read("cube.fits", "angles.fits", "psf.fits", pixel_scale=0.02719); ADISequence(cube=..., ...) takes arrays'


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Files that were read and looked at, whose star is where it should be or is brought there.

    Parameters
    ----------
    material : Material
    seen : Look
    placement : Placement
    units : str
        What the headers say.
    """

    material: Material
    seen: Look
    placement: Placement
    units: str

    def description(self) -> list[str]:
        """Return the lines of the report on the files."""
        return describe(self.seen, self.placement, self.units)

    def meta(self, centre: Centre | None, star_flux: float | None) -> dict[str, Any]:
        """Return what is worth keeping: the cube's header, the star where it was found, why its flux is unknown."""
        facts: dict[str, Any] = {"star": self.seen.star} if isinstance(centre, str) and centre == "auto" else {}
        refusal = self.seen.flux_refusal if star_flux is None else None
        return facts | {HEADER: self.material.header} | ({FLUX_UNKNOWN: refusal} if refusal else {})


def open_files(
    cube: str | Path,
    angles: str | Path,
    psf: str | Path,
    *,
    wavelengths: str | Path | None = None,
    reference: str | Path | None = None,
    axes: str | None = None,
    angle_unit: AngleUnit | None = None,
    angle_column: str | None = None,
    centre: Centre | None = None,
    crop: Crop = (0, 0, None),
) -> Opened:
    """Read files and look at them; the parameters are those of `read`.

    Raises
    ------
    InputError
        If a file cannot be used, or the star is not where it should be.
    """
    optional = {"wavelengths": wavelengths or psf, "reference": reference or cube}
    for argument, path in {"cube": cube, "angles": angles, "psf": psf, **optional}.items():
        expect(path, (str, Path), f"read: {argument}", READ)
    material = read_files(
        cube,
        angles,
        psf,
        wavelengths=wavelengths,
        reference=reference,
        axes=axes,
        angle_unit=angle_unit,
        angle_column=angle_column,
        crop=crop,
    )
    try:
        seen = look(material.cube, material.angles, material.psf)
        placement = place(material.cube.shape[-2:], centre, seen.star)
    except InputError as error:
        raise InputError(f"{error} ({material.origin})") from None
    units = f"cube {material.header.get('BUNIT', 'not stated')}, psf {stated_unit(psf) or 'not stated'}"
    return Opened(material=material, seen=seen, placement=placement, units=units)


@checked
def read(
    cube: str | Path,
    angles: str | Path | None = None,
    psf: str | Path | None = None,
    *,
    pixel_scale: "float | Quantity | None" = None,
    wavelengths: str | Path | None = None,
    reference: str | Path | None = None,
    axes: str | None = None,
    centre: Centre | None = None,
    angle_unit: AngleUnit | None = None,
    angle_column: str | None = None,
    angle_offset: "float | Quantity | None" = None,
    star_flux: float | None = None,
    star_flux_aperture: float | None = None,
    exposure_ratio: float | None = None,
    nd_transmission: float | None = None,
    crop: Crop = (0, 0, None),
    name: str = "sequence",
    report: Reporter | None = None,
) -> ADISequence:
    """Read an ADI sequence from files, or the first of a dataset, and report what it shows.

    Parameters
    ----------
    cube : path or str
        See `algozoo.datasets.cubes.read_cube`; or the name of a dataset, without any other argument but `report`.
    angles : path
        See `algozoo.datasets.lists.read_angles`.
    psf : path
        See `algozoo.datasets.psfs.read_psf`. An HDU of a FITS file is ``file.fits[EXT]``, by name or number.
    pixel_scale : float or Quantity
        Arcseconds per pixel.
    wavelengths : path, optional
        See `algozoo.datasets.lists.read_wavelengths`; required with a 4-D cube.
    reference : path, optional
        Frames of another star, without companions: as `cube`, its star at the same pixel, the number of frames free.
    axes : str, optional
        Order of the axes of the cube, as in 'wtyx'; by default it follows from the numbers of angles and wavelengths.
    centre : {'auto', 'as-is'} or tuple (x, y), optional
        Where the star is in the cropped frames: where the symmetry of its halo shows it; in their centre
        ``((n - 1) / 2, (n - 1) / 2)``; or at a pixel. With 'auto' and a pixel the frames are shifted and cropped to an
        odd size. By default it is taken for centred, and refused if it is measured elsewhere.
    angle_unit : {'deg', 'rad'}, optional
        By default the unit that the file states, or else degrees.
    angle_column : str, optional
        Name or number, from 1, of the column of a table of angles.
    angle_offset : float or Quantity, optional
        Degrees added to the angles, to bring North up; 0 where they do so already. By default North is not known.
        Jumps by full turns are taken out.
    star_flux : float, optional
        Flux of the star in the unit of the cube; by default that of the PSF as read, which is right if it was taken
        with the exposure time and the filters of the cube. With wavelengths, the mean over the channels, whose ratios
        are those of the PSF.
    star_flux_aperture : float, optional
        Diameter in pixels of the aperture of `star_flux`; one FWHM by default.
    exposure_ratio, nd_transmission : float, optional
        Exposure time of a frame of the cube over that of the PSF, and transmission of the neutral-density filter with
        which the PSF was taken, above 0 and up to 1: instead of `star_flux`.
    crop : tuple of int
        Columns and rows cut at the start of each frame, and the side of what is kept (None: all the rest).
    name : str
    report : Reporter, optional
        Gets the report; lines of text are printed by default.

    Raises
    ------
    InputError
        If a file cannot be used or would give wrong numbers; the message says which, why and how to fix it.
    """
    expect(name, str, "read: name", READ)
    say = (Reporter() if report is None else report).say
    if angles is None and psf is None and pixel_scale is None and not Path(cube).is_file():
        return _of_dataset(cube, say)
    if angles is None or psf is None or pixel_scale is None:
        raise InputError(f"read: angles, psf and pixel_scale go together, as in {READ}")
    fluxes = _numbers(star_flux=star_flux, star_flux_aperture=star_flux_aperture)
    taken = _numbers(exposure_ratio=exposure_ratio, nd_transmission=nd_transmission)
    scales = _numbers(pixel_scale=pixel_scale, angle_offset=angle_offset)
    lists: dict[str, Any] = {"wavelengths": wavelengths, "angle_unit": angle_unit, "angle_column": angle_column}
    frames: dict[str, Any] = {"reference": reference, "axes": axes, "centre": centre, "crop": crop}
    opened = open_files(cube, angles, psf, **lists, **frames)
    fluxes["star_flux"] = stated_flux(opened.material.psf, **fluxes, **taken)
    meta = opened.meta(centre, fluxes["star_flux"])
    sequence = sequence_of(opened.material, opened.placement, **scales, **fluxes, name=name, meta=meta)
    for line in (*opened.description(), *conclusions(opened.seen, opened.placement, sequence)):
        say(line)
    return sequence


UNITS = {"pixel_scale": "arcsec", "angle_offset": "deg", "star_flux_aperture": "pix"}
QUANTITIES = {"pixel_scale", "angle_offset"}


def _numbers(**given: Any) -> dict[str, Any]:
    """Return arguments as plain numbers, before any file is read."""
    return {
        name: None
        if value is None
        else number(value, f"read: {name}", UNITS.get(name, ""), quantity=name in QUANTITIES)
        for name, value in given.items()
    }


def _of_dataset(name: str | Path, say: Callable[[str], object]) -> ADISequence:
    sequence = load_dataset(name).sequence(0)
    for line in report_sequence(sequence):
        say(line)
    return sequence


def report_sequence(sequence: ADISequence) -> Iterator[str]:
    """Report what the sequence of a dataset shows, as `read` does of files."""
    psf = PSF(sequence.psf, sequence.fwhm, sequence.star_flux)
    seen = look(sequence.cube, sequence.parallactic_angles, psf)
    whole = Placement(0, 0, sequence.size)
    yield from describe(seen, whole, "as the dataset has them")
    yield from conclusions(seen, whole, sequence)


def conclusions(seen: Look, placement: Placement, sequence: ADISequence) -> Iterator[str]:
    """Report which way the field of a sequence rotates, and then all warnings."""
    rotation, warnings = rotation_report(sequence)
    yield rotation
    flux = flux_warning(seen, sequence)
    for warning in (*findings(seen, placement), *warnings, *([flux] if flux else [])):
        yield f"Warning: {warning}."


def stated_flux(
    psf: PSF,
    star_flux: float | None,
    star_flux_aperture: float | None,
    exposure_ratio: float | None,
    nd_transmission: float | None,
) -> float | None:
    """Return the flux of the star that is stated, or that follows from how the PSF was taken; None if nothing is.

    Raises
    ------
    InputError
        If both are stated, or a number is out of range.
    """
    if star_flux_aperture is not None and star_flux is None:
        raise InputError("star_flux_aperture is that of star_flux, which is missing: give both, or neither")
    if exposure_ratio is None and nd_transmission is None:
        return star_flux
    if star_flux is not None:
        raise InputError("star_flux is the flux of the star: exposure_ratio and nd_transmission are not needed with it")
    ratio = 1.0 if exposure_ratio is None else exposure_ratio
    transmission = 1.0 if nd_transmission is None else nd_transmission
    if ratio <= 0:
        raise InputError(
            f"exposure_ratio is {ratio:g}, expected a positive number: time of a frame over that of the PSF"
        )
    if not 0 < transmission <= 1:
        raise InputError(
            f"nd_transmission is {transmission:g}, expected a transmission above 0 and up to 1: of a filter of density "
            "2 it is 0.01"
        )
    return float(np.mean(psf.flux)) * ratio / transmission
