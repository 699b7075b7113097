"""What the store says of a run and of a dataset: read once, checked, and passed on as it is."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from algozoo.benchmark.suite import Suite
from algozoo.datasets.annuli import TrialAnnulus
from algozoo.datasets.manifest import RealManifest, SimulatedManifest
from algozoo.toml import DetectorLabel, DetectorName, Name, Printed, PrintedLine

FORMAT = 3
"""Of the files of the store; those of another format are not read."""
CLOCKS_DIFFER = timedelta(days=1)
"""By how much the clocks of two machines may differ."""


class _Facts(BaseModel):
    """Facts of a file that others may have sent: names in it can be those of files, numbers are finite.

    Fields that are not known are left out, since a later AlgoZoo may record more in files of the same format. A field
    with a default may be missing, since an earlier one recorded less.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class RecordedDetector(_Facts):
    """The detector of a run.

    Attributes
    ----------
    label, name, title, reference, summary : str
        See `algozoo.detectors.contract.Detector`.
    control : bool
        Whether it has no rank.
    parameters : dict
        Each value as Python writes it.
    sandbox : str, optional
        What confined it; none if it is no submission.
    maps_only : bool
        Whether its maps were made elsewhere.
    reproducible : bool
        Whether the same sequence gives the same map; written only if not.
    """

    label: DetectorLabel
    name: DetectorName
    title: PrintedLine
    reference: PrintedLine
    summary: Printed
    control: bool
    parameters: dict[Printed, Printed]
    sandbox: Printed | None = None
    maps_only: bool = False
    reproducible: bool = True


def _is_a_time(text: str) -> str:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("has no time zone, expected a time such as 2026-01-01T10:00:00+00:00")
    if moment > datetime.now(UTC) + CLOCKS_DIFFER:
        raise ValueError("is in the future")
    return text


class RunCost(_Facts):
    """When a run started (ISO 8601) and what it took; nothing is known of one whose process died."""

    started: Annotated[str, AfterValidator(_is_a_time)]
    seconds: float | None = None
    cpu_seconds: float | None = None
    process_peak_memory_bytes: int | None = None


class Environment(_Facts):
    """Versions, machine and, in a source checkout, the commit; empty where it could not be found out."""

    algozoo: Printed = ""
    python: Printed = ""
    packages: dict[Printed, Printed] = Field(default_factory=dict)
    platform: Printed = ""
    processor: Printed = ""
    commit: Printed = ""
    dirty: bool = False


class RunRecord(RunCost, Environment):
    """What the file of a shard says of its run.

    Attributes
    ----------
    format : int
    key : str
        Content key of the shard, which is the name of its file.
    n_failed : int
        Trials that another run may change.
    suite : Suite
        As it was run.
    dataset : str
    annuli : tuple of TrialAnnulus
        Where companions were injected, and how bright.
    trials : str
        Digest of all that makes the trials of the dataset.
    sequence : int
    training : str
        What the detector learned from.
    detector : RecordedDetector
    """

    format: int = FORMAT
    key: str
    n_failed: int = 0
    suite: Suite
    dataset: Name
    annuli: tuple[TrialAnnulus, ...]
    trials: str
    sequence: int
    training: Printed = ""
    detector: RecordedDetector

    @property
    def start(self) -> datetime:
        """When the run started."""
        return datetime.fromisoformat(self.started)

    def to_json(self) -> str:
        """Write it as JSON; a cost that is not known is left out, and so is `reproducible` of a detector that is."""
        left_out = {name: True for name in RunCost.model_fields if getattr(self, name) is None}
        usual = {"detector": {"reproducible": self.detector.reproducible}}
        return self.model_dump_json(exclude={**left_out, **usual})


class Preview(_Facts):
    """What a dataset is and what its first sequence looks like.

    A field that is not known is refused: the file is compared with the one that is made here.

    Attributes
    ----------
    manifest : RealManifest or SimulatedManifest
    n_sequences : int
    n_frames : int
    size : int
        Side of a frame in px.
    fwhm : float
        Pixels.
    field_rotation : float
        Degrees.
    pixel_scale : float
        Arcseconds per pixel.
    """

    model_config = ConfigDict(extra="forbid")

    manifest: Annotated[RealManifest | SimulatedManifest, Field(discriminator="kind")]
    n_sequences: int
    n_frames: int
    size: int
    fwhm: float
    field_rotation: float
    pixel_scale: float
