from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator

from algozoo.errors import InputError
from algozoo.scoring import evaluate
from algozoo.scoring.averages import average

Make = Callable[..., pd.DataFrame]

BOUNDS = ["partial_auc", "partial_auc_low", "partial_auc_high"]
DATASETS = (("a", "real"), ("b", "real"), ("c", "simulated"))


@pytest.fixture
def outcomes(make_outcomes: Make, rng: Generator) -> pd.DataFrame:
    return make_outcomes(rng, datasets=DATASETS)


def summed(outcomes: pd.DataFrame) -> pd.DataFrame:
    return evaluate(outcomes, rng=np.random.default_rng(1)).averages.set_index(["dataset_kind", "detector"])


def test_real_and_simulated_datasets_are_never_pooled(outcomes: pd.DataFrame) -> None:
    table = summed(outcomes)
    assert table.loc["real", "n_datasets"].eq(2).all()
    assert table.loc["simulated", "n_datasets"].eq(1).all()
    only_real = summed(outcomes[outcomes["dataset_kind"] == "real"])
    np.testing.assert_array_equal(only_real["partial_auc"], table.loc["real", "partial_auc"])


def test_one_dataset_is_its_own_average(outcomes: pd.DataFrame) -> None:
    board = evaluate(outcomes, rng=np.random.default_rng(1))
    columns = ["rank", "rank_low", "rank_high", "p_best", "group", *BOUNDS]
    expected, found = (
        table[table["dataset_kind"] == "simulated"].set_index("detector")[columns]
        for table in (board.scores, board.averages)
    )
    pd.testing.assert_frame_equal(found, expected)


def test_the_average_is_better_known_than_the_datasets(outcomes: pd.DataFrame) -> None:
    board = evaluate(outcomes, rng=np.random.default_rng(1))
    scores = board.scores
    width = scores["partial_auc_high"] - scores["partial_auc_low"]
    widest = width[scores["dataset_kind"] == "real"].groupby(scores["detector"]).max()
    table = board.averages.set_index(["dataset_kind", "detector"]).loc["real"]
    assert (table["partial_auc_high"] - table["partial_auc_low"] < widest[table.index]).all()
    assert table["partial_auc"].between(table["partial_auc_low"], table["partial_auc_high"]).all()


def test_a_dataset_that_is_declined_counts_zero(outcomes: pd.DataFrame) -> None:
    assert summed(outcomes).loc[("real", "oracle"), "partial_auc"] == 1
    declined = (outcomes["detector"] == "oracle") & (outcomes["dataset"] == "b")
    table = summed(outcomes.assign(status=np.where(declined, "declined", "ok")))
    assert table.loc[("real", "oracle"), ["partial_auc", "n_datasets", "n_results"]].tolist() == [0.5, 2, 1]


def test_a_detector_that_has_not_run_on_a_dataset_is_not_averaged(outcomes: pd.DataFrame) -> None:
    table = summed(outcomes[(outcomes["detector"] != "good") | (outcomes["dataset"] != "b")])
    whole = summed(outcomes)
    assert ("real", "good") not in table.index
    np.testing.assert_array_equal(table.loc["real", "partial_auc"], whole.loc["real", "partial_auc"].drop("good"))
    assert ("simulated", "good") in table.index


def test_there_is_no_average_where_no_detector_ran_on_all(outcomes: pd.DataFrame) -> None:
    table = summed(outcomes[(outcomes["detector"] == "good") == (outcomes["dataset"] == "a")])
    assert "real" not in table.index.get_level_values("dataset_kind")


def test_controls_and_detectors_without_any_result_have_no_rank(outcomes: pd.DataFrame) -> None:
    table = summed(outcomes.assign(status=np.where(outcomes["detector"] == "poor", "failed", "ok")))
    assert table.loc[("real", "good"), "rank"] == 1
    assert table.drop(index="good", level="detector")["rank"].isna().all()


def test_a_table_that_lacks_columns_is_an_input_error(outcomes: pd.DataFrame) -> None:
    board = evaluate(outcomes, rng=np.random.default_rng(1))
    with pytest.raises(InputError, match="partial_auc_low"):
        average(board.scores.drop(columns="partial_auc_low"))
    with pytest.raises(InputError, match="no row"):
        average(board.scores.iloc[:0])
