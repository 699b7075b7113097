import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
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


def test_results_that_are_malformed_are_left_out_and_named(tmp_path: Path, store: Store, capsys) -> None:
    here = Store(tmp_path / "results")
    shutil.copytree(store.folder, here.folder)
    shards = here.folder / "shards"
    for number, (column, values) in enumerate({"candidate_y": [[]], "dataset_version": ["9"]}.items()):
        table = pq.read_table(shards / "alpha-0-1.parquet")
        facts = json.loads(table.schema.metadata[b"algozoo"])
        facts["detector"]["label"] = facts["detector"]["name"] = f"their-{number}"
        place = table.schema.get_field_index(column)
        field = table.schema.field(place)
        table = table.set_column(place, field, pa.array(values * len(table), field.type))
        metadata = {"algozoo": json.dumps(facts)}
        pq.write_table(table.replace_schema_metadata(metadata), shards / f"their-{number}.parquet")
    (shards / "junk.parquet").write_bytes(b"<junk>")
    (here.folder / "maps" / "alpha-0-1.fits").write_bytes(b"junk")
    site = build_site(here, "quick", "1", tmp_path / "site").parent
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert [line.partition(": damaged")[0] for line in lines] == [
        f"Notice: left out: {here.folder / place}"
        for place in ("shards/junk.parquet", "shards/their-0.parquet", "shards/their-1.parquet", "maps/alpha-0-1.fits")
    ]
    text = " ".join((site / "index.html").read_text(encoding="utf-8").split())
    because = "is left out, because it is damaged or no result of AlgoZoo:"
    assert f"The result their-0.parquet {because} candidate_y has 0 values in trial 0: expected as many as" in text
    assert f"The result their-1.parquet {because} its trials are others than those of most detectors." in text
    assert f"The result junk.parquet {because}" in text
    assert not list(site.glob("detectors/their*"))
    assert (site / "detectors" / "median.html").is_file()


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
