"""Manifests: what a dataset is, written by hand in TOML and checked as a whole."""

import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from algozoo.errors import InputError

Model = TypeVar("Model", bound=BaseModel)


def _matching(pattern: str, expected: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"expected {expected}")
        return text

    return AfterValidator(check)


Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, _matching(r"[a-z0-9][a-z0-9-]*", "lower-case letters, digits and hyphens")]
Version = Annotated[str, _matching(r"\d+(\.\d+)*", "numbers and dots in quotes, such as '1' or '1.2'")]
Url = Annotated[str, _matching(r"(https?|file)://\S+", "an address that begins with https:// or file://")]
Sha256 = Annotated[str, _matching(r"[0-9a-f]{64}", "64 hexadecimal digits in lower case, as sha256sum prints")]


class Table(BaseModel):
    """A table of a manifest; a field it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ValidField(Table):
    """Annulus around the star, in FWHM, where companions are injected and maps are scored."""

    inner: NotNegative
    outer: Positive

    @field_validator("outer")
    @classmethod
    def _ends_after_it_begins(cls, outer: float, info: ValidationInfo) -> float:
        if outer <= info.data.get("inner", -1):
            raise ValueError(f"expected more than inner, which is {info.data['inner']:g}")
        return outer


class SourceFile(Table):
    """A file of a real dataset: its checksum, its path in a mirror folder, and where it is published.

    Without `url` it lies at `path` beside the manifest, or in a mirror.
    """

    url: Url | None = None
    sha256: Sha256
    path: Text

    @field_validator("path")
    @classmethod
    def _stays_in_the_folder(cls, path: str) -> str:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\\" in path:
            raise ValueError("expected a path inside the mirror folder, with forward slashes")
        return path


class Files(Table):
    """The files of an ADI sequence; wavelengths only with a 4-D cube."""

    cube: SourceFile
    angles: SourceFile
    psf: SourceFile
    wavelengths: SourceFile | None = None


class Crop(Table):
    """Columns (x) and rows (y) cut at the start of each frame, so that the star is in the centre.

    `size` is the side of what is left, where something is cut at the end too.
    """

    x: Annotated[int, Field(ge=0)]
    y: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=1)] | None = None


class KnownCompanion(Table):
    """A companion that is really there.

    Its separation is in arcseconds and its position angle in degrees East of North; errors are standard errors.
    """

    name: Text
    separation: Positive
    position_angle: float
    contrast: Positive
    separation_error: Positive | None = None
    position_angle_error: Positive | None = None
    contrast_error: Positive | None = None
    source: Text


class Rotation(Table):
    """Range from which the field rotation of each sequence is drawn, in degrees."""

    low: Positive
    high: Annotated[float, Field(gt=0, lt=360)]

    @field_validator("high")
    @classmethod
    def _not_below_low(cls, high: float, info: ValidationInfo) -> float:
        if high < info.data.get("low", 0):
            raise ValueError(f"expected at least low, which is {info.data['low']:g}")
        return high


class Simulation(Table):
    """Parameters of `algozoo.datasets.simulate`, one ADI sequence of a star without companions.

    Parameters
    ----------
    n_frames, size : int
        Number of frames and their side in pixels, at least 8 FWHM.
    fwhm : float
        Of the off-axis PSF, in pixels.
    field_rotation : Rotation
        Degrees.
    star_flux_electrons : float
        The star's flux in an aperture of diameter FWHM, per frame, without the coronagraph.
    halo_contrast : float
        Mean starlight one FWHM from the centre, relative to the peak of the star without the coronagraph.
    halo_slope : float
        The halo falls as ``separation**-halo_slope`` beyond one FWHM.
    speckle_fraction : float
        Share of the halo that is coherent and makes speckles; the rest is smooth.
    evolving_fraction : float
        Share of the speckles' energy that changes with time; the rest is static.
    evolving_modes : int
        Number of patterns that the changing part is made of.
    lifetime_frames : float
        Correlation time of their amplitudes.
    seeing_rms : float
        Relative variation of the smooth halo, with the same correlation time.
    sky_electrons : float
        Background per pixel and frame; its mean is subtracted, its noise stays.
    read_noise_electrons : float
        Standard deviation per pixel and frame.
    """

    n_frames: Annotated[int, Field(ge=2)]
    fwhm: Annotated[float, Field(ge=2)]
    size: Annotated[int, Field(ge=17)]
    field_rotation: Rotation
    star_flux_electrons: Annotated[float, Field(gt=0, le=1e14)]
    halo_contrast: Annotated[float, Field(gt=0, le=1)]
    halo_slope: Annotated[float, Field(ge=0, le=6)]
    speckle_fraction: Annotated[float, Field(ge=0, le=1)]
    evolving_fraction: Annotated[float, Field(ge=0, le=1)]
    evolving_modes: Annotated[int, Field(ge=1)]
    lifetime_frames: Positive
    seeing_rms: Annotated[float, Field(ge=0, lt=1)]
    sky_electrons: Annotated[float, Field(ge=0, le=1e14)]
    read_noise_electrons: Annotated[float, Field(ge=0, le=1e7)]

    @field_validator("size")
    @classmethod
    def _holds_the_psf(cls, size: int, info: ValidationInfo) -> int:
        fwhm = info.data.get("fwhm", 0)
        if size < 8 * fwhm + 1:
            raise ValueError(f"expected at least 8 FWHM and one pixel, {8 * fwhm + 1:g}")
        return size


class Manifest(Table):
    """What every manifest says of its dataset."""

    format: Literal[1]
    name: Name
    version: Version
    title: Text
    description: Text
    instrument: Text
    licence: Text
    source: Text
    citation: Text
    pixel_scale: Positive
    valid_field: ValidField


class RealManifest(Manifest):
    """A sequence from a telescope.

    `star_flux` is the star's flux, in the cube's unit, in an aperture of `star_flux_aperture` pixels in diameter (one
    FWHM by default); without it, the flux in the file of the PSF is the star's. With wavelengths it is the mean over
    the channels. `angle_unit` is that of the file, `angle_offset` is added to the angles (degrees), so that North is up
    in the derotated frame.
    """

    kind: Literal["real"]
    star_flux: Positive | None = None
    star_flux_aperture: Positive | None = None
    angle_unit: Literal["deg", "rad"] = "deg"
    angle_offset: float
    crop: Crop
    files: Files
    companions: Annotated[tuple[KnownCompanion, ...], Field(strict=False)] = ()


class SimulatedManifest(Manifest):
    """An ensemble of simulated sequences; sequence i is drawn from the seed pair (`seed`, i)."""

    kind: Literal["simulated"]
    n_sequences: Annotated[int, Field(ge=1)]
    seed: Annotated[int, Field(ge=0)]
    simulation: Simulation

    @field_validator("simulation")
    @classmethod
    def _frames_hold_the_valid_field(cls, simulation: Simulation, info: ValidationInfo) -> Simulation:
        valid_field = info.data.get("valid_field")
        largest = (simulation.size - 1) / 2 / simulation.fwhm - 1
        if valid_field and valid_field.outer > largest:
            raise ValueError(
                f"expected frames that hold the valid field: size {simulation.size} and fwhm {simulation.fwhm:g} "
                f"allow valid_field.outer up to {largest:.2f} (one FWHM from the edge), not {valid_field.outer:g}"
            )
        return simulation


class _UnknownKind(Manifest):
    """Finds the mistakes that can be told without a valid `kind`."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["real", "simulated"]


