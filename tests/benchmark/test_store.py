import json
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algozoo.benchmark.record import Preview
from algozoo.benchmark.store import ExampleMap, Store
from algozoo.datasets import load_dataset
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import WORKING

GONE = object()


def forge(store, key, /, **facts):
    """Change by hand what a file says of its run; a fact that is `GONE` is left out."""
    path = store.folder / "shards" / f"{key}.parquet"
    table = pq.read_table(path)
    record = json.loads(table.schema.metadata[b"algozoo"]) | facts
    left = {name: fact for name, fact in record.items() if fact is not GONE}
    pq.write_table(table.replace_schema_metadata({"algozoo": json.dumps(left)}), path)


def preview():
    manifest = load_dataset("tiny").manifest
    facts = {"n_sequences": 2, "n_frames": 8, "size": 61, "fwhm": 4.5, "field_rotation": 40.0, "pixel_scale": 0.02}
    return Preview(manifest=manifest, **facts)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_what_is_written_is_read(store, make_record, row):
    store.write(make_record("a"), [row(), row(trial=1)], [])
    outcomes, [read] = store.read("small", "1")
    assert list(outcomes["trial"]) == [0, 1]
    assert list(outcomes["candidate_x"][0]) == [1.5]
    assert read.key == "a"


def test_pandas_reads_the_whole_folder(store, make_record, row):
    store.write(make_record("a"), [row()], [])
    store.write(make_record("b", name="pca"), [row()], [])
    assert len(pd.read_parquet(store.folder / "shards")) == 2


def test_a_shard_with_a_failure_is_not_done(store, make_record, row):
    nothing = {"candidate_x": [], "candidate_y": [], "candidate_score": []}
    store.write(make_record("a"), [row()], [])
    store.write(make_record("b"), [row(status="declined", **nothing)], [])
    store.write(make_record("c", n_failed=1), [row(), row(trial=1, status="failed", **nothing)], [])
    assert [store.is_done(key) for key in "abcd"] == [True, True, False, False]


def test_the_latest_run_of_a_detector_counts(store, make_record, row):
    store.write(make_record("new", started="2026-02-01T00:00:00+00:00"), [row(trial=2)], [])
    store.write(make_record("old", started="2026-01-01T00:00:00+00:00"), [row(trial=1)], [])
    assert list(store.read("small", "1")[0]["trial"]) == [2]


def test_versions_of_a_suite_are_never_mixed(store, make_record, row):
    store.write(make_record("a", version="1"), [row(trial=1)], [])
    store.write(make_record("b", version="2"), [row(trial=2)], [])
    assert list(store.read("small", "2")[0]["trial"]) == [2]
    with pytest.raises(
        InputError, match="no results of suite small version 3; it holds small version 1, small version 2"
    ):
        store.read("small", "3")


def test_an_empty_store_says_what_to_do(store):
    with pytest.raises(InputError, match=r"holds nothing.*Run the suite first"):
        store.read("small", "1")


@pytest.mark.parametrize("damage", [b"", b"PAR1", "half"])
def test_a_damaged_shard_is_named(store, make_record, damage, row):
    store.write(make_record("a"), [row()], [])
    path = store.folder / "shards" / "a.parquet"
    path.write_bytes(path.read_bytes()[:500] if damage == "half" else damage)
    with pytest.raises(AlgoZooError, match=r"a\.parquet: damaged"):
        store.read("small", "1")


def test_another_store_format_is_refused(store, make_record, row):
    store.write(make_record("a"), [row()], [])
    forge(store, "a", format=99)
    with pytest.raises(InputError, match="store format 99, this AlgoZoo reads format 3"):
        store.read("small", "1")


def test_maps_come_back(store, make_record, row):
    scores = np.arange(9.0).reshape(3, 3)
    store.write(make_record("a"), [row()], [ExampleMap(4, scores, None), ExampleMap(2, 2 * scores, 3 * scores)])
    second, first = store.maps("a")
    assert (second.trial, first.trial) == (2, 4)
    assert np.array_equal(first.scores, scores)
    assert first.image is None
    assert np.array_equal(second.image, 3 * scores)
    assert store.maps("other") == []


def test_previews_come_back(store):
    about = preview()
    store.write_preview(about, {"frame": np.eye(3), "angles": np.arange(4.0)})
    read, images = store.preview("tiny-1")
    assert read == about
    assert np.array_equal(images["frame"], np.eye(3))
    assert list(images["angles"]) == [0, 1, 2, 3]
    with pytest.raises(AlgoZooError, match="run the suite again"):
        store.preview("other-1")


