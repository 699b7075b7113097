from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator
from numpy.typing import NDArray

from algozoo.scoring import evaluate
from algozoo.scoring.comparisons import Replicates, compare, holm, letters, standings
from algozoo.scoring.resampling import N_REPLICATES, Estimate, mean_of

Make = Callable[..., pd.DataFrame]


@st.composite
def relations(draw: st.DrawFn) -> NDArray[np.bool_]:
    n = draw(st.integers(1, 8))
    upper = np.triu(np.array(draw(st.lists(st.booleans(), min_size=n * n, max_size=n * n))).reshape(n, n), 1)
    return upper | upper.T


def test_holm_is_the_published_procedure() -> None:
    """By hand: the smallest of five times 5, the next times 4, never less than the one before, at most 1."""
    p = [0.03, 0.001, 0.5, 0.012, 0.6]
    np.testing.assert_allclose(holm(p), [0.09, 0.005, 1, 0.048, 1])
    np.testing.assert_allclose(holm([0.01, 0.02, 0.022]), [0.03, 0.04, 0.04])
    assert holm([]).size == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_lies_between_the_plain_and_the_bonferroni_value(p: list[float]) -> None:
    adjusted = holm(p)
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(np.array(p) * len(p), 1) + 1e-12).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()


@given(relations())
def test_members_share_a_letter_if_and_only_if_they_are_not_separated(separated: NDArray[np.bool_]) -> None:
    names = letters(separated, range(len(separated)))
    for i, one in enumerate(names):
        for j, other in enumerate(names):
            assert bool(set(one) & set(other)) == (not separated[i, j])


def test_to_be_not_separated_is_not_transitive() -> None:
    separated = np.zeros((3, 3), dtype=bool)
    separated[0, 2] = separated[2, 0] = True
    assert letters(separated, [0, 1, 2]) == ["a", "ab", "b"]
    assert letters(separated, [2, 1, 0]) == ["b", "ab", "a"]


def replicates(rng: Generator, levels: dict[str, float], error: float) -> Replicates:
    drawn = {
        label: np.concatenate([[level], level + rng.normal(0, error, 2 * N_REPLICATES)])
        for label, level in levels.items()
    }
    return Replicates(drawn, n_sequences=20, n_injected=400)


def standing(sample: Replicates) -> pd.DataFrame:
    labels = list(sample.scores)
    return standings([sample], labels, compare([sample], labels, set(labels))).set_index("detector")


def test_detectors_that_the_data_separate_have_ranks_of_their_own(rng: Generator) -> None:
    table = standing(replicates(rng, {"c": 0.1, "a": 0.9, "b": 0.5}, 0.01))
    assert table.loc[["a", "b", "c"], "rank"].tolist() == [1, 2, 3]
    assert (table["rank_low"] == table["rank_high"]).all()
    assert table["p_best"].to_dict() == {"a": 1, "b": 0, "c": 0}
    assert table["group"].to_dict() == {"a": "a", "b": "b", "c": "c"}


def test_detectors_that_the_data_cannot_separate_share_a_rank(rng: Generator) -> None:
    table = standing(replicates(rng, {"a": 0.52, "b": 0.5, "c": 0.1}, 0.05))
    assert table["rank"].tolist() == [1, 1, 3]
    assert table["rank_high"].tolist() == [2, 2, 3]
    assert table["group"].tolist() == ["a", "a", "b"]
    assert 0.5 < table["p_best"]["a"] < 0.9
    assert table["p_best"].sum() == pytest.approx(1)


def test_a_large_error_earns_no_better_rank(rng: Generator) -> None:
    """'shaky' is lower than 'second', which is separated from the best, but too uncertain to be separated itself."""
    sample = replicates(rng, {"best": 0.9, "second": 0.8}, 0.01)
    shaky = replicates(rng, {"shaky": 0.7}, 0.2)
    table = standing(Replicates({**sample.scores, **shaky.scores}, 20, 400))
    assert table["rank"].to_dict() == {"best": 1, "second": 2, "shaky": 2}
    assert table.loc["shaky", ["rank_low", "rank_high"]].tolist() == [1, 3]
    assert table["group"].to_dict() == {"best": "a", "second": "b", "shaky": "ab"}


def test_equal_detectors_are_first_equally_often(rng: Generator) -> None:
    one = replicates(rng, {"a": 0.5}, 0.1).scores["a"]
    table = standing(Replicates({"a": one, "b": one}, 20, 400))
    assert table["p_best"].tolist() == [0.5, 0.5]
    assert table["rank"].tolist() == [1, 1]


def test_a_detector_without_a_result_counts_zero_in_the_average(rng: Generator) -> None:
    full, lacking = replicates(rng, {"a": 0.6, "b": 0.5}, 0.01), replicates(rng, {"a": 0.6}, 0.01)
    pairs = compare([full, lacking], ["a", "b"], {"a", "b"})
    assert pairs["difference"][0] == pytest.approx(0.35)
    assert standings([full, lacking], ["a", "b"], pairs)["rank"].tolist() == [1, 2]


def test_few_trials_that_all_agree_are_weak_evidence() -> None:
    def p(n: int) -> float:
        scores = {"all": np.ones(1 + 2 * N_REPLICATES), "none": np.zeros(1 + 2 * N_REPLICATES)}
        return float(compare([Replicates(scores, 1, n)], ["all", "none"], set())["p"][0])

    assert p(1) == 1
    assert p(2) > 0.05
    assert p(10) < 0.001


def test_the_mean_of_estimates_is_that_of_welch_and_satterthwaite() -> None:
    """Two groups of equal variance and 5 degrees of freedom each: the mean has 10, and the error of a half-sum."""
    mean = mean_of([Estimate(1.0, 0.3, 5.0), Estimate(3.0, 0.3, 5.0)])
    assert (mean.value, mean.dof) == (2.0, pytest.approx(10))
    assert mean.error == pytest.approx(0.3 / np.sqrt(2))
    assert mean_of([Estimate(0.5, 0.1, np.inf)]).interval(-1, 1) == pytest.approx((0.5 - 0.196, 0.5 + 0.196), abs=1e-4)


def test_controls_are_compared_but_belong_to_no_family(make_outcomes: Make, rng: Generator) -> None:
    pairs = evaluate(make_outcomes(rng), rng=rng).differences
    family = pairs["detector"].isin(["good", "poor"]) & pairs["other"].isin(["good", "poor"])
    assert len(pairs) == 6
    assert pairs["p"].notna().all()
    assert pairs["p_holm"].notna().tolist() == family.tolist()


def test_ranks_on_the_average_come_from_all_datasets(make_outcomes: Make, rng: Generator) -> None:
    outcomes = make_outcomes(
        rng, detectors=("good", "poor"), datasets=tuple((name, "real") for name in "abcd"), n_sequences=3, n_injected=6
    )
    board = evaluate(outcomes, rng=rng)
    average = board.averages.set_index("detector")
    assert average["rank"].to_dict() == {"good": 1, "poor": 2}
    assert average.loc["good", "p_best"] >= board.scores.set_index(["detector", "dataset"]).loc["good", "p_best"].min()
