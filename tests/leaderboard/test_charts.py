from pathlib import Path

import pandas as pd
import pytest

from algozoo.benchmark.store import Store


def test_nothing_is_drawn_below_what_can_be_measured_and_bands_are_those_of_the_scores(
    site: Path, store: Store, board_of
) -> None:
    bands = pd.read_csv(site / "data" / "alpha-bands.csv")
    scores = board_of(store).scores
    own = scores[(scores["dataset"] == "alpha") & scores["partial_auc"].notna()].set_index("detector")
    assert bands["fp_per_map"].min() == pytest.approx(own["fp_low"].iloc[0], rel=1e-5)
    assert "not measurable" in (site / "figures" / "alpha-froc.svg").read_text(encoding="utf-8")
    ends = bands[bands["fp_per_map"] == bands["fp_per_map"].max()].set_index("detector")
    assert set(ends.index) == set(own.index)


def test_probabilities_and_null_scores_have_their_figures_and_tables(site: Path) -> None:
    text = (site / "datasets" / "alpha.html").read_text(encoding="utf-8")
    assert "Brier score" in text
    for figure in ("student", "laplace", "reliability"):
        assert (site / "figures" / f"alpha-{figure}.svg").is_file()
    tests = pd.read_csv(site / "data" / "alpha-uniformity.csv")
    assert set(tests["detector"]) == {"median", "pca"}
    assert set(tests["annulus"]) == {-1, 0, 1}
    assert tests["p"].isna().all()  # three sequences are too few
    claims = pd.read_csv(site / "data" / "alpha-probabilities.csv")
    assert claims["detector"].tolist() == ["picky"]


def test_critical_differences_need_six_datasets(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert "needs 6 datasets of a kind and three detectors; here are 2 datasets" in text
    assert not list((site / "figures").glob("*-ranks.svg"))
