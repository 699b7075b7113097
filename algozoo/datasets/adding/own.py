"""Anybody's own files as a dataset: the manifest that describes them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit

from algozoo.companions import Companion
from algozoo.datasets.adding.folders import SequenceFiles
from algozoo.datasets.adding.negative_companion import FittedCompanion
from algozoo.datasets.adding.report import Look
from algozoo.datasets.arrays import read_number
from algozoo.datasets.manifest import RealManifest, check_manifest
from algozoo.datasets.nulls import SHORTEST_ARC, flip_arc
from algozoo.datasets.readers import AngleUnit, unit_of_angles
from algozoo.errors import InputError
from algozoo.files import write_whole
from algozoo.sequence import ADISequence

INNER_EDGE = 1.0
"""FWHM: where the valid field of a new dataset begins, if its twin allows."""

USUAL_ANNULI = (1.5, 3.0, 5.0, 8.0)
"""FWHM: between these, companions are injected."""

INJECTION_MARGIN = 0.5
"""FWHM between the last annulus and the end of the valid field."""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What the user says of the files; see `RealManifest` for the meaning of each."""

    pixel_scale: float | None = None
    angle_unit: AngleUnit | None = None
    angle_offset: float = 0.0
    star_flux: float | None = None
    star_flux_aperture: float | None = None


def missing_facts(files: SequenceFiles, seen: Look, stated: Stated) -> dict[str, str]:
    """Return the fields of `Stated` that are needed and known from nowhere, each with what to say."""
    missing = {}
    if stated.pixel_scale is None and files.pixel_scale is None:
        missing["pixel_scale"] = "arcseconds per pixel"
    if stated.angle_unit is None and files.angles and unit_of_angles(files.angles) is None:
        missing["angle_unit"] = "deg or rad: the angles lie within 2 pi, and their file does not say"
    if stated.star_flux is None and not seen.psf_in_cube_units:
        missing["star_flux"] = (
            f"the star's flux without coronagraph in one FWHM, in the unit of the cube: the PSF has "
            f"{seen.psf_flux:.4g} there, and the cube is brighter in one pixel ({seen.brightest:.4g})"
        )
    return missing


def inner_edge(sequence: ADISequence) -> float:
    """Return where the valid field should begin (FWHM): where the twin is a null, if before the first annulus."""
    arc = flip_arc(sequence, 1.0)
    edge = np.ceil(10 * SHORTEST_ARC / arc) / 10 if arc else np.inf
    return float(edge) if INNER_EDGE < edge < USUAL_ANNULI[0] else INNER_EDGE


def usual_field(name: str, side: int, fwhm: float, inner: float) -> dict[str, Any]:
    """Return the entries `valid_field` and `annuli` of a manifest for frames of some pixels.

    Raises
    ------
    InputError
        If the frames, whose `name` is for the message, are too small.
    """
    outer = float(np.floor(2 * ((side - 1) / 2 / fwhm - 1)) / 2)
    if outer <= inner:
        raise InputError(
            f"{name}: {side} px around the star are {side / fwhm:.1f} FWHM, expected at least 5.5: give larger frames"
        )
    return {"valid_field": {"inner": inner, "outer": outer}, "annuli": _annuli(outer)}


