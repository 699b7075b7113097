import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from algozoo.leaderboard.moves import moves, published
from algozoo.scoring import SCORER_VERSION


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


def test_another_scorer_is_told_with_its_versions(board: pd.DataFrame) -> None:
    before, after = board.assign(scorer="2"), board.assign(scorer="3", rank=[1.0, 1.0, 2.0, np.nan])
    assert told(before, after)["pca"][2].startswith("scorer 2 -> 3; same partial AUC")
    fewer = after.assign(n_failed=1)
    assert told(before, fewer)["pca"][2] == "scorer 2 -> 3; other results: n_failed 0 to 1"
    assert told(board, after)["pca"][2].startswith("same partial AUC")  # a site that did not tell its scorer


def test_the_ranks_of_the_averages_move_too(site: Path, tmp_path: Path) -> None:
    shutil.copytree(site / "data", tmp_path / "data")
    path = tmp_path / "data" / "average-simulated-board.csv"
    table = pd.read_csv(path)
    assert {"rank", "rank_low", "rank_high", "p_best", "partial_auc_low", "scorer"} <= set(table)
    swapped = table["detector"].eq("median")
    table.assign(rank=table["rank"] + swapped, partial_auc=table["partial_auc"] - 0.1 * swapped, scorer="2").to_csv(
        path
    )
    moved = moves(published(tmp_path, averages=True), published(site, averages=True))
    (row,) = moved.to_dict("records")
    assert (row["dataset"], row["detector"]) == ("average-simulated", "median")
    assert int(row["before"]) == int(row["after"]) + 1
    assert row["reason"].startswith(f"scorer 2 -> {SCORER_VERSION}; partial AUC")
    assert row["reason"].endswith("of as many datasets")


def test_a_site_is_read_as_it_was_written(site: Path) -> None:
    table = published(site)
    assert set(table["dataset"]) == {"alpha", "beta", "night"}
    assert set(table["scorer"]) == {SCORER_VERSION}
    assert moves(table, table).empty
    assert published(site / "nowhere").empty
