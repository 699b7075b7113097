import pandas as pd
import pytest

from algozoo.detectors.median import Median
from algozoo.scoring import SCORER_VERSION


@pytest.fixture
def folders(algozoo, suite_file, tmp_path):
    """A store and a site with the whole small suite in it."""
    options = ["--store", tmp_path / "results", "--site", tmp_path / "site"]
    ended = algozoo("run", suite_file, "--workers", 0, *options)
    assert ended.code == 0, ended.err
    return options


def rescored(algozoo, suite_file, folders):
    ended = algozoo("rescore", suite_file, *folders, "--format", "csv")
    assert ended.code == 0, ended.err
    header, *lines = ended.out.splitlines()
    assert header == "dataset,detector,before,after,reason"
    return lines


def test_rescore_prints_the_moves_since_the_site_and_runs_no_detector(algozoo, suite_file, folders, monkeypatch):
    def refuse(*_):
        pytest.fail("a detector was run")

    monkeypatch.setattr(Median, "detect", refuse)
    store, site = folders[1], folders[3]
    shards = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file()}
    assert rescored(algozoo, suite_file, folders) == []

    path = site / "small" / "data" / "small-board.csv"
    now = pd.read_csv(path)
    before = now.assign(rank=now["rank"] + now["detector"].eq("median"), scorer="2")  # as an older scorer left it
    before.to_csv(path, index=False)
    (line,) = rescored(algozoo, suite_file, folders)
    rank = int(now.set_index("detector")["rank"]["median"])
    assert line.startswith(f'small,median,{rank + 1},{rank},"scorer 2 -> {SCORER_VERSION}; same partial AUC')
    pd.testing.assert_frame_equal(pd.read_csv(path), now)
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file()} == shards
