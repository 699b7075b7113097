import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from algozoo.benchmark.store import SCHEMA, ExampleMap, Store
from algozoo.errors import AlgoZooError, InputError


def row(**values):
    empty = {field.name: [] if field.name.startswith(("candidate", "null")) else None for field in SCHEMA}
    return empty | {"trial": 0, "status": "ok", "candidate_x": [1.5], "candidate_score": [3.0]} | values


def record(version="1", started="2026-01-01T00:00:00", label="median"):
    return {
        "suite": {"name": "small", "version": version},
        "dataset": "d",
        "trials": "the same",
        "sequence": 0,
        "detector": {"label": label},
        "started": started,
    }


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_what_is_written_is_read(store):
    store.write("a", record(), [row(), row(trial=1)], [])
    outcomes, [read] = store.read("small", "1")
    assert list(outcomes["trial"]) == [0, 1]
    assert list(outcomes["candidate_x"][0]) == [1.5]
    assert read["key"] == "a"


def test_pandas_reads_the_whole_folder(store):
    store.write("a", record(), [row()], [])
    store.write("b", record(label="pca"), [row()], [])
    assert len(pd.read_parquet(store.folder / "shards")) == 2


def test_a_shard_with_a_failure_is_not_done(store):
    store.write("a", record(), [row()], [])
    store.write("b", record(), [row(status="declined")], [])
    store.write("c", record(), [row(), row(status="failed")], [])
    assert [store.is_done(key) for key in "abcd"] == [True, True, False, False]


def test_the_latest_run_of_a_detector_counts(store):
    store.write("new", record(started="2026-02-01T00:00:00"), [row(trial=2)], [])
    store.write("old", record(started="2026-01-01T00:00:00"), [row(trial=1)], [])
    assert list(store.read("small", "1")[0]["trial"]) == [2]


def test_versions_of_a_suite_are_never_mixed(store):
    store.write("a", record(version="1"), [row(trial=1)], [])
    store.write("b", record(version="2"), [row(trial=2)], [])
    assert list(store.read("small", "2")[0]["trial"]) == [2]
    with pytest.raises(
        InputError, match="no results of suite small version 3; it holds small version 1, small version 2"
    ):
        store.read("small", "3")


def test_an_empty_store_says_what_to_do(store):
    with pytest.raises(InputError, match=r"holds nothing.*Run the suite first"):
        store.read("small", "1")


@pytest.mark.parametrize("damage", [b"", b"PAR1", "half"])
def test_a_damaged_shard_is_named(store, damage):
    store.write("a", record(), [row()], [])
    path = store.folder / "shards" / "a.parquet"
    path.write_bytes(path.read_bytes()[:500] if damage == "half" else damage)
    with pytest.raises(AlgoZooError, match=r"a\.parquet: damaged"):
        store.read("small", "1")


def test_another_store_format_is_refused(store):
    store.write("a", record() | {"format": 99}, [row()], [])
    with pytest.raises(InputError, match="store format 99, this AlgoZoo reads format 3"):
        store.read("small", "1")


def test_maps_come_back(store):
    scores = np.arange(9.0).reshape(3, 3)
    store.write("a", record(), [row()], [ExampleMap(4, scores, None), ExampleMap(2, 2 * scores, 3 * scores)])
    second, first = store.maps("a")
    assert (second.trial, first.trial) == (2, 4)
    assert np.array_equal(first.scores, scores)
    assert first.image is None
    assert np.array_equal(second.image, 3 * scores)
    assert store.maps("other") == []


def test_previews_come_back(store):
    store.write_preview("d-1", {"title": "D"}, {"frame": np.eye(3), "angles": np.arange(4.0)})
    about, images = store.preview("d-1")
    assert about == {"title": "D"}
    assert np.array_equal(images["frame"], np.eye(3))
    assert list(images["angles"]) == [0, 1, 2, 3]
    with pytest.raises(AlgoZooError, match="run the suite again"):
        store.preview("other-1")


def test_a_full_disk_leaves_nothing_half_written(store, monkeypatch):
    def full(_, path, **__):
        path.write_bytes(b"half a fi")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("algozoo.benchmark.store.pq.write_table", full)
    with pytest.raises(AlgoZooError, match=r"No space left on device\); nothing half-written is left"):
        store.write("a", record(), [row()], [])
    assert list((store.folder / "shards").iterdir()) == []


@pytest.mark.slow
def test_a_killed_writer_leaves_only_whole_files(store):
    """Kill -9 at random moments; whatever has a proper name can be read."""
    code = textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        from test_store import Store, record, row
        store = Store(Path({str(store.folder)!r}))
        for i in range(100000):
            if i == 1:
                print("one is whole", flush=True)
            store.write(f"k{{i % 50}}", record(label=str(i % 50)), [row(trial=t) for t in range(500)], [])
    """)
    for delay in np.linspace(0.05, 0.5, 8):
        writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert writer.stdout.readline() == b"one is whole\n"
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        outcomes, records = store.read("small", "1")
        assert len(outcomes) == 500 * len(records)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"dataset": "../../x"}, "dataset is '../../x': expected lower-case letters"),
        ({"suite": {"name": "../x", "version": "1"}}, r"suite.name is '../x': expected lower-case letters"),
        ({"detector": {"label": "../x"}}, r"detector.label is '../x': expected the name of a detector"),
        ({"detector": {"label": "x", "name": "../x"}}, r"detector.name is '../x': expected letters"),
        ({"sequence": None}, "sequence is None: Input should be a valid integer"),
    ],
)
def test_names_in_a_record_are_none_that_lead_out_of_the_store(store, change, told):
    store.write("a", record() | change, [row()], [])
    with pytest.raises(AlgoZooError, match=rf"a\.parquet: damaged, or no result of AlgoZoo \({re.escape(told)}"):
        store.read("small", "1")


def test_a_version_of_a_dataset_is_none_that_leads_out_of_the_store(store):
    store.write("a", record(), [row(dataset_version="1/../../x")], [])
    with pytest.raises(AlgoZooError, match=r"a\.parquet: .*dataset_version: '1/../../x': expected numbers"):
        store.read("small", "1")


def test_rows_are_of_what_their_record_says_and_its_key_is_its_name(store):
    store.write("a", record() | {"key": "../../x"}, [row(detector="pca", dataset="other", sequence=7)], [])
    outcomes, [read] = store.read("small", "1")
    assert list(outcomes[["detector", "dataset", "sequence"]].iloc[0]) == ["median", "d", 0]
    assert read["key"] == "a"
