"""From detection maps to numbers: candidates, curves, intervals, ranks. Knows tables, no runner and no site."""

from algozoo.scoring.board import by_annulus, curves, differences, score
from algozoo.scoring.candidates import Candidates, Match, find_candidates, match
from algozoo.scoring.completeness import completeness_limits, completeness_map, fit_limits
from algozoo.scoring.froc import froc, partial_auc, tpr_at
from algozoo.scoring.intervals import garwood, wilson
from algozoo.scoring.outcomes import COLUMNS, add_hits, check_outcomes
from algozoo.scoring.ranking import summary

SCORER_VERSION = "1"

__all__ = [
    "COLUMNS",
    "SCORER_VERSION",
    "Candidates",
    "Match",
    "add_hits",
    "by_annulus",
    "check_outcomes",
    "completeness_limits",
    "completeness_map",
    "curves",
    "differences",
    "find_candidates",
    "fit_limits",
    "froc",
    "garwood",
    "match",
    "partial_auc",
    "score",
    "summary",
    "tpr_at",
    "wilson",
]