def load_manifest(path: str | Path) -> RealManifest | SimulatedManifest:
    """Read and check the manifest of a dataset.

    Parameters
    ----------
    path : path
        A TOML file.

    Raises
    ------
    InputError
        If the file cannot be read, is not TOML, or has mistakes; all of them are listed.
    """
    document = _parse(Path(path))
    kinds: dict[str, type[Manifest]] = {"real": RealManifest, "simulated": SimulatedManifest}
    manifest = _validate(Path(path), document, kinds.get(str(document.get("kind")), _UnknownKind))
    return cast("RealManifest | SimulatedManifest", manifest)  # _UnknownKind accepts no document that gets here


def check_manifest(name: str, table: dict[str, Any]) -> RealManifest:
    """Make the manifest of a real dataset from its table.

    Raises
    ------
    InputError
        If it has mistakes; all of them are listed.
    """
    return _validate(name, table, RealManifest)


def read_toml(path: Path, model: type[Model]) -> Model:
    """Read a TOML file and check it against a pydantic model.

    Raises
    ------
    InputError
        If the file cannot be read, is not TOML, or has mistakes: the first line names the file and their number,
        each further line gives the dotted path of one, the value found there and what was expected.
    """
    return _validate(path, _parse(path), model)


def _parse(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not text in UTF-8 ({error.reason} at byte {error.start})") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        lines = text.split("\n")
        end = f"line {len(lines)}, column {len(lines[-1]) + 1}"
        raise InputError(f"{path}: is not TOML: {str(error).replace('end of document', end)}") from None


def _validate(path: str | Path, document: dict[str, Any], model: type[Model]) -> Model:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise InputError("\n".join([f"{path}: {count}", *map(_describe, mistakes)])) from None


PLAIN_WORDS = {
    "missing": "missing; add it",
    "extra_forbidden": "no such field; correct its name or remove it",
    "model_type": "expected a table",
    "dict_type": "expected a table",
    "tuple_type": "expected a list",
}


def _describe(mistake: ErrorDetails) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in mistake["loc"])
    given = mistake["input"]
    value = "" if isinstance(given, dict | list) else f" = {given!r}"
    message = re.sub(r"^\w+ should (be |have )?", "expected ", mistake["msg"].removeprefix("Value error, "))
    return f"  {place.removeprefix('.')}{value}: {PLAIN_WORDS.get(mistake['type'], message)}"
