from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator

from algozoo.scoring import scores
from algozoo.scoring.campaigns import Campaign
from algozoo.scoring.measures import with_interval
from algozoo.scoring.scores import SCORES, Columns, Score, interval_columns

Make = Callable[..., pd.DataFrame]


@pytest.fixture
def board(make_outcomes: Make, rng: Generator, scored) -> pd.DataFrame:
    outcomes = make_outcomes(rng, n_sequences=5)
    return scored(outcomes.assign(candidate_flux=outcomes["candidate_score"].map(lambda own: np.full(len(own), 1e-4))))


@pytest.mark.parametrize("entry", SCORES, ids=lambda entry: entry.key)
def test_every_score_has_its_columns_and_a_help_that_can_be_read_alone(entry: Score, board: pd.DataFrame) -> None:
    assert entry.key in board
    assert entry.count is None or entry.count in board
    assert entry.title
    assert entry.help[0].isupper()
    assert entry.help.endswith(".")


def test_keys_are_unique_and_so_are_titles() -> None:
    assert len({entry.key for entry in SCORES}) == len({entry.title for entry in SCORES}) == len(SCORES)


@pytest.mark.parametrize("entry", SCORES, ids=lambda entry: entry.key)
def test_an_interval_holds_its_score(entry: Score, board: pd.DataFrame) -> None:
    if f"{entry.key}_low" in board:
        measured = board[board[f"{entry.key}_low"].notna()]
        assert len(measured) >= 2
        assert measured[entry.key].between(measured[f"{entry.key}_low"], measured[f"{entry.key}_high"]).all()


def test_the_oracle_is_at_the_better_end_of_each_rate(board: pd.DataFrame) -> None:
    for key in ("partial_auc", "tpr", "tpr_strict", "auc_maps"):
        assert next(entry for entry in SCORES if entry.key == key).higher_is_better
        assert board.loc["oracle", key] == board[key].max() > board.loc["blank", key]


def _found_anywhere(campaign: Campaign) -> Columns:
    values = campaign.weights @ campaign.found / (campaign.weights @ campaign.injected)
    return interval_columns("found_anywhere", with_interval(campaign, values))


FOUND_ANYWHERE = Score(
    key="found_anywhere",
    function=_found_anywhere,
    title="Found at any rate",
    help="The fraction of companions with a peak within one FWHM, whatever its score.",
)


def test_a_score_is_added_by_one_entry(
    make_outcomes: Make, rng: Generator, monkeypatch: pytest.MonkeyPatch, scored
) -> None:
    outcomes = make_outcomes(rng)
    before = scored(outcomes)
    monkeypatch.setattr(scores, "SCORES", (*SCORES, FOUND_ANYWHERE))
    board = scored(outcomes)
    added = ["found_anywhere", "found_anywhere_low", "found_anywhere_high"]
    pd.testing.assert_frame_equal(board.drop(columns=added), before)
    assert board.loc[["oracle", "blank"], "found_anywhere"].tolist() == [1, 0]
    assert board["found_anywhere"].between(board["found_anywhere_low"], board["found_anywhere_high"]).all()
    assert scores.shown_on("board")[-1] == scores.shown_on("dataset")[-1] == FOUND_ANYWHERE
