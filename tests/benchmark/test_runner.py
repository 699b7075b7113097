import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow.parquet as pq
import pytest

import algozoo
from algozoo.benchmark import plan as plan_module
from algozoo.benchmark import shard as shard_module
from algozoo.benchmark.plan import content_key, content_keys, plan
from algozoo.benchmark.provenance import code
from algozoo.benchmark.runner import make, missing, resolvable_differences, restore_previews, run, unmade, write_preview
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDetector
from algozoo.benchmark.trials import draw_trials
from algozoo.datasets.simulate import versions
from algozoo.detectors.contract import Declined, Detector
from algozoo.detectors.median import Median
from algozoo.errors import AlgoZooError, InputError
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.psf import locate
from algozoo.imaging.rotate import derotate
from algozoo.scoring import rates, resolvable_difference, score


def test_every_detector_sees_the_same_trials(full_store, suite, read):
    outcomes = read(full_store, suite)
    trials = ["sequence", "trial", "trial_kind", "annulus", "separation", "position_angle", "contrast", "x", "y"]
    first, *others = (group[trials].reset_index(drop=True) for _, group in outcomes.groupby("detector"))
    assert len(others) == 3
    for other in others:
        assert first.equals(other)


def test_truth_in_the_table_is_where_the_planet_was_put(full_store, suite, read):
    """The light that a trial has and the sequence has not, derotated, lies there and is as bright as the table says."""
    dataset = suite.load(suite.datasets[0])
    rows = read(full_store, suite).query("detector == 'median' and trial_kind == 'injected'")
    assert len(rows) == 8
    for row in rows.itertuples():
        null = dataset.null_sequence(row.sequence)
        trial = draw_trials(suite, suite.datasets[0], dataset, row.sequence, null)[row.trial]
        light = derotate(trial.sequence(null).cube - null.cube, null.parallactic_angles).mean(axis=0)
        brightest_row, brightest_column = np.unravel_index(light.argmax(), light.shape)
        place = locate(light, brightest_column, brightest_row, null.fwhm)
        assert place == pytest.approx((row.x, row.y), abs=0.05)
        flux = aperture_sum(light, row.x, row.y, null.fwhm / 2)
        assert flux == pytest.approx(row.contrast * null.star_flux, rel=0.1)  # eight frames smear it


def test_a_second_run_has_nothing_to_do(full_store, suite):
    shards, _ = plan(suite)
    assert len(shards) == 8
    assert all(full_store.is_done(content_key(shard)) for shard in shards)


def test_controls_stand_at_the_ceiling_at_chance_and_at_zero(full_store, suite, read):
    board = score(read(full_store, suite), rng=np.random.default_rng(0)).set_index("detector")
    assert board.loc["oracle", "partial_auc"] == 1
    assert board.loc["blank", "partial_auc"] == 0
    assert board.loc["random", "partial_auc"] < board.loc["median", "partial_auc"]
    assert board["rank"].isna().to_dict() == {"oracle": True, "random": True, "blank": True, "median": False}


def test_random_is_at_chance_and_the_oracle_at_the_ceiling_on_many_trials(suite, tmp_path, read):
    """A disc of one FWHM around the companion has the area of four resolution elements."""
    entry = suite.datasets[0].model_copy(update={"injections": 100})
    detectors = (SuiteDetector(name="random"), SuiteDetector(name="oracle"))
    many = suite.model_copy(update={"datasets": (entry,), "detectors": detectors})
    list(run(plan(many)[0], Store(tmp_path)))
    outcomes = read(Store(tmp_path), many)
    assert score(outcomes, rng=np.random.default_rng(0)).set_index("detector").loc["oracle", "partial_auc"] == 1
    at_ten = rates(outcomes, rng=np.random.default_rng(0)).groupby("detector").last()
    chance = 1 - np.exp(-10 * 4 / outcomes["n_resels"].iloc[0])
    assert at_ten.loc["random", "tpr_low"] <= chance <= at_ten.loc["random", "tpr_high"]
    assert at_ten.loc["random", "tpr"] == pytest.approx(chance, abs=0.1)  # the interval of two sequences is wide


def test_the_key_depends_on_what_the_outcome_depends_on(suite, tmp_path):
    first = plan(suite)[0][0]
    other_seed = suite.model_copy(update={"seed": 8})
    other_detector = SuiteDetector(name="pca", parameters={"n_components": 3})
    keys = {
        content_key(first),
        *(content_key(shard) for shard in plan(other_seed)[0]),
        content_key(type(first)(suite, first.dataset, 0, other_detector)),
        content_key(type(first)(suite, first.dataset, 0, SuiteDetector(name="pca"))),
    }
    assert len(keys) == 1 + 8 + 2
    manifest = tmp_path / "dataset.toml"
    manifest.write_text(Path(suite.datasets[0].name).read_text().replace("seed = ", "seed = 1"))
    other_data = suite.datasets[0].model_copy(update={"name": str(manifest)})
    assert content_key(type(first)(suite, other_data, 0, first.detector)) not in keys


