"""The files of a sequence in a folder, recognised by their names.

The role of a file is a word of its name, and what is left of the name tells sequences apart. This covers the first data
challenge (``sphere_irdis_cube_1.fits``, ``_pa_``, ``_psf_``, ``_plsc_`` or ``_pxscale_``, ``_wls_``), the second
(``image_cube_sphere1.fits``, ``parallactic_angles_``, ``psf_cube_``, ``wavelength_vect_``), VIP's examples
(``naco_betapic_cube.fits``, ``_pa``, ``_psf``), the SPHERE Data Centre (``SCIENCE_REDUCED_MASTER_CUBE-center_im.fits``,
``PARA_ROTATION_CUBE-rotnth``, ``PSF_MASTER_CUBE-median_unsat``, ``LAMBDA_INFO-lam``), spherical (``coro_cube.fits``,
``frames_info_coro.csv``, ``psf_cube_for_postprocessing.fits``), and plain ``cube.fits``, ``angles.txt``, ``psf.fits``;
frames of another star are ``reference``.
"""

import re
from pathlib import Path

from algozoo.errors import InputError

Files = dict[str, Path]

REQUIRED = ("cube", "angles", "psf")
TABLE = "frames_info"
"""A table of all frames, which counts where there is no file of their angles alone."""
PARTS = (*REQUIRED, "wavelengths", "reference")

SUFFIXES = (".fits", ".fit", ".fits.gz", ".fits.fz", ".txt", ".csv", ".tsv", ".dat", ".ecsv")

ROLES = {
    "reduced_spectral_master_cube_sorted-center_im_sorted": "cube",
    "reduced_spectral_master_cube-center_im": "cube",
    "reduced_master_cube-center_im": "cube",
    "para_rotation_cube_sorted-rotnth_sorted": "angles",
    "para_rotation_cube-rotnth": "angles",
    "psf_master_cube-median_unsat": "psf",
    "lambda_info-lam": "wavelengths",
    "psf_cube_for_postprocessing": "psf",
    "frames_info": "angles",
    "parallactic_angles": "angles",
    "derotation_angles": "angles",
    "derot_angles": "angles",
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

NO_ROLE = re.compile(r"(^|[_.-])(ivar|unrepaired|frame_selection_vector)($|[_.-])")
"""Files next to those of a sequence: variances, and what was left from before."""


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
        if part is None or (TABLE in path.name.lower() and part in found.get(name, {})):
            continue
        rival = found.setdefault(name, {}).setdefault(part, path)
        if rival != path:
            raise InputError(
                f"{folder}: both {rival.name} and {path.name} look like the {part.replace('_', ' ')} of one sequence: "
                "move one of them away"
            )
    return _with_shared(dict(sorted(found.items())))


def _with_shared(found: dict[str, Files]) -> dict[str, Files]:
    """Give each sequence the files that name none, and join files that are the only ones of their part."""
    shared = found.get("", {})
    if "cube" not in shared and any("cube" in files for files in found.values()):
        found = {name: shared | files for name, files in found.items() if name}
    parts = [part for files in found.values() for part in files]
    if (
        "cube" in parts
        and len(set(parts)) == len(parts)
        and not any(set(REQUIRED) <= files.keys() for files in found.values())
    ):
        found = {next(iter(found), ""): {part: path for files in found.values() for part, path in files.items()}}
    return found


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
    stem = re.sub(r"(\.(fits?|txt|csv|tsv|dat|ecsv|gz|fz))+$", "", path.name.lower())
    stem = re.sub(r"^(ird|ifs)_[a-z_]*dc\d*-", "", stem)  # the step of the SPHERE Data Centre that wrote it
    if NO_ROLE.search(stem):
        return None, stem
    for word, role in ROLES.items():
        match = re.search(rf"(^|[_.-]){word}($|[_.-])", stem)
        if match:
            return role, (stem[: match.start()] + "_" + stem[match.end() :]).strip("_")
    return None, stem
