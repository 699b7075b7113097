import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algozoo.benchmark.rows import SCHEMA, MalformedError, read_rows, write_rows

INJECTED = {"trial_kind": "injected", "annulus": 0, "separation": 8.0, "position_angle": 30.0, "contrast": 1e-3} | {
    "x": 20.0,
    "y": 30.0,
}
TWO = {"candidate_x": [1.5, 9.0], "candidate_y": [2.5, 9.0], "candidate_score": [3.0, 2.0]}


@pytest.fixture
def record(make_record):
    return make_record("a", annuli=[{"inner": 1.5, "outer": 3.0}])


@pytest.fixture
def read(tmp_path, record):
    """Write rows as a run does, and read them."""

    def read(*rows):
        write_rows(tmp_path / "a.parquet", rows, {})
        return read_rows(tmp_path / "a.parquet", record).to_pylist()

    return read


def changed(tmp_path, row, name, column):
    """Write a row, and then another column in the place of one of its own; none leaves it out."""
    path = tmp_path / "a.parquet"
    write_rows(path, [row()], {})
    table = pq.read_table(path)
    place = table.schema.get_field_index(name)
    pq.write_table(table.remove_column(place) if column is None else table.set_column(place, name, column), path)
    return path


def test_rows_of_a_run_are_read_as_they_are(read, row):
    rows = [
        row(trial=3, **INJECTED, **TWO, candidate_flux=[1e-3, np.nan], block="first"),
        row(trial=5, null_separation=[2.0], null_score=[-0.5], seconds=0.5),
        row(trial=6, trial_kind="flipped", status="timeout", candidate_x=[], candidate_y=[], candidate_score=[]),
    ]
    found = read(*rows)
    assert [one["trial"] for one in found] == [3, 5, 6]
    assert found[0]["candidate_y"] == [2.5, 9.0]
    assert found[1]["null_score"] == [-0.5]


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"candidate_y": [1.0, 2.0]}, "candidate_y has 2 values in trial 7: expected as many as candidate_x"),
        ({"candidate_score": []}, "candidate_score has 0 values in trial 7: expected as many as candidate_x"),
        (TWO | {"candidate_flux": [1.0]}, "candidate_flux has 1 values in trial 7: expected as many"),
        ({"null_score": [1.0]}, "null_score has 1 values in trial 7: expected as many as null_separation"),
        ({"candidate_x": [np.inf]}, "candidate_x has 1 values in trial 7: expected finite numbers only"),
        ({"candidate_y": [-7.0]}, "candidate_y has 1 values in trial 7: expected positions within the frame"),
        ({"candidate_score": [np.nan]}, "candidate_score has 1 values in trial 7: expected finite numbers only"),
        (TWO | {"candidate_score": [2.0, 3.0]}, "candidate_score has 2 values in trial 7: expected the highest first"),
        (
            {"null_separation": [np.nan], "null_score": [1.0]},
            "null_separation has 1 values in trial 7: expected finite",
        ),
        ({"status": "failed"}, "candidate_x has 1 values in trial 7: expected none without a map"),
        ({"status": "great"}, "status is 'great' in trial 7: expected one of 'crash', 'declined'"),
        ({"trial_kind": "seen"}, "trial_kind is 'seen' in trial 7: expected one of 'empty'"),
        ({"map_kind": "nice"}, "map_kind is 'nice' in trial 7: expected one of ''"),
        ({"block": "fourth"}, "block is 'fourth' in trial 7: expected one of ''"),
        ({"dataset_kind": "made up"}, "dataset_kind is 'made up' in trial 7: expected one of 'real'"),
        ({"dataset_version": "2"}, "dataset_version is '2' in trial 7: expected the same in all rows"),
        ({"dataset_version": "1/../../x"}, "dataset_version is '1/../../x': expected numbers and dots"),
        ({"control": True}, "control is True in trial 7: expected the same in all rows"),
        ({"trial": 0}, "trial is 0 in trial 0: expected each number once"),
        ({"trial": -1}, "trial is -1 in trial -1: expected a number from 0 on"),
        (INJECTED | {"annulus": 1}, "annulus is 1 in trial 7: expected 0 to 0 with a companion, else -1"),
        ({"annulus": 0}, "annulus is 0 in trial 7: expected 0 to 0 with a companion, else -1"),
        (INJECTED | {"x": np.nan}, "x is nan in trial 7: expected a finite number with a companion, else NaN"),
        ({"y": 3.0}, "y is 3.0 in trial 7: expected a finite number with a companion, else NaN"),
        (INJECTED | {"contrast": 0.0}, "contrast is 0.0 in trial 7: expected more than 0"),
        ({"fwhm": 0.0}, "fwhm is 0.0 in trial 7: expected a finite number above 0"),
        ({"n_resels": np.inf}, "n_resels is inf in trial 7: expected a finite number above 0"),
        ({"seconds": -1.0}, "seconds is -1.0 in trial 7: expected a finite number from 0 on, or NaN"),
    ],
)
def test_a_value_that_no_run_writes_is_named(read, row, facts, told):
    with pytest.raises(MalformedError) as error:
        read(row(), row(trial=3), row(**{"trial": 7} | facts))
    assert str(error.value).startswith(told)


def test_a_table_without_rows_is_refused(read):
    with pytest.raises(MalformedError, match="it has no row"):
        read()


@pytest.mark.parametrize(
    ("name", "column", "told"),
    [
        ("fwhm", None, "it lacks the columns fwhm"),
        ("fwhm", pa.array([4]), "column fwhm is of another type, expected once double"),
        ("fwhm", pa.array([4.0], pa.float32()), "column fwhm is of another type"),
        ("status", pa.array([{"x": 1}]), "column status is of another type, expected once string"),
        ("candidate_x", pa.array([[1.5]], pa.list_(pa.float64())), "column candidate_x is of another type"),
        ("candidate_x", pa.array([1.5]), "column candidate_x is of another type"),
        ("trial", pa.array([None], pa.int32()), "column trial has nulls"),
        ("reason", pa.array([None], pa.string()), "column reason has nulls"),
        ("candidate_y", pa.array([[None]], SCHEMA.field("candidate_y").type), "column candidate_y has nulls"),
        ("candidate_y", pa.array([None], SCHEMA.field("candidate_y").type), "column candidate_y has nulls"),
    ],
)
def test_a_column_that_no_run_writes_is_named(tmp_path, record, row, name, column, told):
    with pytest.raises(MalformedError, match=told):
        read_rows(changed(tmp_path, row, name, column), record)


def test_a_column_that_is_there_twice_is_refused(tmp_path, record, row):
    path = tmp_path / "a.parquet"
    write_rows(path, [row()], {})
    table = pq.read_table(path)
    pq.write_table(table.append_column("fwhm", pa.array([5.0])), path)
    with pytest.raises(MalformedError, match="column fwhm is of another type, expected once double"):
        read_rows(path, record)


def test_columns_of_a_later_algozoo_are_left_out(tmp_path, record, row):
    path = tmp_path / "a.parquet"
    write_rows(path, [row()], {})
    pq.write_table(pq.read_table(path).append_column("weather", pa.array(["fine"])), path)
    assert read_rows(path, record).schema.names == SCHEMA.names


def test_a_table_of_more_rows_than_a_shard_can_have_is_not_unpacked(tmp_path, record, row):
    path = tmp_path / "a.parquet"
    write_rows(path, [row()], {})
    pq.write_table(pq.read_table(path).take([0] * 70_000), path)
    with pytest.raises(MalformedError, match="it is too large, expected at most 65536 rows"):
        read_rows(path, record)
