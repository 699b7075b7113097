import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator
from scipy import stats

from algozoo.errors import InputError
from algozoo.scoring import by_annulus, curves, evaluate, find_candidates, partial_auc, rates

Make = Callable[..., pd.DataFrame]
BLOCKS = ("first", "middle", "last")

BOUNDS = ["partial_auc_low", "partial_auc", "partial_auc_high", "tpr_low", "tpr", "tpr_high"]


def test_the_oracle_is_at_one_and_the_blank_at_zero_exactly(make_outcomes: Make, rng: Generator, scored) -> None:
    board = scored(make_outcomes(rng))
    assert board.loc["oracle", ["partial_auc", "tpr"]].tolist() == [1, 1]
    assert board.loc["blank", ["partial_auc", "tpr"]].tolist() == [0, 0]


def test_intervals_hold_the_estimate_and_never_collapse(make_outcomes: Make, rng: Generator, scored) -> None:
    board = scored(make_outcomes(rng))[BOUNDS].astype(float)
    for low, middle, high in (BOUNDS[:3], BOUNDS[3:]):
        assert board[middle].between(board[low], board[high]).all()
        assert (board[high] - board[low] > 0.05).all()
        assert board[low].ge(0).all()
        assert board[high].le(1).all()


def test_controls_have_no_rank_and_the_better_detector_is_first(make_outcomes: Make, rng: Generator, scored) -> None:
    board = scored(make_outcomes(rng))
    assert board.loc[["good", "poor"], "rank"].tolist() == [1, 2]
    assert board.loc[board["control"], "rank"].isna().all()
    assert board["rank"].dtype == "Int64"


def test_equal_detectors_share_the_better_rank(make_outcomes: Make, rng: Generator, scored) -> None:
    outcomes = make_outcomes(rng, detectors=("good", "poor"))
    twin = outcomes[outcomes["detector"] == "good"].assign(detector="twin")
    board = scored(pd.concat([outcomes, twin]))
    assert board.loc[["good", "twin", "poor"], "rank"].tolist() == [1, 1, 3]


def test_the_score_is_that_of_the_curve(make_outcomes: Make, rng: Generator, scored) -> None:
    outcomes = make_outcomes(rng)
    board = scored(outcomes)
    for detector, curve in curves(outcomes).groupby("detector"):
        row = board.loc[detector]
        area = partial_auc(curve["fp_per_map"], curve["tpr"], row["fp_low"], row["fp_high"])
        assert row["partial_auc"] == pytest.approx(area)
        assert row["tpr"] == pytest.approx(np.interp(1.0, curve["fp_per_map"], curve["tpr"]))


def test_ties_between_hits_and_false_positives_give_the_mid_rank_value(
    make_outcomes: Make, rng: Generator, scored
) -> None:
    outcomes = make_outcomes(rng, detectors=("good",))
    outcomes["candidate_score"] = [np.ones_like(values) for values in outcomes["candidate_score"]]
    row = scored(outcomes).loc["good"]
    low = row["fp_low"]
    assert row["tpr"] == pytest.approx(1 / 15)
    assert row["partial_auc"] == pytest.approx((10 - low) / 15 / np.log(10 / low))


def test_scores_are_unchanged_by_an_increasing_transform(make_outcomes: Make, rng: Generator, scored) -> None:
    outcomes = make_outcomes(rng)
    scaled = outcomes.assign(candidate_score=outcomes["candidate_score"].map(np.exp))
    pd.testing.assert_frame_equal(scored(scaled), scored(outcomes))


