"""The contract between a detection algorithm and the platform."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from algozoo.errors import InputError
from algozoo.sequence import ADISequence

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
class DetectionMap:
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

    def __repr__(self) -> str:
        scored = self.scores[np.isfinite(self.scores)]
        extent = f"{scored.min():.3g} to {scored.max():.3g}" if scored.size else "nothing scored"
        return f"DetectionMap({self.kind}, {len(self.scores)}x{len(self.scores)} px, {extent})"


@dataclass(frozen=True, kw_only=True)
class Detector(ABC):
    """A detection algorithm: a frozen dataclass whose fields are its parameters.

    `title` and `reference` name it for readers, and the first line of its docstring says what it does.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    control: ClassVar[bool] = False
    """True for the yardsticks of the board, which find by construction everything, or nothing but by chance."""
    version: ClassVar[str] = ""
    """Of a built-in detector: raised when the numbers of its maps change, because keys of results are made of it; of
    third-party code the text stands in the key instead."""

    def fit(self, sequence: ADISequence) -> Self:  # noqa: ARG002 - supervised detectors use it
        """Learn from a sequence in which nothing on the sky adds up, and return a fitted copy.

        Only supervised detectors override it. The sequence is one of the dataset's that no trial uses or, where there
        is no other, the flipped twin of the trial's own; never that of a trial without its companion.
        """
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
    def summary(self) -> str:
        """What the detector does: the first line of its docstring."""
        return (type(self).__doc__ or self.title).strip().partition("\n")[0]

    @property
    def parameters(self) -> dict[str, Any]:
        """All parameters with their values."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}

    @property
    def label(self) -> str:
        """Name for tables and legends: with those parameters that differ from the defaults."""
        defaults = {f.name: f.default_factory() if callable(f.default_factory) else f.default for f in fields(self)}
        changed = [f"{name}={value}" for name, value in self.parameters.items() if value != defaults[name]]
        return f"{self.name}({', '.join(changed)})" if changed else self.name
