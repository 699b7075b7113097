"""The files of a sequence in a folder, recognised by their names.

The role of a file is a word of its name, and what is left of the name tells sequences apart. This covers the first data
challenge (``sphere_irdis_cube_1.fits``, ``_pa_``, ``_psf_``, ``_plsc_`` or ``_pxscale_``, ``_wls_``), the second
(``image_cube_sphere1.fits``, ``parallactic_angles_``, ``psf_cube_``, ``wavelength_vect_``), VIP's examples
(``naco_betapic_cube.fits``, ``_pa``, ``_psf``), and plain ``cube.fits``, ``angles.txt``, ``psf.fits``; frames of
another star are ``reference``.
"""

import re
from pathlib import Path

from algozoo.errors import InputError

Files = dict[str, Path]

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


def find_sequences(folder: Path) -> dict[str, Files]:
    """Find the files of sequences in a folder by their names.

    Returns
    -------
    dict
        The files that were found of each sequence by their part, complete or not; the key is what their names share.

    Raises
    ------
    InputError
        If the folder cannot be read, or two files claim the same place.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.name.lower().endswith(SUFFIXES) and path.is_file())
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror}), expected a folder with FITS files") from None
    found: dict[str, Files] = {}
    for path in paths:
        part, name = _role(path)
        if part is None:
            continue
        rival = found.setdefault(name, {}).setdefault(part, path)
        if rival != path:
            raise InputError(
                f"{folder}: both {rival.name} and {path.name} look like the {part.replace('_', ' ')} of one sequence: "
                "move one of them away"
            )
    return dict(sorted(found.items()))


def choose_sequence(folder: Path, **chosen: Path | None) -> Files:
    """Take the only sequence in a folder, or the one to which the chosen files belong.

    Parameters
    ----------
    folder : path
    chosen : path or None
        Files by their part, which replace what was found.

    Returns
    -------
    dict of path
        Keys 'cube', 'angles', 'psf' and what there is of the others.

    Raises
    ------
    InputError
        If a part is missing, or if there are several sequences and none was chosen.
    """
    given = {part: path for part, path in chosen.items() if path is not None}
    found = list(find_sequences(folder).values())
    taken = {path.resolve() for path in given.values()}
    mine = [files for files in found if any(path.resolve() in taken for path in files.values())]
    complete = [files for files in found if not _missing(files)]
    with_cube = [files for files in found if "cube" in files]
    candidates = mine or complete or with_cube or (found if len(found) == 1 else [])
    if len(candidates) > 1 and _missing(given):
        names = "\n".join(f"  {_describe(files)}" for files in candidates)
        raise InputError(f"{folder}: {len(candidates)} sequences; choose one with --cube FILE:\n{names}")
    files = (candidates[0] if len(candidates) == 1 else {}) | given
    if missing := _missing(files):
        raise InputError(
            f"{folder}: no file looks like the {' and the '.join(missing)}, expected names such as cube.fits, "
            f"angles.fits, psf.fits or naco_star_cube.fits, naco_star_pa.fits, naco_star_psf.fits: say where with "
            f"{', '.join(f'--{part} FILE' for part in missing)}"
        )
    return {part: files[part] for part in (*PARTS, "pixel_scale") if part in files}


def _missing(files: Files) -> list[str]:
    """Return the parts that no sequence can do without."""
    return [part for part in REQUIRED if part not in files]


def _describe(files: Files) -> str:
    shown = next(files[part] for part in ("cube", "psf", "angles", *files) if part in files)
    missing = _missing(files)
    return shown.name + (f" (without {', '.join(missing)})" if missing else "")


def _role(path: Path) -> tuple[str | None, str]:
    """Return the role of a file and the rest of its name."""
    stem = re.sub(r"(\.(fits?|txt|csv|dat|gz|fz))+$", "", path.name.lower())
    for word, role in ROLES.items():
        match = re.search(rf"(^|[_.-]){word}($|[_.-])", stem)
        if match:
            return role, (stem[: match.start()] + "_" + stem[match.end() :]).strip("_")
    return None, stem