def test_scores_do_not_depend_on_the_order_of_rows_nor_on_other_detectors(
    make_outcomes: Make, rng: Generator, scored
) -> None:
    outcomes = make_outcomes(rng)
    shuffled = scored(outcomes.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(shuffled, scored(outcomes))
    alone = scored(outcomes[outcomes["detector"] == "poor"])
    pd.testing.assert_series_equal(alone.loc["poor", BOUNDS], shuffled.loc["poor", BOUNDS])


def test_the_range_starts_at_one_false_positive_in_all_planned_independent_empty_maps(
    make_outcomes: Make, rng: Generator, scored
) -> None:
    outcomes = make_outcomes(rng, n_sequences=3, n_empty=5)
    failed = (outcomes["detector"] == "good") & (outcomes["trial_kind"] == "empty")
    outcomes.loc[failed, "status"] = "failed"
    board = scored(outcomes)
    np.testing.assert_allclose(board["fp_low"], 1 / 6)
    assert (board["fp_high"] == 10).all()
    assert board.loc["good", ["n_empty", "n_empty_independent"]].tolist() == [15 - failed.sum(), 3]
    assert board.loc["poor", ["n_empty", "n_empty_independent"]].tolist() == [15, 6]


def with_copies(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Add to each empty map three of its blocks that show exactly the same."""
    empty = outcomes[outcomes["trial_kind"] != "injected"]
    copies = [empty.assign(block=block, trial=empty["trial"] + 100 * i) for i, block in enumerate(BLOCKS, start=1)]
    return pd.concat([outcomes, *copies], ignore_index=True)


def test_copies_of_the_empty_maps_change_no_score_and_no_interval(make_outcomes: Make, rng: Generator, scored) -> None:
    outcomes = make_outcomes(rng, n_sequences=10, n_empty=2)
    board, more = scored(outcomes), scored(with_copies(outcomes))
    assert (more["n_empty"] == 4 * board["n_empty"]).all()
    pd.testing.assert_frame_equal(more.drop(columns="n_empty"), board.drop(columns="n_empty"))
    pd.testing.assert_frame_equal(
        curves(with_copies(outcomes)).drop(columns="false_positives"), curves(outcomes).drop(columns="false_positives")
    )


def test_a_table_without_blocks_is_one_of_whole_sequences(make_outcomes: Make, rng: Generator, scored) -> None:
    outcomes = make_outcomes(rng, n_empty=2)
    pd.testing.assert_frame_equal(scored(outcomes.drop(columns="block")), scored(outcomes))


def test_a_rate_that_the_empty_maps_cannot_measure_is_not_reached(make_outcomes: Make, rng: Generator, scored) -> None:
    outcomes = make_outcomes(rng, n_sequences=5, n_empty=4)
    assert scored(outcomes)["tpr_strict"].notna().all()
    fewer = outcomes[(outcomes["trial_kind"] == "injected") | (outcomes["sequence"] > 0)]
    assert scored(fewer)[["tpr_strict", "tpr_strict_low", "tpr_strict_high"]].isna().all(axis=None)
    assert scored(fewer)[BOUNDS].notna().all(axis=None)


def test_failed_injections_stay_in_the_denominator(make_outcomes: Make, rng: Generator, scored) -> None:
    outcomes = make_outcomes(rng, detectors=("oracle",))
    injected = outcomes.index[outcomes["trial_kind"] == "injected"]
    outcomes.loc[injected[::4], ["status", "reason"]] = ["failed", "timeout"]
    row = scored(outcomes).loc["oracle"]
    assert row[["partial_auc", "tpr"]].tolist() == [0.75, 0.75]
    assert row[["n_failed", "status", "reason"]].tolist() == [12, "ok", "timeout"]
    assert curves(outcomes)["tpr"].iloc[-1] == 0.75


def test_a_detector_without_a_result_stands_below_every_result(make_outcomes: Make, rng: Generator, scored) -> None:
    outcomes = make_outcomes(rng)
    declined = outcomes[outcomes["detector"] == "good"].assign(
        detector="shy", status="declined", reason="too few frames"
    )
    board = scored(pd.concat([outcomes, declined]))
    assert board.index[-1] == "shy"
    assert pd.isna(board.loc["shy", "rank"])
    assert board.loc["shy", BOUNDS].isna().all()
    assert board.loc["shy", ["status", "reason"]].tolist() == ["declined", "too few frames"]
    assert "shy" not in set(curves(pd.concat([outcomes, declined]))["detector"])


def test_detectors_that_ran_on_other_trials_are_not_compared(make_outcomes: Make, rng: Generator, scored) -> None:
    outcomes = make_outcomes(rng, detectors=("oracle", "good"))
    partly = outcomes[(outcomes["detector"] == "good") | (outcomes["sequence"] > 0)]
    with pytest.raises(InputError, match=r"oracle has run on 48 of the 64 trials of night.*on_shared_trials"):
        scored(partly)


@pytest.mark.parametrize("without", ["injected", "empty"])
def test_a_dataset_without_injections_or_without_empty_maps_has_no_score(
    make_outcomes: Make, rng: Generator, without: str, scored
) -> None:
    sizes = {"n_injected": 0} if without == "injected" else {"n_empty": 0}
    outcomes = make_outcomes(rng, **sizes)
    board = scored(outcomes)
    assert board[BOUNDS].isna().all(axis=None)
    assert board["rank"].isna().all()
    assert (board["status"] == "ok").all()
    assert curves(outcomes).empty
    assert by_annulus(outcomes, rng=rng)["tpr"].isna().all()
    assert evaluate(outcomes, rng=rng).differences.empty


def test_sequences_without_an_empty_map_are_scored(make_outcomes: Make, rng: Generator, scored) -> None:
    outcomes = make_outcomes(rng, detectors=("good",), n_sequences=2)
    outcomes = outcomes[(outcomes["sequence"] == 0) | (outcomes["trial_kind"] == "injected")]
    board = scored(outcomes)
    assert board[BOUNDS].notna().all(axis=None)


def test_annuli_average_to_the_score(make_outcomes: Make, rng: Generator, scored) -> None:
    outcomes = make_outcomes(rng)
    annuli = by_annulus(outcomes, rng=rng)
    assert annuli.groupby("detector")["annulus"].apply(list).tolist() == [[0, 1, 2]] * 4
    assert annuli["tpr"].between(annuli["tpr_low"], annuli["tpr_high"]).all()
    means = annuli.groupby("detector").apply(lambda t: np.average(t["tpr"], weights=t["n"]))
    board = scored(outcomes)
    np.testing.assert_allclose(means.sort_index(), board["tpr"].sort_index())


def test_differences_are_those_of_the_scores_and_separate_good_from_poor(
    make_outcomes: Make, rng: Generator, scored
) -> None:
    outcomes = make_outcomes(rng, detectors=("good", "poor"), n_sequences=8)
    board = scored(outcomes)
    row = evaluate(outcomes, rng=rng).differences.iloc[0]
    assert row["difference"] == pytest.approx(board.loc["good", "partial_auc"] - board.loc["poor", "partial_auc"])
    assert 0 < row["difference_low"] < row["difference"] < row["difference_high"] <= 1


def test_equal_detectors_differ_by_nothing(make_outcomes: Make, rng: Generator) -> None:
    outcomes = make_outcomes(rng, detectors=("good",))
    both = pd.concat([outcomes, outcomes.assign(detector="twin")])
    assert evaluate(both, rng=rng).differences.iloc[0][["difference", "p", "p_holm"]].tolist() == [0, 1, 1]


def test_a_random_detector_is_at_chance(make_outcomes: Make, rng: Generator) -> None:
    side, fwhm = 101, 4.0
    valid = np.ones((side, side), dtype=bool)
    outcomes = make_outcomes(rng, detectors=("random",), n_sequences=10, n_injected=50, n_empty=5)
    found = [find_candidates(rng.normal(size=(side, side)), fwhm=fwhm, valid=valid) for _ in range(len(outcomes))]
    for column in ("x", "y", "score"):
        outcomes[f"candidate_{column}"] = [getattr(c, column) for c in found]
    curve = rates(outcomes, rng=rng)
    for x in (1.0, 10.0):
        chance = 1 - np.exp(-x * np.pi * fwhm**2 / side**2)
        hits = round(500 * float(np.interp(x, curve["fp_per_map"], curve["tpr"])))
        assert stats.binomtest(hits, 500, chance).pvalue > 0.01


def test_five_detectors_on_two_datasets_are_scored_in_under_five_seconds(
    make_outcomes: Make, rng: Generator, scored
) -> None:
    outcomes = make_outcomes(
        rng,
        detectors=("good", "poor", "oracle", "blank", "random"),
        datasets=(("night", "real"), ("simulated", "simulated")),
        n_sequences=10,
        n_injected=12,
        n_empty=3,
    )
    start = time.perf_counter()
    board = scored(outcomes)
    assert time.perf_counter() - start < 5
    assert len(board) == 10
