"""How far a training is, and where an unfinished one is kept."""

from collections.abc import Callable, Mapping
from math import isnan
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]


class Progress(NamedTuple):
    """What was done, in how many of `steps` steps if it takes some, and what was measured last (NaN: nothing)."""

    what: str
    step: int = 0
    steps: int = 0
    loss: float = float("nan")
    validation_loss: float = float("nan")
    validation_auc: float = float("nan")
    seconds_left: float = float("nan")

    def __str__(self) -> str:
        measured = [
            f"{name} {value:{style}}"
            for name, value, style in (
                ("loss", self.loss, ".3g"),
                ("validation loss", self.validation_loss, ".3g"),
                ("validation AUC", self.validation_auc, ".3g"),
                ("seconds left, at most", self.seconds_left, ".0f"),
            )
            if not isnan(value)
        ]
        return ", ".join([f"{self.what} {self.step}/{self.steps}" if self.steps else self.what, *measured])


Report = Callable[[Progress], None]


class Checkpoint(Protocol):
    """Where an unfinished training is kept."""

    def load(self) -> Arrays | None:
        """Return what was saved last, if anything was."""

    def save(self, state: dict[str, NDArray[Any]]) -> None:
        """Keep it instead of what was there."""


def seed_of_step(seed: int, step: int) -> int:
    """Seed of a step of a training: each has its own, so that a resumed training ends as one that was not stopped."""
    return int(np.random.SeedSequence([seed, step]).generate_state(1)[0])