def test_keys_of_many_shards_are_those_of_each(suite):
    shards, _ = plan(suite)
    assert content_keys(shards) == [content_key(shard) for shard in shards]


def test_the_difference_that_can_be_resolved_is_of_the_sequences_that_the_suite_uses(suite):
    """Not of all that the dataset has: here one of two, with 200 companions in each of two annuli."""
    entry = suite.datasets[0].model_copy(update={"sequences": 1, "injections": 200})
    n_ranked, differences = resolvable_differences(plan(suite.model_copy(update={"datasets": (entry,)}))[0])
    assert n_ranked == 1
    assert differences == {"small": resolvable_difference(1, 400, comparisons=1)}


def test_sequences_are_simulated_before_the_shards_run(suite, tmp_path, monkeypatch):
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path))
    shards, _ = plan(suite)
    sequences = unmade(shards)
    assert [str(made) for made in sequences] == ["small/0 simulated", "small/1 simulated"]
    assert list(make(sequences)) == sequences
    assert unmade(shards) == []


def test_outcomes_of_other_trials_are_left_out(suite, tmp_path, read):
    store, [entry] = Store(tmp_path), suite.datasets
    blank = suite.model_copy(update={"detectors": (SuiteDetector(name="blank"), SuiteDetector(name="random"))})
    list(run(plan(blank)[0], store))
    more = {"datasets": (entry.model_copy(update={"injections": 3}),), "detectors": blank.detectors[:1]}
    list(run(plan(blank.model_copy(update=more))[0], store))
    outcomes = read(store, suite)
    assert set(outcomes["detector"]) == {"blank"}
    assert (outcomes["trial_kind"] == "injected").sum() == 2 * 2 * 3


@pytest.mark.parametrize("kind", ["shards", "maps"])
def test_a_damaged_shard_is_run_again_and_named(full_store, suite, tmp_path, read, kind):
    shutil.copytree(full_store.folder, tmp_path / "store")
    store, told = Store(tmp_path / "store"), []
    damaged = min((store.folder / kind).iterdir())
    content = bytearray(damaged.read_bytes())
    content[content.index(b"simulated" if kind == "shards" else b"SCORES")] ^= 1
    damaged.write_bytes(content)
    [shard] = missing(plan(suite)[0], store, told.append)
    [line] = told
    assert re.match(rf"Notice: .*/[01] \w+ is run again: .*{damaged.name} is damaged \(.*\)$", line)
    list(run([shard], store))
    assert missing(plan(suite)[0], store) == []
    times = ["seconds", "cpu_seconds"]
    assert read(store, suite).drop(columns=times).equals(read(full_store, suite).drop(columns=times))


def test_results_of_another_format_are_not_run_again(full_store, suite, tmp_path):
    shutil.copytree(full_store.folder, tmp_path / "store")
    path = min((tmp_path / "store" / "shards").iterdir())
    table = pq.read_table(path)
    record = json.loads(table.schema.metadata[b"algozoo"]) | {"format": 99}
    pq.write_table(table.replace_schema_metadata({"algozoo": json.dumps(record)}), path)
    with pytest.raises(InputError, match=r"store format 99.*use another folder with --store"):
        missing(plan(suite)[0], Store(tmp_path / "store"))


def test_what_a_dataset_looks_like_is_written_again_where_it_is_damaged(suite, tmp_path):
    store, shards = Store(tmp_path), plan(suite)[0]
    restore_previews(shards, store)
    before, _ = store.preview("small-1")
    (tmp_path / "datasets" / "small-1.fits").write_bytes(b"junk")
    restore_previews(shards, store)
    assert store.preview("small-1")[0] == before


def test_a_preview_is_kept(suite, tmp_path):
    store = Store(tmp_path)
    dataset = suite.load(suite.datasets[0])
    write_preview(dataset, store)
    about, images = store.preview("small-1")
    assert about.manifest == dataset.manifest
    assert images["median"].shape == (61, 61)
    assert images["angles"].shape == (8,)


@dataclass(frozen=True, kw_only=True)
class Spy(Detector):
    """Look."""

    name: ClassVar[str] = "spy"
    title: ClassVar[str] = "Spy"
    reference: ClassVar[str] = "none"
    fitted: ClassVar[list] = []
    seen: ClassVar[list] = []

    def detect(self, sequence):
        self.seen.append(sequence)
        raise Declined("only looking")


class Learner(Spy):
    """Look, and learn."""

    def fit(self, sequence):
        self.fitted.append(sequence)
        return self


class Eavesdropper(Spy):
    """Listen to the truth."""

    heard: ClassVar[list] = []

    def told(self, companions):
        self.heard.append(companions)
        return self


