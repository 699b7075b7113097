"""The contract between a detection algorithm and the platform."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from algozoo.arguments import Keywords, checked, expect
from algozoo.companions import Companion
from algozoo.detectors.parameters import declared, parameter_fields
from algozoo.errors import InputError
from algozoo.sequence import ADISequence

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

Training = Literal["none", "transfer", "flipped", "flipped twin of each trial", "oracle-empty"]
"""What the platform fits a detector to; see `Detector.training`."""

Kind = Literal["snr", "probability", "log_odds", "likelihood_ratio", "ratio"]


class Declined(Exception):  # noqa: N818 - it is an answer, not an error
    """Raised by a detector that cannot take a sequence; the message is the reason and stands on the board."""


@dataclass(frozen=True)
class Cost:
    """What a map took: seconds by the clock, CPU seconds, and the peak of memory in bytes."""

    seconds: float
    cpu_seconds: float
    memory_bytes: int


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DetectionMap(Keywords):
    """What a detector returns.

    Parameters
    ----------
    scores : array (n, n)
        In the derotated frame; larger is more planet-like, NaN where the detector says nothing. No threshold.
    kind : {'snr', 'probability', 'log_odds', 'likelihood_ratio', 'ratio'}
        Log-odds are ``ln(p / (1 - p))`` of a probability p, which does not round to 1 where a companion is certain.
    image : array (n, n), optional
        Final residual image, for a person to look at.
    flux : array (n, n), optional
        Flux of a companion at each pixel in the unit of the cube, for characterisation.
    cost : Cost, optional
        What it took, where that was measured: in the sandbox.

    Raises
    ------
    InputError
        If a field is not a square array of real numbers, has a mask, or not the shape of the others.
    """

    scores: NDArray[np.float64]
    kind: Kind
    image: NDArray[np.float64] | None = None
    flux: NDArray[np.float64] | None = None
    cost: Cost | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise InputError(f"detection map: kind is {self.kind!r}, expected one of {', '.join(get_args(Kind))}")
        for name in ("scores", "image", "flux"):
            value = getattr(self, name)
            if value is None and name != "scores":
                continue
            if np.iscomplexobj(value):
                raise InputError(f"detection map: {name} is complex, expected real numbers")
            if np.ma.is_masked(value):
                raise InputError(f"detection map: {name} is masked, expected NaN where the detector says nothing")
            try:
                array = np.array(value, dtype=np.float64)
            except (TypeError, ValueError) as error:
                raise InputError(f"detection map: {name} is not an array of numbers ({error})") from None
            if array.ndim != 2 or array.shape != np.shape(self.scores) or array.shape[0] != array.shape[1]:
                raise InputError(f"detection map: {name} has shape {array.shape}, expected (n, n) as the frames")
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def plot(self, sequence: ADISequence | None = None) -> "Figure":
        """Draw the map with matplotlib's pyplot, so that a notebook shows it.

        Parameters
        ----------
        sequence : ADISequence, optional
            That of the map: it gives the axes in arcseconds and the candidates by number. Without it, in pixels.

        Raises
        ------
        InputError
            If the map is not one of this sequence.
        """
        from algozoo.plots.maps import plot_map  # noqa: PLC0415 - matplotlib takes long to import
        from algozoo.products import candidate_table  # noqa: PLC0415 - as does astropy

        if sequence is not None:
            expect(sequence, ADISequence, "plot: sequence", "detection.plot(night)")
        return plot_map(self, sequence, None if sequence is None else candidate_table(self, sequence))

    @checked
    def write(self, path: "str | Path", sequence: ADISequence | None = None) -> None:
        """Write the map, and the residual image and the fluxes if there are any, to a FITS file.

        Parameters
        ----------
        path : path
            Replaced whole or not at all.
        sequence : ADISequence, optional
            That of the map: its name, pixel scale and direction of North go into the header.

        Raises
        ------
        AlgoZooError
            If it cannot be written.
        """
        from algozoo.products import write_map  # noqa: PLC0415 - astropy takes long to import

        write_map(self, path, sequence)

    def __repr__(self) -> str:
        scored = self.scores[np.isfinite(self.scores)]
        extent = f"{scored.min():.3g} to {scored.max():.3g}" if scored.size else "nothing scored"
        return f"DetectionMap({self.kind}, {len(self.scores)}x{len(self.scores)} px, {extent})"


@dataclass(frozen=True, kw_only=True)
class Detector(Keywords, ABC):
    """A detection algorithm: a frozen dataclass whose fields are its parameters.

    The annotation of a parameter has its type and bounds, as in pydantic: ``Annotated[int, Field(ge=1)]``. A field with
    ``compare=False`` is no parameter: it holds what was learned.

    `title` and `reference` name it for readers, and the first line of its docstring says what it does.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    kind: ClassVar[Kind | None] = None
    """What its maps hold, where all of them hold the same; see `DetectionMap`."""
    control: ClassVar[bool] = False
    """True for the yardsticks of the board, which find by construction everything, or nothing but by chance."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Modules that it imports and that are not installed with AlgoZoo; a suite leaves it out where one is missing."""
    subtracts: ClassVar[bool] = False
    """True if its residual image has a fraction of a companion's flux, the rest subtracted with a model of the star."""
    maps_only: ClassVar[bool] = False
    """True if its maps were made elsewhere, so that it cannot be run again."""
    reproducible: ClassVar[bool] = True
    """False if the same sequence gives another map each time, so that only fresh nights can check its row."""
    version: ClassVar[str] = ""
    """Of a built-in detector: raised when the numbers of its maps change, because keys of results are made of it; of
    third-party code the text stands in the key instead."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Make `fit` and `detect` refuse what is no sequence."""
        super().__init_subclass__(**options)
        for method in {"fit", "detect"} & vars(cls).keys():
            setattr(cls, method, _of_sequences(vars(cls)[method]))

    def check_parameters(self) -> None:
        """Check the type and the bounds of each parameter; a rule for several parameters is added by a subclass.

        `create` calls it, and `fit` or `detect` of a detector that has bounds.

        Raises
        ------
        InputError
            It names the parameter, its value and what was expected.
        """
        for name, parameter in declared(type(self)).items():
            if not parameter.accepts(value := getattr(self, name)):
                raise InputError(f"{self.name}: {name} is {value!r}, expected {parameter.expected}")

    def prepare(self, tell: Callable[[str], object] = lambda _: None) -> None:  # noqa: ARG002 - submissions use it
        """Make ready what the detector runs on, so that what is missing is known before a long run.

        Parameters
        ----------
        tell : callable
            Gets a line of text for a person before something that takes minutes.

        Raises
        ------
        AlgoZooError
            If something is missing, such as one of `needs`.
        """
        for module in self.needs:
            if find_spec(module) is None:
                raise InputError(f"{self.name} needs {module}, which is not installed; install it with pip")

    def training(self, *, ensemble: bool) -> Training:
        """Return what the platform fits the detector to.

        Parameters
        ----------
        ensemble : bool
            Whether there are sequences that no trial uses, or only one night.

        Returns
        -------
        {'none', 'transfer', 'flipped', 'flipped twin of each trial', 'oracle-empty'}
            'transfer' is a sequence that no trial uses, 'flipped' the reversed-angle sequence of the trials' night
            without companions, 'oracle-empty' that night itself. Only detectors of AlgoZoo may learn from the last two:
            another could keep their frames, which are those of the trials without the companion.
        """
        if not self.learns:
            return "none"
        return "transfer" if ensemble else "flipped twin of each trial"

    def fit(self, sequence: ADISequence) -> Self:  # noqa: ARG002 - supervised detectors use it
        """Learn from a sequence in which nothing on the sky adds up, and return a fitted copy.

        Only supervised detectors override it. The sequence is one of the dataset's that no trial uses or, where there
        is no other, the flipped twin of the trial's own; never that of a trial without its companion.
        """
        return self

    def told(self, companions: tuple[Companion, ...]) -> Self:  # noqa: ARG002 - the oracle uses it
        """Return a copy that knows the companions of a trial; only a control is told them."""
        return self

    @abstractmethod
    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Score every pixel of the derotated field.

        Raises
        ------
        Declined
            If the algorithm does not apply to the sequence.
        """

    def note(self, sequence: ADISequence) -> str:  # noqa: ARG002 - some detectors have something to say
        """Say what a person should know of the map of a sequence, such as where nothing is scored, and why."""
        return ""

    @property
    def learns(self) -> bool:
        """True if it must be fitted."""
        return type(self).fit is not Detector.fit

    @property
    def learning_curve(self) -> NDArray[np.float64] | None:
        """Epoch, loss, validation loss and validation AUC (n_epochs, 4) of a detector that learned in epochs."""
        return None

    @property
    def confinement(self) -> str | None:
        """What confines its code; none if it runs in this process."""
        return None

    @property
    def summary(self) -> str:
        """What the detector does: the first line of its docstring."""
        return (type(self).__doc__ or self.title).strip().partition("\n")[0]

    @property
    def parameters(self) -> dict[str, Any]:
        """All parameters with their values."""
        return {f.name: getattr(self, f.name) for f in parameter_fields(type(self))}

    @property
    def label(self) -> str:
        """Name for tables and legends: with those parameters that differ from the defaults."""
        defaults = {
            f.name: f.default_factory() if callable(f.default_factory) else f.default
            for f in parameter_fields(type(self))
        }
        changed = [f"{name}={value}" for name, value in self.parameters.items() if value != defaults[name]]
        return f"{self.name}({', '.join(changed)})" if changed else self.name


def _of_sequences(method: Callable[..., Any]) -> Callable[..., Any]:
    @checked
    @wraps(method)
    def call(self: Detector, sequence: ADISequence, **options: Any) -> Any:
        name = type(self).__name__
        example = f'{name}().{method.__name__}(night), where night = load_dataset("betapic").sequence(0) or read(...)'
        expect(sequence, ADISequence, f"{name}: sequence", example)
        return method(self, sequence, **options)

    return call
