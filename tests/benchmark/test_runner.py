import os
import pickle
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import dask
import numpy as np
import pytest
from distributed import LocalCluster

import algozoo
from algozoo.benchmark import plan as plan_module
from algozoo.benchmark import shard as shard_module
from algozoo.benchmark.plan import content_key, content_keys, plan
from algozoo.benchmark.pool import pool
from algozoo.benchmark.provenance import code
from algozoo.benchmark.runner import make, resolvable_differences, run, unmade, write_preview
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDataset, SuiteDetector
from algozoo.benchmark.trials import draw_trials
from algozoo.datasets import load_dataset
from algozoo.datasets.simulate import versions
from algozoo.detectors.contract import Declined, DetectionMap, Detector
from algozoo.detectors.median import Median
from algozoo.detectors.registry import create
from algozoo.errors import AlgoZooError, InputError
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.psf import locate
from algozoo.imaging.rotate import derotate
from algozoo.scoring import rates, resolvable_difference, score

DECISIONS = ["dataset", "sequence", "detector", "trial", "x", "y", "contrast", "status"]


def read(store, suite):
    outcomes = store.read(suite.name, suite.version)[0]
    return outcomes.sort_values(["detector", "sequence", "trial"], ignore_index=True)


def test_every_detector_sees_the_same_trials(full_store, suite):
    outcomes = read(full_store, suite)
    trials = ["sequence", "trial", "trial_kind", "annulus", "separation", "position_angle", "contrast", "x", "y"]
    first, *others = (group[trials].reset_index(drop=True) for _, group in outcomes.groupby("detector"))
    assert len(others) == 3
    for other in others:
        assert first.equals(other)


def test_truth_in_the_table_is_where_the_planet_was_put(full_store, suite):
    """The light that a trial has and the sequence has not, derotated, lies there and is as bright as the table says."""
    dataset = load_dataset(suite.datasets[0].name)
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
        assert flux == pytest.approx(row.contrast * null.star_flux, rel=0.05)


def test_a_second_run_has_nothing_to_do(full_store, suite):
    shards, _ = plan(suite)
    assert len(shards) == 8
    assert all(full_store.is_done(content_key(shard)) for shard in shards)


def test_detectors_that_measure_a_flux_have_one_for_each_candidate(full_store, suite):
    """Over that of the star: a companion of contrast 0.002, say, cannot leave much more than that."""
    outcomes = read(full_store, suite)
    assert (outcomes["candidate_flux"].str.len() == outcomes["candidate_x"].str.len())[
        outcomes["detector"] == "median"
    ].all()
    assert (outcomes.loc[outcomes["detector"] != "median", "candidate_flux"].str.len() == 0).all()
    fluxes = np.concatenate(outcomes["candidate_flux"].to_list())
    assert np.isfinite(fluxes).all()
    assert abs(fluxes).max() < 0.02


def test_snr_of_maps_without_a_companion_is_kept_at_places_that_share_no_light(full_store, suite):
    outcomes = read(full_store, suite)
    kept = outcomes["null_score"].str.len() > 0
    assert (kept == ((outcomes["detector"] == "median") & (outcomes["trial_kind"] != "injected"))).all()
    separation = np.concatenate(outcomes.loc[kept, "null_separation"].to_list())
    assert 1 <= separation.min() < 1.5
    assert 4.5 < separation.max() <= 5


@pytest.mark.slow
def test_worker_processes_decide_as_one_process_does(full_store, suite, tmp_path):
    store = Store(tmp_path)
    with pool(2) as run_all:
        assert len(list(run(plan(suite)[0], store, run_all))) == 8
    here, there = read(full_store, suite), read(store, suite)
    assert here[DECISIONS].equals(there[DECISIONS])
    for ours, theirs in zip(here["candidate_score"], there["candidate_score"], strict=True):
        assert np.allclose(ours, theirs, rtol=1e-6)


