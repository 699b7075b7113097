"""Where in an annulus samples for training, validation and test may lie: in sectors of their own, out of masks."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algozoo.companions import Companion
from algozoo.detectors.supervised.points import Array
from algozoo.detectors.supervised.residuals import Residuals
from algozoo.errors import InputError

SPLITS = ("train", "validation", "test")
SECTORS = {"train": 14, "validation": 3, "test": 3}
"""Of twenty sectors, equal but for what is masked, so many, side by side, hold the samples of each split."""

CONTRASTS_PER_PLACE = 2
"""Companions of different brightness injected at one place, one at a time: a place costs more than a contrast."""

MAXIMUM_DRAWS = 1000


@dataclass(frozen=True, eq=False)
class Places:
    """Where in an annulus samples of each split may be centred.

    Parameters
    ----------
    ring : Residuals
    usable : array of bool (n, n), optional
        Where in the derotated field they may be at all.
    start : float
        Angle in degrees at which the first sector starts.
    """

    ring: Residuals
    usable: NDArray[np.bool_] | None = None
    start: float = 0.0

    @cached_property
    def borders(self) -> Array:
        """Angles from `start`, in degrees, at which splits end: what is masked counts for none."""
        sequence = self.ring.sequence
        rows, columns = np.divmod(self.ring.pixels, sequence.size)
        usable = slice(None) if self.usable is None else self.usable[rows, columns]
        angles = self._from_start(columns[usable] - sequence.centre, rows[usable] - sequence.centre)
        if not angles.size:
            raise self.no_room(None)
        shares = np.cumsum(list(SECTORS.values()))[:-1] / sum(SECTORS.values())
        return np.quantile(angles, shares)

    def split(self, x: Array, y: Array) -> NDArray[np.intp]:
        """Index of the split of places on the sky (pixels from the star), -1 where none may be."""
        split = np.searchsorted(self.borders, self._from_start(x, y), side="right")
        if self.usable is not None:
            last, centre = self.ring.sequence.size - 1, self.ring.sequence.centre
            rows, columns = (np.rint(place + centre).astype(np.intp).clip(0, last) for place in (y, x))
            split = np.where(self.usable[rows, columns], split, -1)
        return np.asarray(split)

    def _from_start(self, x: NDArray[Any], y: NDArray[Any]) -> Array:
        return np.asarray((np.rad2deg(np.arctan2(y, x)) - self.start) % 360)

    def draw(self, split: int | None, rng: np.random.Generator) -> Companion:
        """Draw a place, evenly over the area of the annulus, for one of the `SPLITS` (its index) or for any."""
        annulus = self.ring.annulus
        for _ in range(MAXIMUM_DRAWS):
            separation = float(np.sqrt(rng.uniform(annulus.inner**2, annulus.outer**2)))
            angle = float(rng.uniform(0, 360))
            radians = np.deg2rad(angle)
            found = int(self.split(np.asarray(separation * np.cos(radians)), np.asarray(separation * np.sin(radians))))
            if found >= 0 and split in {None, found}:
                return Companion(separation=separation, azimuth=angle, contrast=1.0)
        raise self.no_room(split)

    def no_room(self, split: int | None) -> InputError:
        """Make the error for an annulus without room."""
        whose = "" if split is None else f" for {SPLITS[split]}"
        return InputError(
            f"annulus {self.ring.annulus} has no place for training samples{whose}: all of it is masked; mask less "
            "around known companions, or train on another sequence"
        )