class Yardstick(Eavesdropper):
    """Listen, and have no rank."""

    control: ClassVar[bool] = True


@pytest.fixture
def spy_on(monkeypatch, tmp_path):
    def spy_on(kind, shard):
        Spy.fitted.clear()
        Spy.seen.clear()
        monkeypatch.setattr(shard_module, "create", lambda *_: kind())
        list(run([shard], Store(tmp_path)))
        [record] = Store(tmp_path).read(shard.suite.name, shard.suite.version)[1]
        return record.training

    return spy_on


def test_nothing_that_a_detector_gets_names_the_trial(suite, spy_on):
    spy_on(Spy, plan(suite)[0][0])
    assert len(Spy.seen) == 6
    assert {(sequence.name, len(sequence.meta)) for sequence in Spy.seen} == {("sequence", 0)}


def test_only_a_control_is_told_the_truth(suite, spy_on):
    shard = plan(suite)[0][0]
    spy_on(Eavesdropper, shard)
    assert Eavesdropper.heard == []
    spy_on(Yardstick, shard)
    assert [len(companions) for companions in Eavesdropper.heard] == [1] * 4  # of six trials two have no companion


def test_a_detector_that_learns_nothing_is_not_given_anything_to_learn_from(suite, spy_on):
    assert spy_on(Spy, plan(suite)[0][0]) == "none"
    assert Spy.fitted == []


def test_learning_is_from_a_sequence_that_no_trial_uses(suite, spy_on):
    shard = plan(suite)[0][0]
    assert spy_on(Learner, shard) == "transfer"
    [learned] = Spy.fitted
    other = shard.data().development_sequence(0)
    assert np.array_equal(learned.cube, other.cube)
    assert np.array_equal(learned.parallactic_angles, other.parallactic_angles)


def test_of_a_single_sequence_learning_never_sees_the_frames_without_the_companion(suite, spy_on, shared_data):
    entry = suite.datasets[0].model_copy(update={"name": "betapic"})
    shard = plan(suite.model_copy(update={"datasets": (entry,)}), mirror=shared_data)[0][0]
    assert spy_on(Learner, shard) == "flipped twin of each trial"
    assert len(Spy.fitted) == len(Spy.seen) == 6 + 5
    for learned, seen in zip(Spy.fitted, Spy.seen, strict=True):
        assert np.array_equal(learned.cube, seen.cube)
        assert np.array_equal(learned.parallactic_angles, -seen.parallactic_angles)


@pytest.mark.parametrize("other", ["0.0.1 " + 64 * "a", "0.1.0 " + 64 * "b"])
def test_a_worker_of_other_code_refuses_the_shard_and_says_what_to_do(suite, tmp_path, other):
    shard = replace(plan(suite)[0][0], code=other)
    with pytest.raises(AlgoZooError) as error:
        list(run([shard], Store(tmp_path)))
    version, digest = other.split()
    here_version, here = code().split()
    assert f"planned by AlgoZoo {version} (digest {digest[:12]})" in str(error.value)
    assert f"has {here_version} (digest {here[:12]})" in str(error.value)
    assert "Install the same code on all machines" in str(error.value)
    assert not (tmp_path / "shards").exists()


@pytest.mark.slow
def test_a_process_of_other_code_refuses_the_shard(suite, tmp_path):
    """The shard that it gets has the code of the process that planned it."""
    shard = plan(suite)[0][0]
    package = tmp_path / "algozoo"
    shutil.copytree(Path(algozoo.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "errors.py").write_text((package / "errors.py").read_text() + "# changed\n")
    (tmp_path / "shard").write_bytes(pickle.dumps(shard))
    program = (
        "import pickle, sys\nfrom pathlib import Path\nfrom algozoo.benchmark.shard import run_shard\n"
        "run_shard(pickle.loads(Path('shard').read_bytes()), Path('store'))"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert "AlgoZooError: " in done.stderr
    assert f"planned by AlgoZoo {algozoo.__version__} (digest {shard.code.split()[1][:12]})" in done.stderr


@pytest.mark.parametrize("raised", ["detector", "trials", "simulator"])
def test_a_raised_version_changes_the_keys_that_depend_on_it(suite, monkeypatch, raised):
    shards = plan(suite)[0]
    before = content_keys(shards)
    home, name = {
        "detector": (Median, "version"),
        "trials": (plan_module, "TRIALS_VERSION"),
        "simulator": (versions, "SIMULATOR_VERSION"),
    }[raised]
    monkeypatch.setattr(home, name, "another")
    changed = {s.detector.name for s, was, now in zip(shards, before, content_keys(shards), strict=True) if was != now}
    assert changed == ({"median"} if raised == "detector" else {"median", "oracle", "random", "blank"})
