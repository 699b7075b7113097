"""Manifests: what a dataset is, written by hand in TOML and checked as a whole."""

from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, cast

from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
)

from algozoo.datasets.annuli import Calibration, Statistics, TrialAnnulus
from algozoo.datasets.simulate.parameters import Simulation
from algozoo.toml import (
    Line,
    Name,
    NotNegative,
    Positive,
    Sha256,
    Table,
    Text,
    Url,
    Version,
    check_table,
    parse_toml,
)

FILE_URL = "file://"

SMALLEST_RESOLUTION = 2
"""Pixels per lambda/D; fewer would lose information."""


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

    @property
    def web_address(self) -> str | None:
        """Where anybody can download it, or None."""
        return None if self.url is None or self.url.startswith(FILE_URL) else self.url

    @field_validator("path")
    @classmethod
    def _stays_in_the_folder(cls, path: str) -> str:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\\" in path:
            raise ValueError("expected a path inside the mirror folder, with forward slashes")
        return path


class Files(Table):
    """The files of an ADI sequence; wavelengths only with a 4-D cube, reference frames only if there are any."""

    cube: SourceFile
    angles: SourceFile
    psf: SourceFile
    wavelengths: SourceFile | None = None
    reference: SourceFile | None = None


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

    name: Line
    separation: Positive
    position_angle: float
    contrast: Positive
    separation_error: Positive | None = None
    position_angle_error: Positive | None = None
    contrast_error: Positive | None = None
    source: Text


NOT_IN_TRIALS = frozenset(
    {"title", "description", "instrument", "licence", "source", "citation", "calibration", "statistics"}
)
"""Fields of a manifest on which no trial depends: text for readers, and records of how its numbers were found."""


OPTIONAL = frozenset({"angle_column", "angle_offset", "axes", "centre"})


class Manifest(Table):
    """What every manifest says of its dataset."""

    format: Literal[1]
    name: Name
    version: Version
    title: Line
    description: Text
    instrument: Line
    licence: Line
    source: Text
    citation: Text
    pixel_scale: Positive
    valid_field: ValidField
    annuli: Annotated[tuple[TrialAnnulus, ...], Field(strict=False)] = ()
    calibration: Calibration | None = None

    @field_validator("annuli")
    @classmethod
    def _lie_in_the_valid_field(
        cls, annuli: tuple[TrialAnnulus, ...], info: ValidationInfo
    ) -> tuple[TrialAnnulus, ...]:
        if "valid_field" not in info.data:
            return annuli
        field = info.data["valid_field"]
        for annulus in annuli:
            if annulus.inner < field.inner or annulus.outer > field.outer:
                raise ValueError(
                    f"the annulus {annulus.inner:g} to {annulus.outer:g} FWHM reaches beyond the valid field, "
                    f"{field.inner:g} to {field.outer:g} FWHM"
                )
        return annuli

    @field_validator("calibration")
    @classmethod
    def _is_of_this_version(cls, calibration: Calibration | None, info: ValidationInfo) -> Calibration | None:
        version = info.data.get("version", calibration and calibration.version)
        if calibration and calibration.version != version:
            raise ValueError(
                f"the contrasts were calibrated on version {calibration.version} of the dataset, and this is version "
                f"{version}: run `algozoo datasets calibrate {info.data.get('name', 'NAME')}`"
            )
        return calibration


class RealManifest(Manifest):
    """A sequence from a telescope.

    `star_flux` is the star's flux, in the cube's unit, in an aperture of `star_flux_aperture` pixels in diameter (one
    FWHM by default); without it, the flux in the file of the PSF is the star's. With wavelengths it is the mean over
    the channels. `angle_unit` is that of the file, `angle_column` the column of a table, `angle_offset` is added to the
    angles (degrees), so that North is up in the derotated frame; without it North is not known. `axes` is the order of
    the cube's axes, as in "wtyx"; `centre` the pixel of the star in the cropped frames, which are then shifted.
    """

    kind: Literal["real"]
    star_flux: Positive | None = None
    star_flux_aperture: Positive | None = None
    angle_unit: Literal["deg", "rad"] = "deg"
    angle_column: Line | None = None
    angle_offset: float | None = None
    axes: Line | None = None
    crop: Crop
    centre: Annotated[tuple[float, float] | None, Field(strict=False)] = None
    files: Files
    companions: Annotated[tuple[KnownCompanion, ...], Field(strict=False)] = ()

    @model_serializer(mode="wrap")
    def _without_what_is_not_stated(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out fields that came later, where they are not used, so that keys of older results hold."""
        fields = handler(self)
        return {key: value for key, value in fields.items() if key not in OPTIONAL or value is not None}


class SimulatedManifest(Manifest):
    """An ensemble of simulated sequences; those of a suite are drawn from its seed too."""

    kind: Literal["simulated"]
    n_sequences: Annotated[int, Field(ge=1)]
    seed: Annotated[int, Field(ge=0)]
    simulation: Simulation
    statistics: Statistics | None = None

    @field_validator("simulation")
    @classmethod
    def _frames_hold_the_psf_and_the_valid_field(cls, simulation: Simulation, info: ValidationInfo) -> Simulation:
        if "pixel_scale" not in info.data:
            return simulation
        sharpest, widest = simulation.lambda_over_d(info.data["pixel_scale"])
        if sharpest < SMALLEST_RESOLUTION:
            raise ValueError(
                f"expected at least {SMALLEST_RESOLUTION:g} pixels per lambda/D: pixel_scale, wavelength_um.low and "
                f"telescope_diameter_m give {sharpest:.2f}"
            )
        if simulation.size < 8 * widest + 1:
            raise ValueError(f"expected size to be at least 8 lambda/D and one pixel, {8 * widest + 1:.1f}")
        valid_field = info.data.get("valid_field")
        largest = (simulation.size - 1) / 2 / widest - 1
        if valid_field and valid_field.outer > largest:
            raise ValueError(
                f"expected frames that hold the valid field: size {simulation.size} and lambda/D of {widest:.2f} "
                f"pixels allow outer up to {largest:.2f} (one FWHM from the edge), not {valid_field.outer:g}"
            )
        return simulation


class _UnknownKind(Manifest):
    """Finds the mistakes that can be told without a valid `kind`."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["real", "simulated"]


def load_manifest(path: str | Path, *, without_calibration: bool = False) -> RealManifest | SimulatedManifest:
    """Read and check the manifest of a dataset.

    Parameters
    ----------
    path : path
        A TOML file.
    without_calibration : bool
        Leave the calibration out, which may be of another version, as it is about to be made anew.

    Raises
    ------
    InputError
        If the file cannot be read, is not TOML, or has mistakes; all of them are listed.
    """
    source = parse_toml(Path(path))
    if without_calibration:
        source.document.pop("calibration", None)
    kinds: dict[str, type[Manifest]] = {"real": RealManifest, "simulated": SimulatedManifest}
    manifest = check_table(source, kinds.get(str(source.document.get("kind")), _UnknownKind))
    return cast("RealManifest | SimulatedManifest", manifest)  # _UnknownKind accepts no document that gets here
