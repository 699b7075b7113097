import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from algozoo.benchmark.store import Store
from algozoo.errors import InputError
from algozoo.leaderboard import build_site

DATASETS = {"alpha", "beta", "night"}


def test_a_row_that_was_not_run_with_the_latest_shows_the_day_of_its_run(tmp_path: Path, store: Store, table) -> None:
    here = Store(tmp_path / "results")
    shutil.copytree(store.folder, here.folder)
    for path in (here.folder / "shards").glob("*.parquet"):
        outcomes = pq.read_table(path)
        record = json.loads(outcomes.schema.metadata[b"algozoo"])
        if record["detector"]["label"] == "median":
            record["started"] = "2025-11-30T09:00:00+00:00"
            pq.write_table(outcomes.replace_schema_metadata({"algozoo": json.dumps(record)}), path)
    site = build_site(here, "quick", "1", tmp_path / "site").parent
    for dataset in DATASETS:
        shown = [cells[1] for cells in table(site, f"board-{dataset}").of("ranked")]
        assert "median run of 2025-11-30" in shown
        assert sum("run of" in name for name in shown) == 1
    text = " ".join((site / "index.html").read_text(encoding="utf-8").split())
    assert text.count("Rows with a date are stored from that day") == len(DATASETS)


def test_a_board_of_an_unfinished_run_is_of_the_trials_that_all_ran_and_says_so(
    tmp_path: Path, store: Store, table
) -> None:
    here = Store(tmp_path / "results")
    shutil.copytree(store.folder, here.folder)
    keys = {(r.dataset, r.detector.label, r.sequence): r.key for r in store.read("quick", "1")[1]}
    behind = {(detector, 2) for detector in ("oracle", "blank", "pca", "pca(n_components=20)", "picky")}
    for detector, sequence in behind | {("picky", 1)}:
        (here.folder / "shards" / f"{keys['alpha', detector, sequence]}.parquet").unlink()
    site = build_site(here, "quick", "1", tmp_path / "site").parent
    text = " ".join((site / "index.html").read_text(encoding="utf-8").split())
    assert "The run is not finished. Left out is 1 more sequence, which not all of these detectors have run." in text
    assert "picky is left out: it has run 1 of 3 sequences." in text
    assert "Not in the average, for they have not run on all of these datasets: picky." in text
    assert "picky" not in str(table(site, "average-simulated").rows)
    assert "fragile" in str(table(site, "average-simulated").rows)
    board = {cells[1]: cells for cells in table(site, "board-alpha").of("control") if len(cells) > 1}
    assert board["oracle"][-2:] == ["16 / 4", "0"]
    assert board["oracle"][2].startswith("1.00")
    assert "picky" not in str(table(site, "board-alpha").rows)
    assert "picky" in str(table(site, "board-beta").rows)


def test_results_of_another_version_are_an_input_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="never mixed"):
        build_site(store, "quick", "2", tmp_path / "site")
    assert not list(tmp_path.iterdir())
