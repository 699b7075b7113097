"""Counters of earlier comparisons, kept so that old numbers can be checked: for comparison, never for rank."""

from algozoo.scoring.legacy.blobs import BlobRule, Tally, add_up, count_blobs
from algozoo.scoring.legacy.characterisation import astrometry, overall, per_set, photometry, report
from algozoo.scoring.legacy.elements import cumulated_f1, element_scores, rate_areas, rates, resolution_elements
from algozoo.scoring.legacy.entry import ChallengeMap, by_set, summary
from algozoo.scoring.legacy.segments import count_segments, roc_points

__all__ = [
    "BlobRule",
    "ChallengeMap",
    "Tally",
    "add_up",
    "astrometry",
    "by_set",
    "count_blobs",
    "count_segments",
    "cumulated_f1",
    "element_scores",
    "overall",
    "per_set",
    "photometry",
    "rate_areas",
    "rates",
    "report",
    "resolution_elements",
    "roc_points",
    "summary",
]
