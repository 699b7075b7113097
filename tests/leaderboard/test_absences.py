import shutil
from pathlib import Path

import pytest

from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDetector
from algozoo.errors import InputError
from algozoo.leaderboard import build_site
from algozoo.leaderboard.absences import not_run

DATASETS = {"alpha", "beta", "night"}


def test_published_results_of_a_dataset_that_was_never_run_here_are_left_out(tmp_path: Path, store: Store) -> None:
    here = Store(tmp_path / "results")
    shutil.copytree(store.folder, here.folder)
    for path in (here.folder / "datasets").glob("night-*"):
        path.unlink()
    site = build_site(here, "quick", "1", tmp_path / "site").parent
    assert (site / "datasets" / "alpha.html").is_file()
    assert not (site / "datasets" / "night.html").exists()
    text = " ".join((site / "index.html").read_text(encoding="utf-8").split())
    everybody = "blank, fragile, median, oracle, pca, pca(n_components=20), picky, random"
    assert "The dataset night is not shown, because its data were not available to the run." in text
    assert f"Stored rows on it: {everybody}." in text
    shutil.rmtree(here.folder / "datasets")
    with pytest.raises(InputError, match="no dataset of the suite was run here"):
        build_site(here, "quick", "1", tmp_path / "other")


def test_detectors_of_the_suite_that_were_not_run_are_named_with_the_reason(site: Path) -> None:
    text = " ".join((site / "index.html").read_text(encoding="utf-8").split())
    absent = "pca(n_components=5) (slow, run with --all), sodinn (needs the package torch), not-here(n=3) (not run yet)"
    assert text.count(f"Detectors of the suite without a row here: {absent}.") == len(DATASETS)


@pytest.mark.parametrize(
    ("parameters", "is_there"),
    [({"n_components": 10}, True), ({}, True), ({"library": "own"}, True), ({"n_components": 20}, False)],
)
def test_a_suite_may_give_parameters_their_defaults(make_record, parameters, is_there):
    recorded = {"name": "pca", "label": "pca", "parameters": {"n_components": "10", "library": "'own'"}}
    record = make_record("a")
    suite = record.suite.model_copy(update={"detectors": (SuiteDetector(name="pca", parameters=parameters),)})
    detector = record.detector.model_copy(update=recorded)
    [absent] = not_run([record.model_copy(update={"suite": suite, "detector": detector})]).values()
    assert (absent == []) == is_there
