import pytest

from algozoo.benchmark.shard_file import LONGEST_REASON, MalformedShard, OtherFormat, agreeing, read_record, read_shard
from algozoo.benchmark.shard_file import write_shard as write
from algozoo.errors import InputError


@pytest.fixture
def written(tmp_path, make_record, row):
    """Write the shard of a detector, and read it."""

    def written(name, *rows, dataset="d", sequence=0, **facts):
        path = tmp_path / f"{name}-{sequence}.parquet"
        record = make_record(path.stem, name=name, dataset=dataset, sequence=sequence, **facts)
        write(path, record, rows or [row()])
        return read_shard(path, read_record(path))

    return written


def agree(shards):
    left_out = []
    kept = agreeing(shards, left_out.append)
    return [shard.record.detector.name for shard in kept], left_out


def test_a_shard_comes_back(written, row):
    shard = written("median", row(trial=4))
    assert shard.place == ("d", "median", 0)
    assert shard.record.key == "median-0"
    assert shard.rows["trial"].to_pylist() == [4]


def test_a_shard_of_other_trials_than_most_is_left_out_and_named(written, row):
    shards = [written("a"), written("b", row(), row(trial=1)), written("c")]
    kept, [error] = agree(shards)
    assert kept == ["a", "c"]
    assert "b-0.parquet: damaged, or no result of AlgoZoo (its trials are others than those of most" in str(error)


@pytest.mark.parametrize(
    ("rows", "facts"),
    [({"dataset_version": "2"}, {}), ({"dataset_kind": "real"}, {}), ({}, {"annuli": [{"inner": 1.0, "outer": 2.0}]})],
)
def test_a_shard_of_another_dataset_than_most_is_left_out_even_where_it_is_alone(written, row, rows, facts):
    shards = [written("a"), written("b"), written("odd", row(**rows), sequence=1, **facts)]
    assert agree(shards)[0] == ["a", "b"]


def test_of_two_that_differ_the_first_stays(written, row):
    assert agree([written("a"), written("b", row(trial=1))])[0] == ["a"]


def test_sequences_and_datasets_have_trials_of_their_own(written, row):
    shards = [written("a"), written("a", row(trial=1), sequence=1), written("b", row(trial=2), dataset="e")]
    assert agree(shards) == (["a", "a", "b"], [])


def test_text_of_a_file_does_not_reach_the_terminal_as_it_is(tmp_path):
    error = MalformedShard(tmp_path / "a.parquet", "a\x1b[2Jb\nREADY " + "x" * 10_000)
    assert error.reason.startswith("a\N{REPLACEMENT CHARACTER}[2Jb READY")
    assert len(error.reason) == LONGEST_REASON


def test_another_format_is_a_matter_of_input(tmp_path):
    error = OtherFormat(tmp_path / "a.parquet", "written in store format 99")
    assert isinstance(error, InputError)
    assert str(error).endswith("a.parquet: written in store format 99; use another folder with --store")
