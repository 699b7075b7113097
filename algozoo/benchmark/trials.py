"""Trials: the same for every detector, drawn from the seed of the suite."""

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from algozoo.benchmark.suite import Suite, SuiteDataset
from algozoo.companions import Companion, inject
from algozoo.datasets import Dataset
from algozoo.errors import InputError
from algozoo.sequence import ADISequence

TrialKind = Literal["injected", "empty", "flipped"]
MAXIMUM_DRAWS = 1000


@dataclass(frozen=True)
class Trial:
    """One map to be made.

    Parameters
    ----------
    number : int
        Counts within the sequence.
    kind : {'injected', 'empty', 'flipped'}
        With one companion; without; without and with reversed angles.
    annulus : int
        Index of the annulus of the companion, -1 without one.
    companion : Companion or None
    """

    number: int
    kind: TrialKind
    annulus: int = -1
    companion: Companion | None = None

    def sequence(self, null: ADISequence) -> ADISequence:
        """Make the sequence of this trial from the companion-free one."""
        if self.kind == "flipped":
            return null.flipped()
        return inject(null, [self.companion] if self.companion else [])


def draw_trials(suite: Suite, entry: SuiteDataset, dataset: Dataset, index: int, null: ADISequence) -> list[Trial]:
    """Draw the trials of one sequence: for each annulus its injections, then one empty and one flipped map.

    There is no flipped map where reversed angles would not dissolve a companion.

    Separations are uniform within the annulus, angles uniform, contrasts uniform in the logarithm; positions are
    real-valued and lie where the field is valid.

    Parameters
    ----------
    suite : Suite
    entry : SuiteDataset
        The dataset's place in the suite.
    dataset : Dataset
    index : int
        Of the sequence within the dataset.
    null : ADISequence
        That sequence, without companions.

    Raises
    ------
    InputError
        If an annulus lies outside the valid field.
    """
    rng = np.random.default_rng([suite.seed, zlib.crc32(dataset.name.encode()), index])
    valid = dataset.valid_mask(null)
    injected = [
        (number, _draw_companion(entry, number, null, valid, rng))
        for number in range(len(entry.annuli))
        for _ in range(entry.injections)
    ]
    trials = [Trial(i, "injected", annulus, companion) for i, (annulus, companion) in enumerate(injected)]
    nulls: list[TrialKind] = ["empty"] if dataset.flip_refusal(null) else ["empty", "flipped"]
    return [*trials, *(Trial(len(trials) + i, kind) for i, kind in enumerate(nulls))]


def _draw_companion(
    entry: SuiteDataset, number: int, null: ADISequence, valid: np.ndarray, rng: np.random.Generator
) -> Companion:
    annulus = entry.annuli[number]
    for _ in range(MAXIMUM_DRAWS):
        companion = Companion(
            separation=rng.uniform(annulus.inner, annulus.outer) * null.fwhm,
            position_angle=rng.uniform(0, 360),
            contrast=float(np.exp(rng.uniform(*np.log(annulus.contrast)))),
        )
        x, y = companion.position(null)
        column, row = round(x), round(y)
        if max(row, column) < null.size and min(row, column) >= 0 and valid[row, column]:
            return companion
    raise InputError(
        f"suite: annulus {annulus.inner:g} to {annulus.outer:g} FWHM of dataset {entry.name!r} has no valid "
        "place for a companion; valid_field in the manifest of the dataset says where there is"
    )
