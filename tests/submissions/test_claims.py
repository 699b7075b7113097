import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algozoo.benchmark.rows import SCHEMA
from algozoo.benchmark.shard import run_shard
from algozoo.benchmark.store import Store
from algozoo.errors import AlgoZooError
from algozoo.submissions.returned import maps_only, read_maps
from algozoo.submissions.sealed import shards_of
from algozoo.submissions.verify import Grade, verify


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
    verified = again(forged(change), sample=1)
    assert verified.grade is Grade.DIFFERS
    assert re.match(told, verified.difference), verified.difference


@pytest.mark.parametrize(
    ("change", "told"), [(twice, "trial is 5 in trial 5: expected each number once"), (list.clear, "it has no row")]
)
def test_rows_that_no_run_writes_cannot_be_verified(forged, again, change, told):
    with pytest.raises(AlgoZooError, match=rf"\.parquet: damaged.*{told}"):
        again(forged(change))


def test_a_record_that_tells_of_other_annuli_is_found(forged, again):
    annuli = [{"inner": inner, "outer": inner + 0.5} for inner in (1.0, 2.0)]
    assert again(forged(lambda _: None, annuli=annuli)).difference == "the record's annuli is another (sequence 0)"


def test_a_row_that_passes_for_maps_made_elsewhere_is_found(published, forged, again):
    """It could not be run again, and its label must say so."""
    detector = next(record.detector for record in published.records() if record.detector.name == "median")
    verified = again(forged(lambda _: None, detector=detector.model_dump() | {"maps_only": True}))
    assert verified.grade is Grade.DIFFERS
    assert verified.difference == "the record's detector.label is another (sequence 0)"


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
        [one] = verify(Store(tmp_path), suite, detector.label, sample=5, rng=np.random.default_rng(0))
        return one

    assert (verified().grade, verified().difference, verified().same_code) == (None, "", True)
    path = min((tmp_path / "shards").iterdir())
    table = pq.read_table(path)
    column = pa.array([200.0] * len(table))
    pq.write_table(table.set_column(SCHEMA.get_field_index("fwhm"), SCHEMA.field("fwhm"), column), path)
    assert verified().grade is Grade.DIFFERS
    assert verified().difference.startswith("fwhm of trial 0 is 200.0")
