import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.rows import SCHEMA
from algozoo.benchmark.runner import run
from algozoo.benchmark.shard import run_shard
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDetector
from algozoo.errors import AlgoZooError
from algozoo.submissions.grades import Grade
from algozoo.submissions.returned import maps_only, read_maps
from algozoo.submissions.sealed import shards_of
from algozoo.submissions.template import new_submission
from algozoo.submissions.verify import MAPS_ONLY, verify

ANNULI = [{"inner": inner, "outer": inner + 0.5} for inner in (1.0, 2.0)]


def to_the_highest_peak(rows):
    for row in rows:
        if row["trial_kind"] == "injected" and row["candidate_x"]:
            row["x"], row["y"] = row["candidate_x"][0], row["candidate_y"][0]


def each(kind="", **values):
    """Change all rows, or those of a kind."""
    return lambda rows: [row.update(values) for row in rows if kind in row["trial_kind"]]


def without_first(rows):
    del rows[0]


def twice(rows):
    rows.append(dict(rows[-1]))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (to_the_highest_peak, r"x of trial 0 is .*, expected .* \(sequence 0\)"),
        (each(fwhm=200.0), r"fwhm of trial 0 is 200.0, expected \d\.\d+"),
        (each(n_resels=9.0), "n_resels of trial 0"),
        (each("injected", contrast=1.0), "contrast of trial 0"),
        (each("injected", separation=1.0), "separation of trial 0"),
        (each("injected", position_angle=1.0), "position_angle of trial 0"),
        (each("injected", annulus=0), "annulus of trial 2 is 0, expected 1"),
        (each("empty", trial_kind="flipped"), "trial_kind of trial 4 is flipped, expected empty"),
        (each(block="first"), "block of trial 0 is first"),
        (each(training="flipped"), "training of trial 0 is flipped, expected none"),
        (each(control=True), "control of trial 0 is True, expected False"),
        (each(dataset_kind="real"), "dataset_kind of trial 0 is real, expected simulated"),
        (each(dataset_version="2"), "dataset_version of trial 0 is 2, expected 1"),
        (without_first, "trial: 5 rows, expected 6"),
    ],
)
def test_what_is_said_of_trials_must_be_so_in_all_of_them(forged, again, change, told):
    verified = again(forged(change))
    assert verified.grade is Grade.DIFFERS
    assert re.match(told, verified.difference), verified.difference


@pytest.mark.parametrize(
    ("change", "told"), [(twice, "trial is 5 in trial 5: expected each number once"), (list.clear, "it has no row")]
)
def test_rows_that_no_run_writes_cannot_be_verified(forged, again, change, told):
    with pytest.raises(AlgoZooError, match=rf"\.parquet: damaged.*{told}"):
        again(forged(change))


@pytest.mark.parametrize(
    ("part", "name", "value", "told"),
    [
        ("", "annuli", ANNULI, r"annuli is \(TrialAnnulus.*, expected \(TrialAnnulus"),
        ("", "training", "transfer", "training is 'transfer', expected 'none'"),
        ("", "n_failed", 3, "n_failed is 3, expected 0"),
        ("", "seconds", 1e-4, "seconds are 0.0001, its trials took"),
        ("suite", "seed", 8, "suite.seed is 8, expected 7"),
        (
            "suite",
            "datasets",
            [{"name": "small", "injections": 3}],
            r"suite.datasets is \(.*'injections': 3},\), expected \(.*'injections': 2",
        ),
        ("detector", "title", "The best", "detector.title is 'The best', expected 'Median"),
        ("detector", "reference", "Me", "detector.reference is 'Me', expected 'Marois"),
        ("detector", "summary", "Wonders.", "detector.summary is 'Wonders.', expected"),
        ("detector", "parameters", {"combine": "'mean'"}, "detector.parameters is .*mean.*, expected .*median"),
        ("detector", "sandbox", "bubblewrap", "detector.sandbox is 'bubblewrap', expected 'None'"),
        ("detector", "reproducible", False, "detector.reproducible is False, expected True"),
        ("detector", "control", True, "detector.control is True, expected False"),
    ],
)
def test_what_a_record_says_that_is_not_so_is_found(published, forged, again, part, name, value, told):
    record = next(record for record in published.records() if record.detector.name == "median").model_dump(mode="json")
    facts = {part: record[part] | {name: value}} if part else {name: value}
    verified = again(forged(lambda _: None, **facts))
    assert verified.grade is Grade.DIFFERS
    assert re.match(f"the record's {told}", verified.difference), verified.difference


