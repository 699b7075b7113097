"""The files of a sequence in a folder, recognised by their names.

The role of a file is a word of its name, and what is left of the name tells sequences apart. This covers the first data
challenge (``sphere_irdis_cube_1.fits``, ``_pa_``, ``_psf_``, ``_plsc_`` or ``_pxscale_``, ``_wls_``), the second
(``image_cube_sphere1.fits``, ``parallactic_angles_``, ``psf_cube_``, ``wavelength_vect_``), VIP's examples
(``naco_betapic_cube.fits``, ``_pa``, ``_psf``), and plain ``cube.fits``, ``angles.txt``, ``psf.fits``; frames of
another star are ``reference``.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from algozoo.errors import InputError

REQUIRED = ("cube", "angles", "psf")
PARTS = (*REQUIRED, "wavelengths", "reference")

SUFFIXES = (".fits", ".fit", ".fits.gz", ".fits.fz", ".txt", ".csv", ".dat")

ROLES = {
    "parallactic_angles": "angles",
    "wavelength_vect": "wavelengths",
    "reference_cube": "reference",
    "image_cube": "cube",
    "psf_cube": "psf",
    "wavelengths": "wavelengths",
    "pixel_scale": "pixel_scale",
    "platescale": "pixel_scale",
    "pxscale": "pixel_scale",
    "plsc": "pixel_scale",
    "reference": "reference",
    "parang": "angles",
    "angles": "angles",
    "cube": "cube",
    "psf": "psf",
    "wls": "wavelengths",
    "wl": "wavelengths",
    "pa": "angles",
}
"""Words and what they stand for; of two that fit, the first."""


@dataclass(frozen=True)
class SequenceFiles:
    """Where the parts of a sequence lie; None for a part that was not found."""

    name: str
    cube: Path | None = None
    angles: Path | None = None
    psf: Path | None = None
    wavelengths: Path | None = None
    pixel_scale: Path | None = None
    reference: Path | None = None

    @property
    def parts(self) -> dict[str, Path]:
        """The parts that were found."""
        return {part: path for part in (*PARTS, "pixel_scale") if (path := getattr(self, part)) is not None}

    @property
    def missing(self) -> list[str]:
        """Names of the parts that no sequence can do without."""
        return [part for part in REQUIRED if part not in self.parts]


def find_sequences(folder: Path) -> list[SequenceFiles]:
    """Find the files of sequences in a folder by their names.

    Returns
    -------
    list of SequenceFiles
        Sorted by name, complete or not.

    Raises
    ------
    InputError
        If the folder cannot be read, or two files claim the same place.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.name.lower().endswith(SUFFIXES) and path.is_file())
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror}), expected a folder with FITS files") from None
    found: dict[str, SequenceFiles] = {}
    for path in paths:
        role, name = _role(path)
        if role is None:
            continue
        files = found.get(name, SequenceFiles(name))
        rival = getattr(files, role)
        if rival is not None:
            raise InputError(
                f"{folder}: both {rival.name} and {path.name} look like the {role.replace('_', ' ')} of one sequence: "
                "move one of them away"
            )
        found[name] = replace(files, **{role: path})
    return [found[name] for name in sorted(found)]


def choose_sequence(folder: Path, **chosen: Path | None) -> SequenceFiles:
    """Take the only sequence in a folder, or the one to which the chosen files belong.

    Parameters
    ----------
    folder : path
    chosen : path or None
        Parts of `SequenceFiles`, which replace what was found.

    Raises
    ------
    InputError
        If a part is missing, or if there are several sequences and none was chosen.
    """
    given = {part: path for part, path in chosen.items() if path is not None}
    found = find_sequences(folder)
    taken = {path.resolve() for path in given.values()}
    mine = [files for files in found if any(path.resolve() in taken for path in files.parts.values())]
    complete = [files for files in found if not files.missing]
    with_cube = [files for files in found if files.cube]
    candidates = mine or complete or with_cube or (found if len(found) == 1 else [])
    if len(candidates) > 1 and not given.keys() >= set(REQUIRED):
        names = "\n".join(f"  {_describe(files)}" for files in candidates)
        raise InputError(f"{folder}: {len(candidates)} sequences; choose one with --cube FILE:\n{names}")
    files = replace(candidates[0] if len(candidates) == 1 else SequenceFiles(folder.name), **given)
    if files.missing:
        raise InputError(
            f"{folder}: no file looks like the {' and the '.join(files.missing)}, expected names such as cube.fits, "
            f"angles.fits, psf.fits or naco_star_cube.fits, naco_star_pa.fits, naco_star_psf.fits: say where with "
            f"{', '.join(f'--{part} FILE' for part in files.missing)}"
        )
    return files


def _describe(files: SequenceFiles) -> str:
    missing = f" (without {', '.join(files.missing)})" if files.missing else ""
    return f"{(files.cube or files.psf or files.angles or Path(files.name)).name}{missing}"


def _role(path: Path) -> tuple[str | None, str]:
    """Return the role of a file and the rest of its name."""
    stem = re.sub(r"(\.(fits?|txt|csv|dat|gz|fz))+$", "", path.name.lower())
    for word, role in ROLES.items():
        match = re.search(rf"(^|[_.-]){word}($|[_.-])", stem)
        if match:
            return role, (stem[: match.start()] + "_" + stem[match.end() :]).strip("_")
    return None, stem
