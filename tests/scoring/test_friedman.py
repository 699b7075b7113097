import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.errors import InputError
from algozoo.scoring import friedman
from algozoo.scoring.friedman import critical_difference

AREAS = [
    [0.82, 0.79, 0.60, 0.55],
    [0.71, 0.74, 0.52, 0.50],
    [0.90, 0.86, 0.70, 0.71],
    [0.66, 0.60, 0.41, 0.40],
    [0.58, 0.58, 0.45, 0.30],
    [0.77, 0.70, 0.66, 0.52],
    [0.88, 0.81, 0.80, 0.63],
]
NEMENYI = [0.8411714, 0.0266864, 0.0007398, 0.2006760, 0.0142777, 0.7288048]
"""p of all pairs of AREAS by scikit-posthocs 0.17.1 (posthoc_nemenyi_friedman)."""


def table(areas: list[list[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"dataset": f"d{i}", "detector": "abcdefgh"[j], "control": False, "partial_auc": area}
            for i, row in enumerate(areas)
            for j, area in enumerate(row)
        ]
    )


def test_pairs_beyond_the_critical_difference_are_those_of_scikit_posthocs() -> None:
    result = friedman(table(AREAS))
    ranks = result.mean_rank.to_numpy()
    pairs = [abs(ranks[i] - ranks[j]) for i in range(4) for j in range(i + 1, 4)]
    assert [gap > result.critical_difference for gap in pairs] == [p < 0.05 for p in NEMENYI]
    assert result.p == pytest.approx(0.000296994415)
    np.testing.assert_allclose(ranks, [8.5 / 7, 12.5 / 7, 22 / 7, 27 / 7])


@pytest.mark.parametrize(("k", "quantile"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)])
def test_the_critical_difference_has_the_published_quantiles(k: int, quantile: float) -> None:
    """Demšar (2006), table 5a, and the example of his section 3.2.2: 4 methods on 14 data sets, 1.25."""
    assert critical_difference(k, 10) == pytest.approx(quantile * np.sqrt(k * (k + 1) / 60), rel=5e-4)
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)


@given(st.permutations(range(4)))
def test_the_order_of_detectors_does_not_matter(order: list[int]) -> None:
    plain, mixed = friedman(table(AREAS)), friedman(table([[row[i] for i in order] for row in AREAS]))
    np.testing.assert_allclose(mixed.mean_rank, plain.mean_rank.iloc[order])
    assert mixed.p == pytest.approx(plain.p)


def test_equal_detectors_have_equal_ranks_and_no_evidence() -> None:
    result = friedman(table([[0.5, 0.5, 0.5]] * 6))
    assert result.mean_rank.tolist() == [2, 2, 2]
    assert result.p == 1


def test_a_detector_without_a_result_is_last() -> None:
    lacking = table(AREAS)
    lacking.loc[lacking["detector"] == "a", "partial_auc"] = np.nan
    assert friedman(lacking).mean_rank["a"] == 4
    assert friedman(lacking[lacking["partial_auc"].notna() | (lacking["dataset"] == "d0")]).mean_rank["a"] == 4


def test_controls_are_left_out() -> None:
    oracle = table([[1.0]] * 7).assign(detector="oracle", control=True)
    both = friedman(pd.concat([table(AREAS), oracle], ignore_index=True))
    assert both.mean_rank.index.tolist() == ["a", "b", "c", "d"]


@pytest.mark.parametrize("areas", [AREAS[:1], [row[:2] for row in AREAS]])
def test_too_few_datasets_or_detectors_are_an_input_error(areas: list[list[float]]) -> None:
    with pytest.raises(InputError, match="at least 2 datasets and 3 detectors"):
        friedman(table(areas))
