"""Anybody's own files as a dataset: the manifest that describes them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit

from algozoo.datasets.adding.folders import Files
from algozoo.datasets.adding.negative_companion import FittedCompanion
from algozoo.datasets.front import Opened
from algozoo.datasets.hdus import split_extension
from algozoo.datasets.lists import AngleUnit, unit_of_angles
from algozoo.datasets.manifest import RealManifest
from algozoo.datasets.nulls import SHORTEST_ARC, flip_arc
from algozoo.datasets.tables import read_number
from algozoo.errors import InputError
from algozoo.files import file_digest, write_text_whole
from algozoo.sequence import ADISequence
from algozoo.toml import Source, check_table

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
    angle_column: str | None = None
    angle_offset: float | None = None
    axes: str | None = None
    star_flux: float | None = None
    star_flux_aperture: float | None = None


def missing_facts(files: Files, opened: Opened, stated: Stated) -> dict[str, str]:
    """Return the fields of `Stated` that are needed and known from nowhere, each with what to say."""
    missing = {}
    if stated.pixel_scale is None and "pixel_scale" not in files:
        missing["pixel_scale"] = "arcseconds per pixel"
    if stated.star_flux is None and opened.seen.flux_refusal:
        missing["star_flux"] = opened.seen.flux_refusal
    return missing


def inner_edge(sequence: ADISequence) -> float:
    """Return where the valid field should begin (FWHM): where the twin is a null, if before the first annulus."""
    arc = flip_arc(sequence, 1.0)
    edge = np.ceil(10 * SHORTEST_ARC / arc) / 10 if arc else np.inf
    return float(edge) if INNER_EDGE < edge < USUAL_ANNULI[0] else INNER_EDGE


def new_manifest(origin: str, side: int, fwhm: float, inner: float, **facts: Any) -> RealManifest:
    """Make the first version of a manifest, with the usual field and annuli.

    Parameters
    ----------
    origin : str
        What messages call the sequence.
    side : int
        Pixels of the frames.
    fwhm : float
        Pixels.
    inner : float
        FWHM: where the valid field begins.
    facts
        The other fields of the manifest; None for what is left out.

    Raises
    ------
    InputError
        If the frames are too small, or a fact is out of range.
    """
    outer = float(np.floor(2 * ((side - 1) / 2 / fwhm - 1)) / 2)
    if outer <= inner:
        raise InputError(
            f"{origin}: {side} px around the star are {side / fwhm:.1f} FWHM, expected at least 5.5: give larger frames"
        )
    last = outer - INJECTION_MARGIN
    annuli = [{"inner": a, "outer": min(b, last)} for a, b in pairwise(USUAL_ANNULI) if a < last]
    table = {"format": 1, "kind": "real", "version": "1", "annuli": annuli, **facts}
    table["valid_field"] = {"inner": inner, "outer": outer}
    given = {field: value for field, value in table.items() if value is not None}
    return check_table(Source(origin, given), RealManifest)


def compose_manifest(
    name: str,
    files: Files,
    opened: Opened,
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
    ny, nx = opened.material.cube.shape[-2:]
    left, bottom, side, dx, dy = opened.placement
    crop: dict[str, Any] = {"x": left, "y": bottom}
    if (nx - left, ny - bottom) != (side, side):
        crop["size"] = side
    facts = asdict(stated)
    if dx or dy:  # the frames are shifted, and cut about the star
        crop = {"x": 0, "y": 0}
        facts["centre"] = [round(left + (side - 1) / 2 - dx, 4), round(bottom + (side - 1) / 2 - dy, 4)]
    if stated.pixel_scale is None and "pixel_scale" in files:
        facts["pixel_scale"] = read_number(files["pixel_scale"])
    if stated.angle_unit is None:
        facts["angle_unit"] = unit_of_angles(files["angles"], stated.angle_column) or "deg"
    return new_manifest(
        str(files["cube"]),
        side,
        opened.seen.psf.fwhm,
        inner,
        **facts,
        **dict.fromkeys(("instrument", "licence", "citation"), "not stated"),
        name=name,
        title=name,
        description=f"Made by `algozoo datasets add` from {files['cube'].name}.",
        source="own data",
        crop=crop,
        files={part: _source(path, folder) for part, path in files.items() if part != "pixel_scale"},
        companions=list(companions),
    )


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
    write_text_whole(path, text)


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


def _source(path: Path, folder: Path) -> dict[str, str]:
    """Describe a file: relative to the manifest where it lies beside or below, else by its address."""
    if split_extension(path)[1] is not None:
        raise InputError(f"{path}: a dataset is made of whole files: save this HDU as a file of its own")
    path, folder = path.resolve(), folder.resolve()
    digest = file_digest(path)
    if path.is_relative_to(folder):
        return {"sha256": digest, "path": path.relative_to(folder).as_posix()}
    return {"url": path.as_uri(), "sha256": digest, "path": path.name}
