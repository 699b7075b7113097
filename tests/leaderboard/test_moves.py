from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from algozoo.leaderboard.moves import moves, published


@pytest.fixture
def board() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "dataset": "night",
            "detector": ["median", "pca", "new", "oracle"],
            "control": [False, False, False, True],
            "rank": [1.0, 2.0, 2.0, np.nan],
            "partial_auc": [0.8, 0.6, 0.5, 1.0],
            "n_injected": 36,
            "n_empty": 2,
            "n_failed": 0,
        }
    )


def told(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, tuple[str, str, str]]:
    return {row.detector: (row.before, row.after, row.reason) for row in moves(before, after).itertuples()}


def test_the_same_board_has_no_moves(board: pd.DataFrame) -> None:
    assert moves(board, board).empty


def test_a_detector_that_is_new_or_gone_is_said_to_be(board: pd.DataFrame) -> None:
    without = board[board["detector"] != "new"]
    assert told(without, board) == {"new": ("none", "2", "not on the board before")}
    assert told(board, without) == {"new": ("2", "none", "no longer in the results")}


def test_other_results_are_told_before_another_score(board: pd.DataFrame) -> None:
    after = board.assign(rank=[2.0, 1.0, 2.0, np.nan], n_failed=[3, 0, 0, 0], partial_auc=[0.5, 0.7, 0.5, 1.0])
    reasons = told(board, after)
    assert reasons["median"] == ("1", "2", "other results: n_failed 0 to 3")
    assert reasons["pca"] == ("2", "1", "partial AUC 0.600 to 0.700, of as many trials")
    assert set(reasons) == {"median", "pca"}


def test_a_rank_that_moves_at_the_same_score_is_put_down_to_the_rule(board: pd.DataFrame) -> None:
    assert "the rule of the ranks" in told(board, board.assign(rank=[1.0, 1.0, 3.0, np.nan]))["pca"][2]


def test_a_site_is_read_as_it_was_written(site: Path) -> None:
    table = published(site)
    assert set(table["dataset"]) == {"alpha", "beta", "night"}
    assert moves(table, table).empty
    assert published(site / "nowhere").empty
