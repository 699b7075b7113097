"""From detection maps to numbers: candidates, curves, intervals, ranks. Knows tables, no runner and no site."""

from algozoo.scoring.auc import delong
from algozoo.scoring.board import Board, evaluate, score
from algozoo.scoring.calibration import false_alarms, overconfidence
from algozoo.scoring.campaigns import Campaigns
from algozoo.scoring.candidates import Candidates, find_candidates, match
from algozoo.scoring.completeness import completeness_limits, completeness_map, fit_limits
from algozoo.scoring.friedman import Friedman, friedman
from algozoo.scoring.froc import froc, partial_auc, threshold_at
from algozoo.scoring.intervals import garwood, wilson
from algozoo.scoring.nulls import null_quantiles, ring_scores, uniformity
from algozoo.scoring.outcomes import on_shared_trials
from algozoo.scoring.power import resolvable_difference
from algozoo.scoring.probabilities import brier, candidate_probabilities, probability_claims, reliability
from algozoo.scoring.rates import average_curves, by_annulus, curves, rates

SCORER_VERSION = "3"

__all__ = [
    "SCORER_VERSION",
    "Board",
    "Campaigns",
    "Candidates",
    "Friedman",
    "average_curves",
    "brier",
    "by_annulus",
    "candidate_probabilities",
    "completeness_limits",
    "completeness_map",
    "curves",
    "delong",
    "evaluate",
    "false_alarms",
    "find_candidates",
    "fit_limits",
    "friedman",
    "froc",
    "garwood",
    "match",
    "null_quantiles",
    "on_shared_trials",
    "overconfidence",
    "partial_auc",
    "probability_claims",
    "rates",
    "reliability",
    "resolvable_difference",
    "ring_scores",
    "score",
    "threshold_at",
    "uniformity",
    "wilson",
]
