"""Rows of a real run that are forged, each in its own way, must not pass."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.rows import SCHEMA
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDetector, load_suite
from algozoo.scoring import curves
from algozoo.scoring.outcomes import OUTCOME
from algozoo.submissions.grades import TIMES
from algozoo.submissions.template import new_submission

MINE = {"name": "mine", "title": "Mine", "authors": ["A"], "reference": "none", "licence": "MIT", "kind": "snr"}
MEASURED = [name for name, column in OUTCOME.items() if column.measured and name not in TIMES]
PEAK = ("candidate_x", "candidate_y", "candidate_score", "candidate_flux")


@pytest.fixture(scope="session")
def honest(tmp_path_factory) -> Path:
    """Run the suite `smoke`: 24 trials each of two detectors."""
    folder = tmp_path_factory.mktemp("honest")
    list(run(plan(load_suite("smoke"), detectors=["median", "oracle"])[0], Store(folder)))
    return folder


@pytest.fixture(scope="session")
def third_party(tmp_path_factory, sandbox) -> Path:  # noqa: ARG001 - it must work
    """Run it for a submission: its folder is beside the results."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        new_submission(MINE, Path("submissions"))
        suite = load_suite("smoke").model_copy(update={"detectors": (SuiteDetector(name="mine"),)})
        list(run(plan(suite)[0], Store(home / "results")))
    return home


def rows_of(folder, name="median"):
    """Read all rows of a detector, with the path and the record of each."""
    paths = sorted((folder / "shards").iterdir())
    tables = {path: pq.read_table(path) for path in paths}
    records = {path: json.loads(table.schema.metadata[b"algozoo"]) for path, table in tables.items()}
    own = [path for path in paths if records[path]["detector"]["name"] == name]
    rows = [row | {"path": path} for path in own for row in tables[path].to_pylist()]
    return sorted(rows, key=lambda row: (row["sequence"], row["trial"])), {path: records[path] for path in own}


def write(rows, records):
    for path, record in records.items():
        own = [{name: row[name] for name in SCHEMA.names} for row in rows if row["path"] == path]
        schema = SCHEMA.with_metadata({"algozoo": json.dumps(record)})
        pq.write_table(pa.Table.from_pylist(own, schema), path)


@pytest.fixture
def verified_after(algozoo, tmp_path):
    """Forge the rows of a detector in a copy of the results, and verify them."""

    def verified(folder, forge, name="median", record=None):
        shutil.copytree(folder, tmp_path / "forged")
        rows, records = rows_of(tmp_path / "forged", name)
        assert len(rows) == 24
        forge(rows)
        for facts in records.values():
            (record or dict)(facts)
        write(rows, records)
        return algozoo("verify", name, "--suite", "smoke", "--store", tmp_path / "forged")

    return verified


def is_false(row):
    """Say which candidates lie on no companion."""
    x, y = (np.array(row[name], dtype=float) for name in PEAK[:2])
    return ~(np.hypot(x - row["x"], y - row["y"]) <= row["fwhm"])


def one_score(rows):
    rows[7]["candidate_score"][2] *= 1.001


def all_scores(rows):
    for row in rows:
        row["candidate_score"] = [2 * score for score in row["candidate_score"]]


def all_positions(rows):
    """The best candidate of each map is moved onto the companion."""
    for row in rows:
        if row["trial_kind"] == "injected":
            row["candidate_x"][0], row["candidate_y"][0] = row["x"], row["y"]


def rows_of_the_oracle(rows):
    own, _ = rows_of(rows[0]["path"].parents[1], "oracle")
    best = {(row["sequence"], row["trial"]): row for row in own}
    for row in rows:
        row |= {name: best[row["sequence"], row["trial"]][name] for name in MEASURED}


def swapped_sequences(rows):
    made = {(row["sequence"], row["trial"]): {name: row[name] for name in MEASURED} for row in rows}
    for row in rows:
        row.update(made[row["sequence"] ^ 1, row["trial"]])


def flattened(rows):
    for row in rows:
        lowest = min(row["candidate_score"])
        row["candidate_score"] = np.where(is_false(row), lowest, row["candidate_score"]).tolist()
        order = np.argsort(row["candidate_score"], kind="stable")[::-1]  # the highest first, or it could not be read
        row.update({name: np.array(row[name])[order].tolist() for name in PEAK})


def flattened_to_just_above_the_threshold(rows):
    """False positives above one per map stay above it, and less far; with the last candidate, all else is invented."""
    outcomes, _ = Store(rows[0]["path"].parents[1]).read("smoke", load_suite("smoke").version)
    curve = curves(outcomes[outcomes["detector"] == "median"])
    threshold = curve.loc[curve["fp_per_map"] <= 1, "threshold"].min()
    n_changed = 0
    for row in rows:
        score = np.array(row["candidate_score"])
        high = is_false(row) & (score > threshold)
        n_changed += high.sum()
        row["candidate_score"] = np.where(high, np.nextafter(threshold, np.inf), score).tolist()
        without_last([row])
        row["candidate_flux"] = [1e-4 for _ in row["candidate_flux"]]
        row["null_score"] = [0.0 for _ in row["null_score"]]
    assert n_changed


def without_last(rows):
    """Nothing that is decided changes: the last candidates are the lowest."""
    for row in rows:
        row |= {name: row[name][:-1] for name in PEAK}


def without_first_false_one(rows):
    """In maps without a companion the highest false positive is gone, and with it the threshold."""
    for row in rows:
        if row["trial_kind"] != "injected":
            row |= {name: row[name][1:] for name in PEAK}


