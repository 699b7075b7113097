"""Counters of earlier comparisons, kept so that old numbers can be checked: for comparison, never for rank."""

from algozoo.challenge.blobs import BlobRule, Tally, add_up, count_blobs
from algozoo.challenge.characterisation import astrometry, overall, per_set, photometry, report
from algozoo.challenge.elements import cumulated_f1, element_scores, rate_areas, rates, resolution_elements
from algozoo.challenge.summary import ChallengeMap, by_set, summary

__all__ = [
    "BlobRule",
    "ChallengeMap",
    "Tally",
    "add_up",
    "astrometry",
    "by_set",
    "count_blobs",
    "cumulated_f1",
    "element_scores",
    "overall",
    "per_set",
    "photometry",
    "rate_areas",
    "rates",
    "report",
    "resolution_elements",
    "summary",
]
