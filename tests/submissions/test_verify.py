import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import SCHEMA, Store
from algozoo.errors import AlgoZooError
from algozoo.submissions.verify import Grade, compare, verify

TRIAL = {"sequence": 0, "trial": 1, "status": "ok", "reason": "", "x": 20.0, "y": 30.0, "fwhm": 4.0}
PEAKS = {"candidate_x": [20, 40], "candidate_y": [31, 10], "candidate_score": [5.0, 3.0]}


@pytest.fixture(scope="module")
def published(suite, tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("published"))
    list(run([shard for shard in plan(suite)[0] if shard.detector.name == "median"], store))
    return store


@pytest.fixture
def again(suite):
    def again(store, label="median", sample=3, seed=0):
        outcomes, records = store.read(suite.name, suite.version)
        [verified] = verify(outcomes, records, label, sample=sample, rng=np.random.default_rng(seed))
        return verified

    return again


def test_what_is_run_again_on_the_same_machine_is_identical(published, again):
    verified = again(published, sample=5)
    assert (verified.detector, verified.dataset, verified.n_trials) == ("median", "small", 5)
    assert verified.grade is Grade.IDENTICAL
    assert verified.same_code


def test_a_sample_is_at_most_all_trials(published, again):
    assert again(published, sample=1000).n_trials == 12


def test_numbers_that_were_changed_by_hand_are_found(published, again, tmp_path):
    for path in (published.folder / "shards").iterdir():
        table = pq.read_table(path)
        scores = [[2 * score for score in row] for row in table["candidate_score"].to_pylist()]
        forged = table.set_column(SCHEMA.get_field_index("candidate_score"), "candidate_score", pa.array(scores))
        (tmp_path / "shards").mkdir(exist_ok=True)
        pq.write_table(forged.cast(table.schema), tmp_path / "shards" / path.name)
    verified = again(Store(tmp_path), sample=12)
    assert verified.grade is Grade.DIFFERS
    assert "scores by up to 0.5 of themselves; trial" in verified.difference


def test_code_that_has_changed_since_is_told(published, again, monkeypatch):
    monkeypatch.setattr("algozoo.benchmark.plan.detector_digest", lambda _: "another")
    verified = again(published)
    assert verified.grade is Grade.IDENTICAL
    assert not verified.same_code


def test_trials_that_are_made_otherwise_now_cannot_be_compared(published, again, monkeypatch):
    monkeypatch.setattr("algozoo.benchmark.plan._trial_code", lambda: "another")
    with pytest.raises(AlgoZooError, match="the trials of small are no longer those of"):
        again(published)


@pytest.mark.parametrize(
    ("now", "grade", "difference"),
    [
        ({}, Grade.IDENTICAL, ""),
        ({"candidate_score": [5.0, 3.0 + 1e-6]}, Grade.WITHIN_TOLERANCE, "3.3e-07"),
        ({"candidate_score": [5.1, 3.0]}, Grade.SAME_DECISIONS, "0.02"),
        ({"candidate_x": [20, 41]}, Grade.SAME_DECISIONS, "scores by up to 0"),
        ({field: values[:1] for field, values in PEAKS.items()}, Grade.SAME_DECISIONS, "2 candidates before, 1 now"),
        ({"candidate_score": [3.9, 3.0]}, Grade.DIFFERS, "trial 0/1 is decided otherwise"),
        ({"candidate_score": [5.0, 4.1]}, Grade.DIFFERS, "trial 0/1 is decided otherwise"),
        ({"candidate_x": [25, 40]}, Grade.DIFFERS, "trial 0/1 is decided otherwise"),
        ({"status": "timeout", "reason": "no answer"}, Grade.DIFFERS, r"ok before, timeout \(no answer\) now"),
    ],
)
def test_grades_go_by_the_last_bit_the_tolerance_and_the_decisions(now, grade, difference):
    """At a threshold of 4 the companion is found, and there is no false positive."""
    found, told = compare(TRIAL | PEAKS, TRIAL | PEAKS | now, threshold=4.0)
    assert found is grade
    assert difference.replace("\\", "") in told


def test_empty_trials_and_failures_can_be_identical():
    nothing = {"candidate_x": [], "candidate_y": [], "candidate_score": []}
    empty = TRIAL | nothing | {"x": np.nan, "y": np.nan, "status": "declined", "reason": "no"}
    assert compare(empty, dict(empty), np.inf)[0] is Grade.IDENTICAL