def fluxes(rows):
    """All that is found has the flux that was injected."""
    for row in rows:
        row["candidate_flux"] = [row["contrast"]] * len(row["candidate_x"])


def null_scores(rows):
    for row in rows:
        row["null_score"] = np.random.default_rng(row["trial"]).normal(size=len(row["null_score"])).tolist()


def four_hits(rows):
    missed = [row for row in rows if row["trial_kind"] == "injected" and is_false(row)[0]][:4]
    assert len(missed) == 4
    for row in missed:
        row["candidate_x"][0], row["candidate_y"][0] = row["x"], row["y"]
        row["candidate_score"][0] = 50.0


def failures(rows):
    """What did not find its companion is a map that could not be made."""
    nothing = {name: [] for name, column in OUTCOME.items() if column.measured and column.stored.startswith("list")}
    for row in [row for row in rows if row["trial_kind"] == "injected" and is_false(row)[0]]:
        row.update(nothing, status="declined", reason="clouds", map_kind="", seconds=np.nan)


FORGERIES = [
    (one_score, "candidate_score by up to 0.001 of itself in trial 1/1 (1 of 24 trials differ)"),
    (all_scores, "candidate_score by up to 0.5 of itself in trial 0/0 (24 of 24 trials differ)"),
    (all_positions, "px in trial"),
    (rows_of_the_oracle, "(24 of 24 trials differ)"),
    (swapped_sequences, "(24 of 24 trials differ)"),
    (flattened, " trials differ)"),
    (flattened_to_just_above_the_threshold, "values, "),
    (without_last, "(24 of 24 trials differ)"),
    (without_first_false_one, "(8 of 24 trials differ)"),
    (fluxes, "candidate_flux by up to"),
    (null_scores, "null_score by up to"),
    (four_hits, "(4 of 24 trials differ)"),
    (failures, "status is 'declined', 'ok' now"),
]


@pytest.mark.parametrize(("forge", "told"), FORGERIES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_forged_row_does_not_pass(honest, verified_after, forge, told):
    ended = verified_after(honest, forge)
    assert ended.code == 1
    assert "differs" in ended.out
    assert told in ended.out


@pytest.mark.parametrize("forge", [one_score, four_hits, without_last, null_scores], ids=lambda forge: forge.__name__)
def test_a_forged_row_of_a_submission_does_not_pass(third_party, verified_after, monkeypatch, forge):
    monkeypatch.chdir(third_party)
    ended = verified_after(third_party / "results", forge, "mine")
    assert ended.code == 1
    assert "of 24 trials differ)" in ended.out


@pytest.mark.parametrize(
    ("part", "name", "value"), [("suite", "seed", 3), ("detector", "title", "Best"), ("detector", "sandbox", None)]
)
def test_a_forged_record_does_not_pass(third_party, verified_after, monkeypatch, part, name, value):
    monkeypatch.chdir(third_party)
    ended = verified_after(
        third_party / "results", lambda _: None, "mine", record=lambda facts: facts[part].update({name: value})
    )
    assert ended.code == 1
    assert f"the record's {part}.{name} is {value!r}, expected" in ended.out


@pytest.mark.parametrize("factor", [0.001, 100.0])
def test_forged_seconds_are_shown_as_not_confirmed(honest, verified_after, factor):
    def forge(rows):
        for row in rows:
            row |= {"seconds": factor * row["seconds"], "cpu_seconds": factor * row["cpu_seconds"]}

    ended = verified_after(honest, forge, record=lambda facts: facts.update(seconds=100.0))
    assert ended.code == 0
    assert "identical" in ended.out
    assert "not confirmed: seconds are" in ended.out


def test_honest_rows_pass_and_the_seed_of_the_sample_is_printed(algozoo, honest):
    ended = algozoo("verify", "--suite", "smoke", "--store", honest)
    assert ended.code == 0
    assert ended.out.count("24      identical              confirmed  the same") == 2
    assert ended.out.splitlines()[-1].removeprefix("Seed: ").isdecimal()


def test_a_submission_that_is_honest_passes(algozoo, third_party, monkeypatch):
    monkeypatch.chdir(third_party)
    ended = algozoo("verify", "mine", "--suite", "smoke", "--store", third_party / "results")
    assert ended.code == 0
    assert "24      identical              confirmed  the same" in ended.out


def test_a_sample_says_what_it_may_miss_and_its_seed_repeats_it(algozoo, honest, monkeypatch):
    monkeypatch.setattr("algozoo.submissions.verify.HOUR", 0.0)
    monkeypatch.setattr("algozoo.submissions.verify.SAMPLE", 10)
    ask = ["verify", "median", "--suite", "smoke", "--store", honest]
    first = algozoo(*ask)
    assert first.code == 0
    assert "10 of 24" in first.out
    assert "median: forged trials are found with 99 % if they are 36.9% or more of the 24\nSeed: " in first.out
    seed = first.out.splitlines()[-1].removeprefix("Seed: ")
    assert algozoo(*ask, "--seed", seed).err == first.err
    assert algozoo(*ask, "--all").out.count("24      identical") == 1


def test_a_row_that_is_not_there_suggests_the_nearest(algozoo, suite_file, store):
    ended = algozoo("verify", "medien", "--suite", suite_file, *store)
    assert ended.code == 2
    assert "no row is called 'medien'; did you mean 'median'?" in ended.err