def test_controls_stand_at_the_ceiling_at_chance_and_at_zero(full_store, suite):
    board = score(read(full_store, suite), rng=np.random.default_rng(0)).set_index("detector")
    assert board.loc["oracle", "partial_auc"] == 1
    assert board.loc["blank", "partial_auc"] == 0
    assert board.loc["random", "partial_auc"] < board.loc["median", "partial_auc"]
    assert board["rank"].isna().to_dict() == {"oracle": True, "random": True, "blank": True, "median": False}


def test_random_is_at_chance_and_the_oracle_at_the_ceiling_on_many_trials(suite, tmp_path):
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


@pytest.mark.slow
def test_a_running_scheduler_is_used(full_store, suite, tmp_path):
    store = Store(tmp_path)
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster,
        pool(0, cluster.scheduler_address) as run_all,
    ):
        finished = list(run(plan(suite)[0], store, run_all))
    assert len(finished) == 8
    assert read(full_store, suite)[DECISIONS].equals(read(store, suite)[DECISIONS])


def test_records_say_what_ran_where(full_store, suite):
    for record in full_store.read(suite.name, suite.version)[1]:
        assert record.suite == suite
        assert record.packages["numpy"] == np.__version__
        assert record.seconds > 0
        assert record.process_peak_memory_bytes > 1e7
        assert (record.algozoo, record.python) == (algozoo.__version__, platform.python_version())
        assert record.platform
        [entry] = [entry for entry in suite.detectors if entry.name == record.detector.name]
        detector = create(entry.name, **entry.parameters)
        assert record.detector.title == detector.title
        assert record.detector.parameters == {name: repr(value) for name, value in detector.parameters.items()}


def test_examples_are_kept_of_the_first_sequence(full_store, suite):
    medians = [shard for shard in plan(suite)[0] if shard.detector.name == "median"]
    assert {shard.sequence: len(full_store.maps(content_key(shard))) for shard in medians} == {0: 3, 1: 0}


def test_all_maps_are_kept_on_request(suite, tmp_path):
    shard = next(s for s in plan(suite)[0] if s.sequence == 1)
    store = Store(tmp_path)
    list(run([shard], store, keep_maps=True))
    assert len(store.maps(content_key(shard))) == 6


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


def test_unknown_names_stop_the_plan(suite):
    with pytest.raises(InputError, match="did you mean 'median'"):
        plan(suite.model_copy(update={"detectors": (SuiteDetector(name="medien"),)}))
    entry = suite.datasets[0].model_copy(update={"name": "tyni"})
    with pytest.raises(InputError, match="did you mean 'tiny'"):
        plan(suite.model_copy(update={"datasets": (entry,)}))


def test_what_is_listed_twice_or_lies_outside_the_field_stops_the_plan(suite):
    [entry] = suite.datasets
    with pytest.raises(InputError, match="dataset 'small' is listed 2 times"):
        plan(suite.model_copy(update={"datasets": (entry, entry)}))
    same = SuiteDetector(name="pca"), SuiteDetector(name="pca", parameters={"n_components": 10})
    with pytest.raises(InputError, match="detector 'pca' is listed 2 times"):
        plan(suite.model_copy(update={"detectors": same}))
    with pytest.raises(InputError, match="3 sequences of dataset small, expected at most 2"):
        plan(suite.model_copy(update={"datasets": (entry.model_copy(update={"sequences": 3}),)}))


@pytest.mark.parametrize("annuli", ["", "annuli = [{ inner = 1.5, outer = 2.5 }]\n"])
def test_a_dataset_without_annuli_or_contrasts_stops_the_plan_and_says_what_to_do(suite, tmp_path, annuli):
    path = tmp_path / "dataset.toml"
    text = Path(suite.datasets[0].name).read_text()
    path.write_text(re.sub(r"annuli = \[.*?\n\]\n", annuli, text, flags=re.DOTALL))
    entry = suite.datasets[0].model_copy(update={"name": str(path)})
    with pytest.raises(InputError, match=f"algozoo datasets calibrate {path}"):
        plan(suite.model_copy(update={"datasets": (entry,)}))


