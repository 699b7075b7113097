"""An entry of the first data challenge: its old numbers and ours side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from algozoo.challenge.blobs import BlobRule, Tally, add_up, count_blobs
from algozoo.challenge.elements import cumulated_f1, element_scores, hits_and_others, rate_areas
from algozoo.challenge.truth import MapSet
from algozoo.scoring.candidates import find_candidates
from algozoo.scoring.froc import froc
from algozoo.scoring.intervals import Array, garwood, wilson

BLOBS, ELEMENTS, PEAKS = "challenge, blobs", "challenge, mended", "AlgoZoo, peaks"
NEVER, WITHIN = "never", "within its interval"


@dataclass(frozen=True, kw_only=True)
class ChallengeMap:
    """Detection map of one set, and what is in it.

    Parameters
    ----------
    truth : MapSet
        The set: its companions, the radius of a match, and the field that is scored.
    scores : ndarray (size, size)
    rule : BlobRule
        Of the entry; for the blob counter only, which knows no field.
    """

    truth: MapSet
    scores: Array
    rule: BlobRule

    def blobs(self, threshold: float) -> Tally:
        """Count by blobs."""
        return count_blobs(self.scores, threshold, self.truth.x, self.truth.y, self.rule)

    @cached_property
    def elements(self) -> tuple[Array, Array]:
        """Scores of the companions' resolution elements, and of the others."""
        one = self.truth
        return element_scores(self.scores, one.x, one.y, fwhm=one.fwhm, valid=one.valid)

    @cached_property
    def peaks(self) -> tuple[Array, Array]:
        """Scores of the companions' peaks, and of the false ones."""
        one = self.truth
        candidates = find_candidates(self.scores, fwhm=one.fwhm, valid=one.valid)
        return hits_and_others(candidates, one.x, one.y, one.fwhm)


def by_set(maps: Sequence[ChallengeMap], threshold: float) -> pd.DataFrame:
    """Count what lies above the threshold in each set.

    Parameters
    ----------
    maps : sequence of ChallengeMap
    threshold : float
        The submitted one; what counts is strictly above it.

    Returns
    -------
    DataFrame
        One row per set: set, companions, and detections, false positives and F1 by blobs (as the challenge's server),
        by resolution elements (its final analysis) and by peaks (AlgoZoo); F1 is NaN without companions.
    """
    rows = []
    for one in maps:
        tallies = (one.blobs(threshold), _tally(one.elements, threshold), _tally(one.peaks, threshold))
        counts = [value for tally in tallies for value in (*tally[:2], tally.f1)]
        rows.append((one.truth.name, one.truth.x.size, *counts))
    kinds = ["blob", "element", "peak"]
    columns = [f"{kind}_{what}" for kind in kinds for what in ("detections", "false_positives", "f1")]
    return pd.DataFrame(rows, columns=["set", "companions", *columns])


def summary(maps: Sequence[ChallengeMap], threshold: float) -> pd.DataFrame:
    """Score an entry: the challenge's numbers, and ours with their intervals.

    Parameters
    ----------
    maps : sequence of ChallengeMap
        In the order of the sets, on which the challenge's sums depend.
    threshold : float
        The submitted one.

    Returns
    -------
    DataFrame
        One row per number: counter, number, value, low, high (95 %, Wilson for fractions, Garwood for rates; NaN where
        the challenge had none), n (companions or maps that it is out of), for_rank ('never' for the challenge's).
    """
    rows = [
        *_challenge_rows(BLOBS, add_up(one.blobs(threshold) for one in maps)),
        *_mended_rows(maps, threshold),
        *_peak_rows(maps, threshold),
    ]
    return pd.DataFrame(rows, columns=["counter", "number", "value", "low", "high", "n", "for_rank"])


Row = tuple[str, str, float, float, float, int, str]


def _tally(scores: tuple[Array, Array], threshold: float) -> Tally:
    hits, others = scores
    return Tally(int((hits > threshold).sum()), int((others > threshold).sum()), hits.size)


def _challenge_rows(counter: str, total: Tally) -> list[Row]:
    """Rates of a sum; the server divided by zero where there were detections and none was right."""
    stopped = counter == BLOBS and not total.detections and total.false_positives > 0
    numbers = {
        "detections": total.detections,
        "false positives": total.false_positives,
        "TPR": total.tpr,
        "FDR": total.fdr,
        "F1": np.nan if stopped else total.f1,
    }
    return [(counter, name, value, np.nan, np.nan, int(total.n_companions), NEVER) for name, value in numbers.items()]


def _mended_rows(maps: Sequence[ChallengeMap], threshold: float) -> list[Row]:
    hits, others = (np.concatenate(scores) for scores in zip(*(m.elements for m in maps), strict=True))
    f1 = pd.DataFrame({"instrument": m.truth.instrument, "f1": _tally(m.elements, threshold).f1} for m in maps)
    n_instruments = f1["instrument"].nunique()
    areas = rate_areas(hits, others, threshold)
    return [
        *_challenge_rows(ELEMENTS, _tally((hits, others), threshold)),
        (ELEMENTS, f"cumulated F1 (of {n_instruments})", cumulated_f1(f1), np.nan, np.nan, hits.size, NEVER),
        *((ELEMENTS, f"area under {k.upper()}", area, np.nan, np.nan, hits.size, NEVER) for k, area in areas.items()),
    ]


def _peak_rows(maps: Sequence[ChallengeMap], threshold: float) -> list[Row]:
    hits, others = (np.concatenate(scores) for scores in zip(*(m.peaks for m in maps), strict=True))
    total = _tally((hits, others), threshold)
    without = [_tally(m.peaks, threshold).false_positives for m in maps if not m.truth.x.size]
    curve = froc(hits, others, len(maps))
    at_one = float(np.interp(1.0, curve["fp_per_map"], curve["tpr"]))
    return [
        _fraction("TPR", total.tpr, hits.size),
        _rate("false positives per map", total.false_positives, len(maps)),
        *([_rate("false positives per map without companions", sum(without), len(without))] if without else []),
        _fraction("TPR at 1 false positive per map", at_one, hits.size),
    ]


def _fraction(name: str, value: float, n: int) -> Row:
    low, high = wilson(0 if np.isnan(value) else value * n, n)
    return (PEAKS, name, value, float(low), float(high), n, WITHIN)


def _rate(name: str, events: float, n_maps: int) -> Row:
    low, high = garwood(events, n_maps)
    return (PEAKS, name, events / n_maps, float(low), float(high), n_maps, WITHIN)
