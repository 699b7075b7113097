import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from algozoo.benchmark.record import RunRecord

PUBLISHED = Path(__file__).parents[2] / "leaderboard" / "results" / "shards"


def test_a_record_comes_back_from_its_json(make_record):
    record = make_record("a", seconds=0.1, training="transfer", packages={"numpy": "2.4.6"}, dirty=True)
    assert RunRecord.model_validate_json(record.to_json()) == record


def test_published_records_are_written_as_they_were_read():
    paths = sorted(PUBLISHED.glob("*.parquet"))
    assert paths
    for path in paths:
        facts = json.loads(pq.read_schema(path).metadata[b"algozoo"])
        assert json.loads(RunRecord.model_validate(facts).to_json()) == facts


def test_what_is_not_known_of_a_cost_is_not_written(make_record):
    facts = json.loads(make_record("a", cpu_seconds=2.0).to_json())
    assert facts["cpu_seconds"] == 2
    assert not {"seconds", "process_peak_memory_bytes"} & facts.keys()
    assert facts["detector"]["sandbox"] is None


def test_a_detector_reproduces_unless_its_record_says_otherwise(make_record):
    """Records of before do not say it."""
    usual = make_record("a")
    assert usual.detector.reproducible
    assert "reproducible" not in json.loads(usual.to_json())["detector"]
    other = usual.model_copy(update={"detector": usual.detector.model_copy(update={"reproducible": False})})
    assert json.loads(other.to_json())["detector"]["reproducible"] is False
    assert RunRecord.model_validate_json(other.to_json()) == other


def test_a_record_cannot_be_changed(make_record):
    with pytest.raises(ValidationError, match="frozen"):
        make_record("a").dataset = "other"
