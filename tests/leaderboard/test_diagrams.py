import numpy as np
import pandas as pd
import vl_convert

from algozoo.leaderboard.diagrams import critical_differences, reliability_curves
from algozoo.leaderboard.results import Results
from algozoo.leaderboard.vega import Style
from algozoo.scoring import friedman

LEVEL = {"good": 0.9, "fair": 0.6, "poor": 0.3}


def scores(n_datasets: int) -> pd.DataFrame:
    rows = [
        {
            "dataset": f"d{i}",
            "dataset_kind": "real",
            "detector": label,
            "control": False,
            "partial_auc": level + i / 100,
        }
        for i in range(n_datasets)
        for label, level in LEVEL.items()
    ]
    return pd.DataFrame(rows)


def test_bars_overlap_if_and_only_if_the_detectors_are_not_different() -> None:
    result = friedman(scores(8))
    rows = critical_differences(result)["datasets"]["ranks"]
    assert [row["detector"] for row in rows] == ["good", "fair", "poor"]
    for one in rows:
        for other in rows:
            apart = abs(one["rank"] - other["rank"]) > result.critical_difference
            assert (one["high"] < other["low"] or other["high"] < one["low"]) == apart


def test_the_diagrams_can_be_drawn() -> None:
    ranks = vl_convert.vegalite_to_svg(critical_differences(friedman(scores(8))))
    assert "Mean rank over 8 datasets (critical difference 1.17)" in ranks
    assert ">good<" in ranks
    probability = np.linspace(0, 1, 200)
    table = pd.DataFrame({"detector": "forest", "probability": probability, "truth": probability > 0.4})
    curve = vl_convert.vegalite_to_svg(reliability_curves(table, {"forest": Style("#0072b2", [1, 0], shown=True)}))
    assert "Probability given" in curve
    assert "Fraction that are companions" in curve


def test_critical_differences_are_there_with_six_datasets_of_a_kind() -> None:
    class OfDataset:
        def __init__(self, own: pd.DataFrame) -> None:
            self.scores = own

    def results(n: int) -> Results:
        datasets = [OfDataset(own) for _, own in scores(n).groupby("dataset")]
        return Results({}, [], datasets, [], [], pd.DataFrame(), pd.DataFrame(), [], {})  # type: ignore[arg-type]

    found = results(6).critical_differences("real")
    assert found is not None
    assert found.n_datasets == 6
    assert results(5).critical_differences("real") is None
    assert results(6).critical_differences("simulated") is None