def test_a_suite_may_use_some_of_the_sequences(suite):
    entry = suite.datasets[0].model_copy(update={"sequences": 1})
    shards, _ = plan(suite.model_copy(update={"datasets": (entry,)}))
    assert {shard.sequence for shard in shards} == {0}


def test_the_difference_that_can_be_resolved_is_of_the_sequences_that_the_suite_uses(suite):
    """Not of all that the dataset has: here one of two, with 200 companions in each of two annuli."""
    entry = suite.datasets[0].model_copy(update={"sequences": 1, "injections": 200})
    n_ranked, differences = resolvable_differences(plan(suite.model_copy(update={"datasets": (entry,)}))[0])
    assert n_ranked == 1
    assert differences == {"small": resolvable_difference(1, 400, comparisons=1)}


def test_chosen_detectors_and_datasets_are_planned_and_each_shard_holds_the_whole_suite(suite):
    [entry] = suite.datasets
    detectors = (
        SuiteDetector(name="pca", slow=True),
        SuiteDetector(name="pca", parameters={"n_components": 3}),
        SuiteDetector(name="blank"),
    )
    datasets = SuiteDataset(name="tiny", injections=2), entry
    whole = suite.model_copy(update={"datasets": datasets, "detectors": detectors})

    def planned(*names):
        shards, notices = plan(whole, detectors=names, datasets=["small"], slow=False)
        assert notices == []
        assert all(shard.suite == whole for shard in shards)
        return [str(shard).removeprefix(entry.name) for shard in shards]

    assert planned("pca(n_components=3)") == ["/0 pca(n_components=3)", "/1 pca(n_components=3)"]
    assert planned("pca") == ["/0 pca", "/0 pca(n_components=3)", "/1 pca", "/1 pca(n_components=3)"]
    assert len(plan(whole, datasets=[entry.name])[0]) == 6


def test_what_is_chosen_must_be_in_the_suite(suite):
    with pytest.raises(InputError, match="no detector of suite small is called 'medien'; did you mean 'median'"):
        plan(suite, detectors=["median", "medien"])
    with pytest.raises(InputError, match="no dataset of suite small is called 'tiny'"):
        plan(suite, datasets=["tiny"])
    with pytest.raises(InputError, match=r"detectors is 'median', expected a list of names, as \['median'\]"):
        plan(suite, detectors="median")


def test_sequences_are_simulated_before_the_shards_run(suite, tmp_path, monkeypatch):
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path))
    shards, _ = plan(suite)
    sequences = unmade(shards)
    assert [str(made) for made in sequences] == ["small/0 simulated", "small/1 simulated"]
    assert list(make(sequences)) == sequences
    assert unmade(shards) == []


def test_outcomes_of_other_trials_are_left_out(suite, tmp_path):
    store, [entry] = Store(tmp_path), suite.datasets
    blank = suite.model_copy(update={"detectors": (SuiteDetector(name="blank"), SuiteDetector(name="random"))})
    list(run(plan(blank)[0], store))
    more = {"datasets": (entry.model_copy(update={"injections": 3}),), "detectors": blank.detectors[:1]}
    list(run(plan(blank.model_copy(update=more))[0], store))
    outcomes = read(store, suite)
    assert set(outcomes["detector"]) == {"blank"}
    assert (outcomes["trial_kind"] == "injected").sum() == 2 * 2 * 3


def test_a_scheduler_that_cannot_be_reached_is_named():
    for address in ("nonsense", "tcp://127.0.0.1:1"):
        with dask.config.set({"distributed.comm.timeouts.connect": "1s"}), pytest.raises(InputError, match=address):
            pool(0, address).__enter__()


def test_an_optional_dataset_that_cannot_be_had_is_left_out_aloud(suite, tmp_path, monkeypatch):
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    entry = suite.datasets[0].model_copy(update={"name": "betapic", "optional": True})
    shards, left_out = plan(suite.model_copy(update={"datasets": (entry,)}), mirror=tmp_path)
    assert shards == []
    assert "betapic is left out" in left_out[0]
    needed = entry.model_copy(update={"optional": False})
    with pytest.raises(AlgoZooError, match="betapic"):
        plan(suite.model_copy(update={"datasets": (needed,)}), mirror=tmp_path)