def compose_manifest(
    name: str,
    files: SequenceFiles,
    seen: Look,
    stated: Stated,
    folder: Path,
    *,
    inner: float = INNER_EDGE,
    companions: Sequence[dict[str, Any]] = (),
) -> RealManifest:
    """Write down a dataset; `folder` is where its manifest will lie, `inner` where its valid field begins.

    Raises
    ------
    InputError
        If something stated is out of range, or if the frames are too small.
    """
    side = seen.crop[2] if seen.crop else seen.shape[-1]
    field = usual_field(str(files.cube), side, seen.fwhm, inner)
    left, bottom, _ = seen.crop or (0, 0, 0)
    rest = seen.shape[-1] - left, seen.shape[-2] - bottom
    crop = {"x": left, "y": bottom} | ({} if rest == (side, side) else {"size": side})
    pixel_scale = stated.pixel_scale
    if pixel_scale is None and files.pixel_scale:
        pixel_scale = read_number(files.pixel_scale)
    flux = {"star_flux": stated.star_flux, "star_flux_aperture": stated.star_flux_aperture}
    table: dict[str, Any] = {
        "format": 1,
        "kind": "real",
        "name": name,
        "version": "1",
        "title": name,
        "description": f"Made by `algozoo datasets add` from {files.cube.name if files.cube else name}.",
        "instrument": "not stated",
        "licence": "not stated",
        "source": "own data",
        "citation": "not stated",
        "pixel_scale": pixel_scale,
        **field,
        **{key: value for key, value in flux.items() if value is not None},
        "angle_unit": stated.angle_unit or (unit_of_angles(files.angles) if files.angles else None) or "deg",
        "angle_offset": stated.angle_offset,
        "crop": crop,
        "files": {
            part: _source(path, folder)
            for part in ("cube", "angles", "psf", "wavelengths", "reference")
            if (path := getattr(files, part)) is not None
        },
        "companions": list(companions),
    }
    return check_manifest(name, table)


def companion_table(name: str, fitted: FittedCompanion, sequence: ADISequence) -> dict[str, Any]:
    """Write down a measured companion as an entry of a manifest."""
    (separation, separation_error), (angle, angle_error) = fitted.to_sky(sequence)
    return {
        "name": name,
        "separation": round(separation, 5),
        "position_angle": round(angle, 3),
        "contrast": float(f"{fitted.companion.contrast:.4g}"),
        "separation_error": float(f"{separation_error:.2g}"),
        "position_angle_error": float(f"{angle_error:.2g}"),
        "contrast_error": float(f"{fitted.contrast_error:.2g}"),
        "source": (
            "Measured on this cube by a negative companion (algozoo.datasets.fit_companion); S/N "
            f"{fitted.snr_before:.1f} before, {fitted.snr_after:.1f} after its removal."
        ),
    }


def write_manifest(manifest: RealManifest, path: Path) -> None:
    """Write a manifest to a new TOML file, whole or not at all.

    Raises
    ------
    InputError
        If the file exists.
    AlgoZooError
        If it cannot be written.
    """
    if path.exists():
        raise InputError(f"{path}: exists already; remove it, or name another with -o")
    text = tomlkit.dumps(manifest.model_dump(mode="json", exclude_none=True))
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def place_from_text(text: str) -> tuple[float, float]:
    """Read SEPARATION,ANGLE in arcseconds and degrees East of North.

    Raises
    ------
    InputError
    """
    try:
        separation, angle = (float(word) for word in text.split(","))
    except ValueError:
        raise InputError(f"--companion {text!r}: expected SEPARATION,ANGLE as in 0.45,211 (arcsec, deg)") from None
    if not (np.isfinite([separation, angle]).all() and separation > 0):
        raise InputError(f"--companion {text!r}: expected a positive separation and a finite angle")
    return separation, angle


def guessed_companion(text: str, sequence: ADISequence) -> Companion:
    """Place a companion of unknown contrast in a sequence; see `place_from_text`."""
    separation, angle = place_from_text(text)
    return Companion.from_sky(sequence, separation=separation, position_angle=angle, contrast=0)


def _annuli(outer: float) -> list[dict[str, float]]:
    """Cut the usual annuli where the valid field ends; maps near its edges are not searched for companions."""
    last = outer - INJECTION_MARGIN
    return [{"inner": a, "outer": min(b, last)} for a, b in pairwise(USUAL_ANNULI) if a < last]


def _source(path: Path, folder: Path) -> dict[str, str]:
    """Describe a file: relative to the manifest where it lies beside or below, else by its address."""
    path, folder = path.resolve(), folder.resolve()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if path.is_relative_to(folder):
        return {"sha256": digest, "path": path.relative_to(folder).as_posix()}
    return {"url": path.as_uri(), "sha256": digest, "path": path.name}