def test_a_full_disk_leaves_nothing_half_written(store, make_record, monkeypatch, row):
    def full(_, path, **__):
        path.write_bytes(b"half a fi")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("algozoo.benchmark.rows.pq.write_table", full)
    with pytest.raises(AlgoZooError, match=r"No space left on device\); nothing half-written is left"):
        store.write(make_record("a"), [row()], [])
    assert list((store.folder / "shards").iterdir()) == []


@pytest.mark.slow
def test_a_killed_writer_leaves_only_whole_files(store, make_record):
    """Kill -9 at random moments; whatever has a proper name can be read."""
    code = textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        from conftest import outcome_row as row
        from algozoo.benchmark.store import Store
        from algozoo.benchmark.record import RunRecord
        store = Store(Path({str(store.folder)!r}))
        record = RunRecord.model_validate_json({make_record("a").to_json()!r})
        for i in range(100000):
            if i == 1:
                print("one is whole", flush=True)
            label = record.detector.model_copy(update={{"label": str(i % 50)}})
            own = record.model_copy(update={{"key": f"k{{i % 50}}", "detector": label}})
            store.write(own, [row(trial=t) for t in range(500)], [])
    """)
    for delay in np.linspace(0.05, 0.5, 4):
        writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert writer.stdout.readline() == b"one is whole\n"
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        outcomes, records = store.read("small", "1")
        assert len(outcomes) == 500 * len(records)


def suite_called(name):
    facts = {"format": 1, "name": name, "version": "1", "title": "", "description": "", "seed": 0}
    return facts | {"datasets": [{"name": "d", "injections": 1}], "detectors": [{"name": "median"}]}


def detector_called(name, label):
    return {"name": name, "label": label, "title": "", "reference": "", "summary": "", "control": False} | {
        "parameters": {}
    }


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"dataset": "../../x"}, "dataset is '../../x': expected lower-case letters"),
        ({"suite": suite_called("../x")}, "suite.name is '../x': expected lower-case letters"),
        ({"detector": detector_called("x", "../x")}, "detector.label is '../x': expected the name of a detector"),
        ({"detector": detector_called("../x", "x")}, "detector.name is '../x': expected letters"),
        ({"sequence": None}, "sequence is None: expected an integer"),
        ({"trials": GONE}, "trials is missing"),
        ({"suite": suite_called("x") | {"colour": "red"}}, "suite.colour is 'red': no such field"),
        ({"annuli": [{"inner": 2.0}]}, "annuli.0.outer is missing"),
        ({"seconds": float("nan")}, "seconds is nan: expected a finite number"),
        ({"packages": {"numpy": 2}}, "packages.numpy is 2: expected text in quotes"),
    ],
)
def test_a_record_that_cannot_be_so_is_named_with_its_file(store, make_record, facts, told, row):
    store.write(make_record("a"), [row()], [])
    forge(store, "a", **facts)
    with pytest.raises(AlgoZooError, match=rf"a\.parquet: damaged, or no result of AlgoZoo \({re.escape(told)}"):
        store.read("small", "1")


def test_files_of_an_earlier_and_of_a_later_algozoo_are_read(store, make_record, row):
    """An earlier one recorded less, a later one may record more."""
    store.write(make_record("a", training="transfer", seconds=3.0), [row()], [])
    forge(store, "a", training=GONE, seconds=GONE, commit=GONE, packages=GONE, weather="fine")
    [record] = store.records()
    assert (record.training, record.seconds, record.commit, record.packages) == ("", None, "", {})


@pytest.mark.parametrize("column", ["fwhm", "candidate_x", "status"])
def test_a_column_of_another_kind_is_named_with_its_file(store, make_record, column, row):
    store.write(make_record("a"), [row()], [])
    path = store.folder / "shards" / "a.parquet"
    table = pq.read_table(path)
    table = table.set_column(table.schema.get_field_index(column), column, pa.array([{"x": 1}] * len(table)))
    pq.write_table(table, path)
    with pytest.raises(AlgoZooError, match=rf"a\.parquet: damaged.*column {column} is of another type"):
        store.read("small", "1")


def test_a_record_that_is_too_deep_is_named_with_its_file(store, make_record, row):
    store.write(make_record("a"), [row()], [])
    path = store.folder / "shards" / "a.parquet"
    pq.write_table(pq.read_table(path).replace_schema_metadata({"algozoo": "[" * 100_000}), path)
    with pytest.raises(AlgoZooError, match=r"a\.parquet: damaged"):
        store.records()


def test_a_damaged_file_of_maps_is_named(store, make_record, row):
    store.write(make_record("a"), [row()], [ExampleMap(0, np.eye(3), None)])
    (store.folder / "maps" / "a.fits").write_bytes(b"no FITS")
    with pytest.raises(AlgoZooError, match=r"a\.fits: damaged"):
        store.maps("a")


def test_a_flipped_bit_of_a_map_is_an_error_that_names_the_file(store, make_record, row):
    store.write(make_record("a"), [row()], [ExampleMap(0, np.arange(100.0).reshape(10, 10), None)])
    path = store.folder / "maps" / "a.fits"
    whole = path.read_bytes()
    place = whole.index(np.array(57, ">f4").tobytes())
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    with pytest.raises(AlgoZooError, match=r"a\.fits: damaged.*Checksum verification failed"):
        store.maps("a")


@pytest.mark.parametrize("axes", [{"NAXIS": 10**9}, {"NAXIS": 3, "NAXIS1": 10**6, "NAXIS2": 10**6, "NAXIS3": 10**6}])
def test_maps_and_previews_that_announce_more_than_they_hold_are_refused_at_once(store, make_record, row, axes):
    store.write(make_record("a"), [row()], [ExampleMap(0, np.eye(3), None)])
    store.write_preview(preview(), {"frame": np.eye(3)})
    cards = {"SIMPLE": "T", "BITPIX": -32, **axes}
    bomb = "".join([f"{key:<8}= {value!s:>20}".ljust(80) for key, value in cards.items()] + ["END"]).ljust(2880)
    for place in ("maps/a.fits", "datasets/tiny-1.fits"):
        (store.folder / place).write_text(bomb)
    with pytest.raises(AlgoZooError, match=r"a\.fits: damaged"):
        store.maps("a")
    with pytest.raises(AlgoZooError, match=r"tiny-1\.fits: not readable"):
        store.preview("tiny-1")


def test_maps_whose_header_has_no_end_are_refused(store, make_record, row):
    store.write(make_record("a"), [row()], [ExampleMap(0, np.eye(3), None)])
    (store.folder / "maps/a.fits").write_bytes(b"SIMPLE  =                    T".ljust(2880))
    with pytest.raises(AlgoZooError, match=r"a\.fits: damaged.*is truncated, its header has no end"):
        store.maps("a")


def test_maps_of_another_shape_are_refused(store, make_record, row):
    store.write(make_record("a"), [row()], [ExampleMap(0, np.eye(3), np.eye(4))])
    with pytest.raises(AlgoZooError, match=r"a\.fits: damaged.*have shape"):
        store.maps("a")
    store.write(make_record("a"), [row()], [ExampleMap(0, np.eye(3), None)])
    with pytest.raises(AlgoZooError, match=r"a\.fits: damaged.*\(3, 3\), expected \(4, 4\)"):
        store.maps("a", (4, 4))


@pytest.mark.parametrize(("damaged", "place"), [("shards/a.parquet", b"the reason"), ("maps/a.fits", b"SCORES")])
def test_a_shard_that_is_damaged_is_not_taken_for_done(store, make_record, row, damaged, place):
    store.write(make_record("a"), [row(reason="the reason")], [ExampleMap(0, np.eye(30), None)])
    assert store.is_done("a")
    path = store.folder / damaged
    content = bytearray(path.read_bytes())
    content[content.index(place)] ^= 1
    path.write_bytes(content)
    with pytest.raises(AlgoZooError, match=damaged):
        store.is_done("a")


def test_what_is_malformed_can_be_left_out(store, make_record, row):
    store.write(make_record("a"), [row()], [])
    store.write(make_record("b", name="pca"), [row(status="odd")], [])
    (store.folder / "shards" / "c.parquet").write_bytes(b"junk")
    (store.folder / "shards" / "d.parquet").mkdir()
    left_out = []
    outcomes, records = store.read("small", "1", left_out.append)
    assert set(outcomes["detector"]) == {"median"}
    assert [record.key for record in records] == ["a"]
    assert [error.path.stem for error in left_out] == ["b", "c", "d"]
    assert store.suites() == [("small", "1")]
    with pytest.raises(AlgoZooError, match=r"b\.parquet"):
        store.read("small", "1")


def test_the_run_before_counts_where_the_latest_is_malformed(store, make_record, row):
    store.write(make_record("old", started="2026-01-01T00:00:00+00:00"), [row(reason="before")], [])
    store.write(make_record("new", started="2026-02-01T00:00:00+00:00"), [row(status="odd")], [])
    assert list(store.read("small", "1", lambda _: None)[0]["reason"]) == ["before"]


def test_litter_of_killed_writers_is_removed(store, make_record, row):
    store.write(make_record("a"), [row()], [ExampleMap(0, np.eye(3), None)])
    folder = Path(__file__).parents[2]
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom algozoo.files import write_whole\n"
        "write_whole(Path(sys.argv[1]), lambda path: (path.touch(), os.kill(os.getpid(), 9)))"
    )
    for name in ("shards/b.parquet", "maps/b.fits", "datasets/d-1.json"):
        subprocess.run([sys.executable, "-c", program, str(store.folder / name)], cwd=folder, check=False)
    assert len(list(store.folder.rglob(f".*{WORKING}"))) == 3
    store.remove_litter()
    assert sorted(path.name for path in store.folder.rglob("*") if path.is_file()) == ["a.fits", "a.parquet"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('"n_frames": "many"', "n_frames is 'many': expected an integer"),
        ('"n_frames": 8, "colour": "red"', "colour is 'red': no such field"),
        ("half", "Invalid JSON"),
    ],
)
def test_a_damaged_preview_is_named(store, change, told):
    store.write_preview(preview(), {"frame": np.eye(3)})
    path = store.folder / "datasets" / "tiny-1.json"
    path.write_text(path.read_text()[:50] if change == "half" else path.read_text().replace('"n_frames": 8', change))
    with pytest.raises(AlgoZooError, match=rf"tiny-1\.json: not readable .*{re.escape(told)}.*; run the suite again"):
        store.preview("tiny-1")


def test_a_version_of_a_dataset_is_none_that_leads_out_of_the_store(store, make_record, row):
    store.write(make_record("a"), [row(dataset_version="1/../../x")], [])
    with pytest.raises(AlgoZooError, match=r"a\.parquet: .*dataset_version is '1/../../x': expected numbers"):
        store.read("small", "1")


def test_rows_are_of_what_their_record_says_and_its_key_is_its_name(store, make_record, row):
    store.write(make_record("a"), [row(detector="pca", dataset="other", sequence=7)], [])
    forge(store, "a", key="../../x")
    outcomes, [read] = store.read("small", "1")
    assert list(outcomes[["detector", "dataset", "sequence"]].iloc[0]) == ["median", "d", 0]
    assert read.key == "a"


def test_a_flipped_bit_is_an_error_that_names_the_file_or_changes_nothing(store, make_record, row):
    rng = np.random.default_rng(0)
    numbers = [rng.standard_normal(20) for _ in range(12)]
    rows = [
        row(trial=i, candidate_x=abs(x), candidate_y=abs(x), candidate_score=np.sort(x)[::-1])
        for i, x in enumerate(numbers)
    ]
    store.write(make_record("a", seconds=3.0), rows, [])
    path = store.folder / "shards" / "a.parquet"
    whole, (table, records) = path.read_bytes(), store.read("small", "1")
    refused = 0
    for place in rng.integers(8 * len(whole), size=500):
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << (place % 8)
        path.write_bytes(damaged)
        try:
            found, again = store.read("small", "1")
        except AlgoZooError as error:
            assert "a.parquet" in str(error)  # noqa: PT017 - most bits are refused, some are read
            refused += 1
        else:
            pd.testing.assert_frame_equal(found, table)
            assert again == records
    assert refused > 200


@pytest.mark.parametrize(
    ("started", "message"),
    [("~", "started is '~'"), ("2999-01-01T00:00:00+00:00", "is in the future"), ("2026-01-01T10:00:00", "time zone")],
)
def test_a_start_that_is_no_time_of_the_past_is_refused(store, make_record, started, message, row):
    store.write(make_record("a"), [row()], [])
    forge(store, "a", started=started)
    with pytest.raises(AlgoZooError, match=rf"a\.parquet: damaged.*{message}"):
        store.read("small", "1")


def test_the_latest_run_counts_whatever_its_time_zone(store, make_record, row):
    for key, started, reason in (
        ("a", "2026-01-02T00:30:00+02:00", "first"),
        ("b", "2026-01-01T23:00:00+00:00", "last"),
    ):
        store.write(make_record(key, started=started), [row(reason=reason)], [])
    assert list(store.read("small", "1")[0]["reason"]) == ["last"]
