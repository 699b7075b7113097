"""A score and a chart are added by one entry each, and stand on all pages and in all files."""

from pathlib import Path

import altair as alt
import pandas as pd
import pytest

from algozoo.benchmark.store import Store
from algozoo.leaderboard import build_site, charts
from algozoo.leaderboard.charts import Chart
from algozoo.leaderboard.results import DatasetResults
from algozoo.leaderboard.vega import Specification, layered
from algozoo.scoring import scores
from algozoo.scoring.campaigns import Campaign
from algozoo.scoring.scores import SCORES, Score

FOUND = Score(
    key="found_anywhere",
    function=lambda campaign: {"found_anywhere": found(campaign)},
    title="Found at any rate",
    help="The fraction of companions with a peak within one FWHM, whatever its score.",
    digits=3,
)


def found(campaign: Campaign) -> float:
    return float(campaign.found[campaign.injected].mean())


def seconds_bars(dataset: DatasetResults) -> Specification | None:
    if dataset.name == "night":
        return None
    bars = alt.Chart(alt.NamedData("rows")).mark_bar().encode(alt.X("seconds:Q"), alt.Y("detector:N"))
    return layered([bars], {"rows": dataset.scores[["detector", "seconds"]].to_dict("records")}, (300, 200))


SECONDS = Chart(
    key="seconds",
    draw=seconds_bars,
    title="Seconds per map on {of.name}",
    help="How long a map takes.\n\nThe data are {of.kind}.",
    place="board",
    tables={"board": "all scores"},
    interactive=False,
)


@pytest.fixture(scope="module")
def extended(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scores, "SCORES", (*SCORES, FOUND))
        patch.setattr(charts, "OF_DATASET", (*charts.OF_DATASET, SECONDS))
        return build_site(store, "quick", "1", tmp_path_factory.mktemp("extended") / "site").parent


def text(path: Path) -> str:
    return " ".join(path.read_text(encoding="utf-8").split())


def test_an_added_score_stands_in_all_tables_and_on_the_page_of_the_method(extended: Path) -> None:
    for page in ("index.html", "datasets/alpha.html", "detectors/pca.html", "data/alpha-board.tex"):
        assert "Found at any rate" in (extended / page).read_text(encoding="utf-8"), page
    help_ = f"<dt>Found at any rate</dt><dd>{FOUND.help} Higher is better.</dd>"
    assert help_ in text(extended / "about.html")
    board = pd.read_csv(extended / "data" / "alpha-board.csv").set_index("detector")
    assert board.loc["oracle", "found_anywhere"] == 1
    assert f">{board.loc['pca', 'found_anywhere']:.3f}<" in text(extended / "detectors" / "pca.html")


def test_an_added_score_changes_no_other_column(extended: Path, site: Path) -> None:
    board, before = (pd.read_csv(folder / "data" / "alpha-board.csv") for folder in (extended, site))
    pd.testing.assert_frame_equal(board.drop(columns="found_anywhere"), before)


def test_an_added_chart_has_its_files_its_caption_and_its_numbers(extended: Path) -> None:
    page = text(extended / "index.html")
    assert page.count('aria-label="Seconds per map on alpha"') == 1
    assert "<p>How long a map takes.</p> <p>The data are simulated.</p>" in page
    assert 'href="data/alpha-board.csv" download>all scores</a>' in page
    for ending in ("svg", "png", "pdf"):
        assert (extended / "figures" / f"alpha-seconds.{ending}").is_file()
        assert f'href="figures/alpha-seconds.{ending}" download' in page


def test_a_chart_without_anything_to_draw_is_left_out(extended: Path) -> None:
    assert not list((extended / "figures").glob("night-seconds*"))
    assert "Seconds per map on night" not in text(extended / "index.html")


def test_a_chart_that_stands_still_is_in_no_script(extended: Path) -> None:
    script = (extended / "figures" / "alpha.js").read_text(encoding="utf-8")
    assert "alpha-froc" in script
    assert "alpha-seconds" not in script


@pytest.mark.parametrize("registry", [charts.OF_DATASET, charts.OF_KIND], ids=["of a dataset", "of a kind"])
def test_keys_of_charts_are_unique_and_captions_can_be_read_alone(registry: tuple[Chart, ...]) -> None:
    assert len({chart.key for chart in registry}) == len(registry)
    for chart in registry:
        assert chart.title[0].isupper()
        assert chart.help.endswith(".")
