"""Scores as a table on the screen."""

from math import isnan
from typing import TYPE_CHECKING, Any

from algozoo.cli import options

if TYPE_CHECKING:
    import pandas as pd


def print_scores(scores: "pd.DataFrame") -> None:
    """Print what `algozoo.scoring.score` returns, or the tables of a site, with 95 % intervals or why there is none."""
    columns = ("dataset", "detector", "partial AUC", "found at 1 false positive per map", "s per map")
    options.print_table(columns, [_told(row) for row in scores.itertuples()], "table")


def _told(row: Any) -> tuple[str, ...]:
    if isnan(row.partial_auc):
        return row.dataset, row.detector, f"{row.status}: {row.reason}", "", ""
    return row.dataset, row.detector, _interval(row, "partial_auc"), _interval(row, "tpr"), f"{row.seconds:.3f}"


def _interval(row: Any, name: str) -> str:
    value, low, high = (getattr(row, f"{name}{bound}") for bound in ("", "_low", "_high"))
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"
