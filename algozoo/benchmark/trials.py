"""Trials: the same for every detector, drawn from the seed of the suite."""

import zlib
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from algozoo.benchmark.suite import Suite, SuiteDataset
from algozoo.companions import Companion, inject
from algozoo.datasets import FRAME_BLOCKS, Dataset, FrameBlock, TrialAnnulus, frame_block
from algozoo.errors import InputError
from algozoo.sequence import ADISequence

TrialKind = Literal["injected", "empty", "flipped"]
MAXIMUM_DRAWS = 1000

TRIALS_VERSION = "2"
"""Raised when numbers between a manifest and a list of candidates change, except those of simulator and detectors: in
reading real data, drawing trials, injection, candidates, or scores of rings."""


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
    block : {'first', 'middle', 'last'}, optional
        The frames that are used, all by default. Blocks are there with and without a companion, so that the number of
        frames does not tell which.
    """

    number: int
    kind: TrialKind
    annulus: int = -1
    companion: Companion | None = None
    block: FrameBlock | None = None

    def sequence(self, null: ADISequence) -> ADISequence:
        """Make the sequence of this trial from the companion-free one; its name and meta tell nothing of the trial."""
        if self.block:
            null = replace(frame_block(null, self.block), name=null.name, meta=null.meta)
        if self.kind == "flipped":
            return null.flipped()
        return inject(null, [self.companion] if self.companion else [])


def draw_trials(suite: Suite, entry: SuiteDataset, dataset: Dataset, index: int, null: ADISequence) -> list[Trial]:
    """Draw the trials of one sequence: for each annulus its injections, then an empty and a flipped map.

    A real sequence is used four times, whole and as three blocks of its frames: the injections of an annulus are dealt
    out to them in turn, and each has its empty and its flipped map. There is no flipped map where reversed angles would
    not dissolve a companion.

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
        If an annulus has no place where the field is valid, or no range of contrasts.
    """
    rng = np.random.default_rng([suite.seed, zlib.crc32(dataset.name.encode()), index])
    valid = dataset.valid_mask(null)
    blocks = frame_blocks(dataset)
    trials: list[Trial] = []
    for number, annulus in enumerate(dataset.manifest.annuli):
        for i in range(entry.injections):
            separation, angle = draw_place(annulus, null, valid, rng)
            contrast = float(np.exp(rng.uniform(*np.log(_contrasts(annulus)))))
            companion = Companion(separation=separation, azimuth=angle, contrast=contrast)
            trials.append(Trial(len(trials), "injected", number, companion, blocks[i % len(blocks)]))
    nulls = null_trials(dataset, null)
    return trials + [replace(trial, number=len(trials) + trial.number) for trial in nulls]


def null_trials(dataset: Dataset, null: ADISequence) -> list[Trial]:
    """List the trials of a sequence without companions."""
    kinds: list[tuple[TrialKind, FrameBlock | None]] = []
    for block in frame_blocks(dataset):
        kinds.append(("empty", block))
        if not dataset.flip_refusal(frame_block(null, block) if block else null):
            kinds.append(("flipped", block))
    return [Trial(number, kind, block=block) for number, (kind, block) in enumerate(kinds)]


def frame_blocks(dataset: Dataset) -> list[FrameBlock | None]:
    """Say which frames of a sequence are used: all, and of a real one, of which there is no other, also blocks."""
    return [None, *FRAME_BLOCKS] if dataset.manifest.kind == "real" else [None]


def draw_place(
    annulus: TrialAnnulus, null: ADISequence, valid: np.ndarray, rng: np.random.Generator
) -> tuple[float, float]:
    """Draw a place in an annulus where the field is valid: separation in pixels, and angle in degrees.

    Raises
    ------
    InputError
        If there is none.
    """
    for _ in range(MAXIMUM_DRAWS):
        separation, angle = rng.uniform(annulus.inner, annulus.outer) * null.fwhm, rng.uniform(0, 360)
        x, y = Companion(separation=separation, azimuth=angle, contrast=0).position(null)
        column, row = round(x), round(y)
        if max(row, column) < null.size and min(row, column) >= 0 and valid[row, column]:
            return separation, angle
    raise InputError(
        f"annulus {annulus.inner:g} to {annulus.outer:g} FWHM has no valid place for a companion; valid_field in the "
        "manifest of the dataset says where there is"
    )


def _contrasts(annulus: TrialAnnulus) -> tuple[float, float]:
    if annulus.contrast is None:
        raise InputError(
            f"annulus {annulus.inner:g} to {annulus.outer:g} FWHM has no range of contrasts; "
            "`algozoo datasets calibrate` finds one"
        )
    return annulus.contrast