@dataclass(frozen=True, kw_only=True)
class Awkward(Detector):
    """Misbehave."""

    name: ClassVar[str] = "awkward"
    title: ClassVar[str] = "Awkward"
    reference: ClassVar[str] = "none"
    way: str = "crash"

    def fit(self, sequence):  # noqa: ARG002
        if self.way == "crash in fit":
            raise MemoryError("too large")
        return self

    def note(self, sequence):  # noqa: ARG002
        return "the field turns too little" if self.way == "silent" else ""

    def detect(self, sequence):
        if self.way == "crash":
            raise RuntimeError("division by cucumber")
        if self.way == "exit":
            sys.exit(0)
        if self.way == "decline":
            raise Declined("not my kind of star")
        nan = np.full((sequence.size, sequence.size), np.nan)
        return {
            "nan": DetectionMap(scores=nan, kind="snr"),
            "silent": DetectionMap(scores=nan, kind="snr"),
            "crop": DetectionMap(scores=np.zeros((5, 5)), kind="snr"),
            "array": nan,
        }[self.way]


@pytest.mark.parametrize(
    ("way", "status", "reason"),
    [
        ("crash", "failed", "RuntimeError: division by cucumber (test_runner.py, line"),
        ("exit", "failed", "SystemExit: 0"),
        ("crash in fit", "failed", "MemoryError: too large"),
        ("decline", "declined", "not my kind of star"),
        ("nan", "invalid", "no finite score"),
        ("silent", "declined", "the field turns too little"),
        ("crop", "invalid", "shape (5, 5), expected (61, 61)"),
        ("array", "invalid", "returned ndarray, expected a DetectionMap"),
    ],
)
def test_failures_are_rows_with_their_reason(suite, tmp_path, monkeypatch, way, status, reason):
    shard = plan(suite)[0][0]
    monkeypatch.setattr(shard_module, "create", lambda *_: Awkward(way=way))
    store = Store(tmp_path)
    [finished] = run([shard], store)
    outcomes = read(store, suite)
    assert set(outcomes["status"]) == {status}
    assert reason in outcomes["reason"][0]
    assert finished.n_failed == (0 if status == "declined" else 6)
    assert store.is_done(content_key(shard, Awkward(way=way))) == (status == "declined")


@pytest.mark.slow
def test_a_worker_that_dies_leaves_failed_rows_and_the_rest_goes_on(suite, tmp_path, monkeypatch):
    """The detector ends its own process; the other shard is done all the same."""
    (tmp_path / "fatal.py").write_text(
        "import os\nfrom dataclasses import dataclass\nfrom typing import ClassVar\n"
        "from algozoo.detectors.contract import Detector\n"
        "@dataclass(frozen=True, kw_only=True)\nclass Fatal(Detector):\n"
        '    """Die."""\n    name: ClassVar[str] = "fatal"\n    title: ClassVar[str] = "Fatal"\n'
        '    reference: ClassVar[str] = "none"\n'
        "    def detect(self, sequence):\n        os._exit(9)\n"
    )
    package = tmp_path / "fatal-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: fatal\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[algozoo.detectors]\nfatal = fatal:Fatal\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    mixed = suite.model_copy(update={"detectors": (SuiteDetector(name="fatal"), SuiteDetector(name="blank"))})
    store = Store(tmp_path / "store")
    with pool(1) as run_all:
        finished = list(run(plan(mixed)[0], store, run_all))
    outcomes = read(store, mixed)
    assert len(finished) == 4
    assert set(outcomes.query("detector == 'fatal'")["status"]) == {"failed"}
    assert "died" in outcomes.query("detector == 'fatal'")["reason"].iloc[0]
    assert set(outcomes.query("detector == 'blank'")["status"]) == {"ok"}


def test_a_preview_is_kept(suite, tmp_path):
    store = Store(tmp_path)
    dataset = load_dataset(suite.datasets[0].name)
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
    other = load_dataset(shard.dataset.name).development_sequence(0)
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