def test_a_suite_file_that_was_moved_since_the_run_is_still_the_same(published, forged, again):
    suite = published.records()[0].suite.model_dump(mode="json")
    suite["datasets"][0]["name"] = "/elsewhere/dataset.toml"
    assert again(forged(lambda _: None, suite=suite)).grade is Grade.IDENTICAL


@pytest.mark.usefixtures("sandbox")
def test_a_record_that_claims_a_sandbox_its_key_does_not_is_found(suite, again, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    facts = {"name": "mine", "title": "Mine", "authors": ["A"], "reference": "none", "licence": "MIT", "kind": "snr"}
    new_submission(facts, Path("submissions"))
    monkeypatch.setenv("ALGOZOO_SANDBOX", "none")
    store = Store(tmp_path / "results")
    list(run(plan(suite.model_copy(update={"detectors": (SuiteDetector(name="mine"),)}))[0], store))
    monkeypatch.delenv("ALGOZOO_SANDBOX")
    for path in (store.folder / "shards").iterdir():
        table = pq.read_table(path)
        record = json.loads(table.schema.metadata[b"algozoo"])
        record["detector"]["sandbox"] = "bubblewrap"
        pq.write_table(table.replace_schema_metadata({"algozoo": json.dumps(record)}), path)
    verified = again(store, "mine")
    assert verified.grade is Grade.DIFFERS
    assert "detector.sandbox is 'bubblewrap', its key is that of another" in verified.difference


def test_a_row_that_passes_for_maps_made_elsewhere_is_found(published, forged, again):
    """It could not be run again, and its label must say so."""
    detector = next(record.detector for record in published.records() if record.detector.name == "median")
    verified = again(forged(lambda _: None, detector=detector.model_dump() | {"maps_only": True}))
    assert verified.grade is Grade.DIFFERS
    assert verified.difference.startswith("the record's detector.label is 'median', expected 'median (maps only)'")


def test_a_sequence_that_is_left_out_is_found(forged, again):
    store = forged(lambda _: None)
    next((store.folder / "shards").iterdir()).unlink()
    verified = again(store)
    assert verified.grade is Grade.DIFFERS
    assert verified.difference.startswith("sequence: 1 have results, the suite has 2")


ABOUT = {"name": "elsewhere", "title": "Made elsewhere", "reference": "none", "kind": "snr"}


def test_what_is_said_of_the_trials_of_maps_is_verified_too(exported, truth, suite, tmp_path):
    detector = maps_only(read_maps(exported, truth, None), truth, **ABOUT)
    for shard in shards_of(truth, "elsewhere", None):
        run_shard(shard, tmp_path, detector=detector)

    def verified():
        [one] = verify(Store(tmp_path), suite, detector.label, rng=np.random.default_rng(0))
        return one

    assert (verified().grade, verified().difference, verified().same_code) == (None, MAPS_ONLY, True)
    path = min((tmp_path / "shards").iterdir())
    table = pq.read_table(path)
    column = pa.array([200.0] * len(table))
    pq.write_table(table.set_column(SCHEMA.get_field_index("fwhm"), SCHEMA.field("fwhm"), column), path)
    assert verified().grade is Grade.DIFFERS
    assert verified().difference.startswith("fwhm of trial 0 is 200.0")
