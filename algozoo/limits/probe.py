"""A detector looked at through companions that are put into one sequence, one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from algozoo.companions import Companion, inject, remove
from algozoo.datasets import Dataset, flip_refusal
from algozoo.datasets.dataset import n_resels, scored_field
from algozoo.detectors.contract import Declined, DetectionMap, Detector
from algozoo.errors import AlgoZooError, InputError
from algozoo.scoring import Candidates, find_candidates, match, threshold_at
from algozoo.scoring.outcomes import OutcomeRow, true_companion
from algozoo.sequence import ADISequence

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

FALSE_POSITIVES_PER_MAP = 1.0
GOLDEN_ANGLE = 180 * (3 - 5**0.5)
"""Degrees; its multiples spread evenly over the circle, however many there are."""
MAXIMUM_DRAWS = 1000
FEWEST_FRAMES = 3
INNER_EDGE = 1.5
"""FWHM; where the search of a sequence begins that has no manifest."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """A sequence without companions, and where it is searched.

    Parameters
    ----------
    null : ADISequence
        Known companions are subtracted.
    valid, clear : array of bool (n, n)
        Where maps are scored; and everywhere but around known companions, for measurements of noise.
    flipped : array of bool (n, n) or None
        Where the map of the flipped twin is scored; None if the twin is no null.
    inner, outer : float
        Edges of the field in FWHM.
    notice : str
        Why there is no flipped twin, or nothing.
    """

    null: ADISequence
    valid: Mask
    clear: Mask
    flipped: Mask | None
    inner: float
    outer: float
    notice: str

    @classmethod
    def of(
        cls, sequence: ADISequence, companions: list[Companion], inner: float, outer: float, refusal: str | None
    ) -> "Field":
        """Take the known companions out of a sequence, and their surroundings out of its field.

        Raises
        ------
        InputError
            If there are fewer than three frames.
        """
        if sequence.n_frames < FEWEST_FRAMES:
            raise InputError(
                f"{sequence.name}: n_frames is {sequence.n_frames}, expected at least {FEWEST_FRAMES}: limits need a "
                "sequence in which the field turns"
            )
        return cls(
            null=remove(sequence, companions),
            valid=scored_field(sequence, companions, inner, outer),
            clear=scored_field(sequence, companions, 0, np.inf),
            flipped=None if refusal else scored_field(sequence, companions, inner, outer, flipped=True),
            inner=inner,
            outer=outer,
            notice=refusal or "",
        )

    @classmethod
    def of_dataset(cls, dataset: Dataset, index: int) -> "Field":
        """Take a sequence of a dataset, with the field that its manifest states."""
        sequence = dataset.sequence(index)
        field = dataset.manifest.valid_field
        return cls.of(sequence, dataset.companions(sequence), field.inner, field.outer, dataset.flip_refusal(sequence))

    @classmethod
    def of_sequence(cls, sequence: ADISequence, companions: list[Companion]) -> "Field":
        """Take anybody's own sequence, as far out as one FWHM from the edge of the frames.

        Raises
        ------
        InputError
            If the frames are too small, or the flux of the star is not known.
        """
        sequence.need_star_flux()
        outer = sequence.centre / sequence.fwhm - 1
        if outer <= INNER_EDGE:
            raise InputError(
                f"{sequence.name}: frames of {sequence.size} px reach {sequence.centre / sequence.fwhm:.1f} FWHM from "
                f"the star, expected more than {INNER_EDGE + 1:g}: give larger frames"
            )
        return cls.of(sequence, companions, INNER_EDGE, outer, flip_refusal(sequence, INNER_EDGE))


@dataclass(frozen=True, kw_only=True)
class Look:
    """What became of one companion.

    `hit_score` is the score of the candidate within one FWHM of it, NaN without one.
    """

    companion: Companion
    map: DetectionMap
    candidates: Candidates
    hit_score: float


class Probe:
    """One detector on one field: its empty maps, the threshold that they give, and companions on demand.

    Parameters
    ----------
    detector : Detector
    field : Field
    """

    def __init__(self, detector: Detector, field: Field) -> None:
        self.detector, self.field = detector, field

    @cached_property
    def empty(self) -> DetectionMap:
        """Map of the sequence without companions."""
        return self.detect(self.field.null)

    @cached_property
    def empty_candidates(self) -> list[Candidates]:
        """Candidates of the map without companions, and of that of the flipped twin if it is a null."""
        candidates = [self._candidates(self.empty, self.field.valid)]
        if self.field.flipped is not None:
            candidates.append(self._candidates(self.detect(self.field.null.flipped()), self.field.flipped))
        return candidates

    @property
    def threshold(self) -> float:
        """Score that a companion must exceed so that empty maps hold one false positive each.

        With the two maps of a single sequence, the third highest of their peaks.
        """
        scores = np.concatenate([peaks.score for peaks in self.empty_candidates])
        return threshold_at(scores, len(self.empty_candidates), FALSE_POSITIVES_PER_MAP)

    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Run the detector; a supervised one learns from the flipped twin of what it is given.

        Raises
        ------
        AlgoZooError
            If the detector declines the sequence.
        """
        try:
            return self.detector.fit(sequence.flipped()).detect(sequence)
        except Declined as reason:
            raise AlgoZooError(f"{self.detector.label} declines this sequence: {reason}") from None

    def look(self, companion: Companion) -> Look:
        """Put one companion into the sequence and see whether it is found."""
        result = self.detect(inject(self.field.null, [companion]))
        candidates = self._candidates(result, self.field.valid)
        x, y = companion.position(self.field.null)
        found = int(match(candidates, [x], [y], radius=self.field.null.fwhm).candidate[0])
        score = float(candidates.score[found]) if found >= 0 else np.nan
        return Look(companion=companion, map=result, candidates=candidates, hit_score=score)

    def is_found(self, look: Look) -> bool:
        """Whether the companion stands out at one false positive per map."""
        return look.hit_score > self.threshold

    def angles(self, separation: float, rng: np.random.Generator) -> Iterator[float]:
        """Spread position angles evenly over the ring at a separation (FWHM), where the field is valid.

        Raises
        ------
        InputError
            If it is so nowhere.
        """
        null, start, skipped = self.field.null, rng.uniform(0, 360), 0
        for k in range(10**6):
            angle = (start + k * GOLDEN_ANGLE) % 360
            companion = Companion(separation=separation * null.fwhm, azimuth=angle, contrast=0)
            x, y = companion.position(null)
            if self.field.valid[round(y), round(x)]:
                skipped = 0
                yield angle
            elif (skipped := skipped + 1) > MAXIMUM_DRAWS:
                raise InputError(f"{null.name}: no place {separation:g} FWHM from the star is free of known companions")

    def outcome(
        self, trial: int, kind: str, annulus: int, candidates: Candidates, companion: Companion | None
    ) -> OutcomeRow:
        """Row of a table of outcomes."""
        null = self.field.null
        return OutcomeRow(
            suite="limits",
            suite_version="1",
            dataset=null.name,
            dataset_version="1",
            dataset_kind="real",
            sequence=0,
            detector=self.detector.label,
            control=self.detector.control,
            trial=trial,
            trial_kind=kind,
            annulus=annulus,
            **true_companion(companion, null),
            fwhm=null.fwhm,
            n_resels=n_resels(self.field.valid, null.fwhm),
            status="ok",
            reason="",
            seconds=np.nan,
            cpu_seconds=np.nan,
            candidate_x=candidates.x,
            candidate_y=candidates.y,
            candidate_score=candidates.score,
        )

    def _candidates(self, result: DetectionMap, valid: Mask) -> Candidates:
        return find_candidates(result.scores, fwhm=self.field.null.fwhm, valid=valid)
