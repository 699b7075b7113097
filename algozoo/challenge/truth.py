"""What was injected into the sets of the data challenges, written by hand in TOML and checked as a whole."""

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from algozoo.toml import NotNegative, Positive, Table

Pair = Annotated[list[float], Field(min_length=2, max_length=2)]


class MapSet(Table):
    """A set of the first challenge: its map, and the companions in it.

    Parameters
    ----------
    name : str
        Instrument and number, such as ``sphere_irdis_1``.
    size : int
        The map has `size` x `size` px.
    fwhm : float
        In px, at least 1.
    companions : list of [x, y]
        In px of the map, x the column and y the row, both from 0 in the centre of the lower left pixel; may be empty.
    inner, outer : float
        Ends of the field that is scored, in px from the middle of the map, ``(size - 1) / 2``; by default one FWHM, and
        the whole map.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+_\d+$")]
    size: Annotated[int, Field(gt=2, le=2048)]
    fwhm: Annotated[float, Field(ge=1)]
    inner: NotNegative | None = None
    outer: Positive | None = None
    companions: list[Pair]

    @field_validator("companions")
    @classmethod
    def _in_the_field(cls, companions: list[list[float]], info: ValidationInfo) -> list[list[float]]:
        if {"size", "fwhm", "inner", "outer"} <= set(info.data):
            size, middle = info.data["size"], (info.data["size"] - 1) / 2
            ends = {key: info.data[key] for key in ("size", "fwhm", "inner", "outer")}
            for x, y in companions:
                row, column = round(y), round(x)
                distance = np.hypot(row - middle, column - middle)
                if not (0 <= row < size and 0 <= column < size and _inside(distance, **ends)):
                    raise ValueError(
                        f"[{x:g}, {y:g}] is not in the field that is scored; correct it, or inner and outer"
                    )
        return companions

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Field that is scored, (size, size)."""
        distance = np.hypot(*(np.mgrid[: self.size, : self.size] - (self.size - 1) / 2))
        return np.asarray(_inside(distance, self.size, self.fwhm, self.inner, self.outer))

    @property
    def x(self) -> NDArray[np.float64]:
        """Columns of the companions."""
        return np.array(self.companions, dtype=float).reshape(-1, 2)[:, 0]

    @property
    def y(self) -> NDArray[np.float64]:
        """Rows of the companions."""
        return np.array(self.companions, dtype=float).reshape(-1, 2)[:, 1]

    @property
    def instrument(self) -> str:
        """The name without its number."""
        return self.name.rpartition("_")[0]

    def file(self, kind: str) -> str:
        """Name of the file of a kind, 'detmap' or 'fwhm', in an entry."""
        return f"{self.instrument}_{kind}_{self.name.rpartition('_')[2]}.fits"


def _inside(distance: Any, size: int, fwhm: float, inner: float | None, outer: float | None) -> Any:
    """Tell for distances from the middle of the map whether they are in the field that is scored."""
    return (distance >= (fwhm if inner is None else inner)) & (distance <= (size if outer is None else outer))


class Spectrum(Table):
    """A companion of the second challenge.

    Parameters
    ----------
    offset : [x, y]
        From the star in px, x to the right and y up.
    contrast : list of float
        In each channel.
    """

    offset: Pair
    contrast: Annotated[list[Positive], Field(min_length=1)]


class SpectrumSet(Table):
    """A set of the second challenge; its name is such as ``sphere1``."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    companions: Annotated[list[Spectrum], Field(min_length=1)]

    @field_validator("companions")
    @classmethod
    def _as_many_channels(cls, companions: list[Spectrum]) -> list[Spectrum]:
        channels = sorted({len(companion.contrast) for companion in companions})
        if len(channels) > 1:
            raise ValueError(f"expected as many channels for each companion, there are {channels}")
        return companions

    @property
    def offsets(self) -> NDArray[np.float64]:
        """Places of the companions, (n, 2)."""
        return np.array([companion.offset for companion in self.companions])

    @property
    def contrasts(self) -> NDArray[np.float64]:
        """Contrasts of the companions, (n, n_wavelengths)."""
        return np.array([companion.contrast for companion in self.companions])


def _once(sets: list[MapSet]) -> list[MapSet]:
    names = [one.name for one in sets]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"expected each set once, {', '.join(twice)} is there more often")
    return sets


class MapTruth(Table):
    """Truth of the first challenge; the order of the sets is that of its sums."""

    format: Literal[1]
    sets: Annotated[list[MapSet], Field(min_length=1), AfterValidator(_once)]


class SpectrumTruth(Table):
    """Truth of the second challenge."""

    format: Literal[1]
    sets: Annotated[list[SpectrumSet], Field(min_length=1), AfterValidator(_once)]
