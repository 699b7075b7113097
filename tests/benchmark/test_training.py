import multiprocessing
import re
import time
from dataclasses import dataclass, replace
from functools import update_wrapper
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from algozoo.benchmark import runner
from algozoo.benchmark import training as module
from algozoo.benchmark.plan import plan
from algozoo.benchmark.pool import RunHere, pool
from algozoo.benchmark.runner import learners, run
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDetector
from algozoo.benchmark.training import (
    Draws,
    FileCheckpoint,
    fitted,
    model_key,
    train,
    training_of,
    write_arrays,
)
from algozoo.companions import Companion
from algozoo.datasets import load_dataset
from algozoo.datasets.arrays import read_archive
from algozoo.datasets.cache import cache_folder
from algozoo.detectors.contract import Detector
from algozoo.detectors.median import Median
from algozoo.detectors.supervised import sodinn
from algozoo.detectors.supervised.sampled import Sampled
from algozoo.detectors.supervised.sodinn import SODINN
from algozoo.detectors.supervised.sodirf import SODIRF
from algozoo.errors import InputError

SMALL = SODIRF(n_levels=4, n_samples=20, n_trees=10)


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path))


@pytest.fixture
def night(make_sequence):
    return make_sequence(n_frames=20, parallactic_angles=np.linspace(0, 80, 20))


@dataclass(frozen=True, kw_only=True)
class Learner(Detector):
    """Learn."""

    name: ClassVar[str] = "learner"

    def fit(self, sequence):  # noqa: ARG002
        return self

    def detect(self, sequence):
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Counting(SODIRF):
    """Count how often it is trained, and to what."""

    seen: ClassVar[list] = []

    def fit(self, sequence, **options):
        self.seen.append(sequence)
        return super().fit(sequence, **options)


@pytest.fixture
def counting():
    Counting.seen.clear()
    return Counting(**SMALL.parameters)


def dataset(kind):
    planet = Companion(separation=12, azimuth=0, contrast=0.01)
    return SimpleNamespace(name="it", manifest=SimpleNamespace(kind=kind), companions=lambda _: [planet])


@pytest.mark.parametrize(
    ("detector", "kind", "expected"),
    [
        (Median(), "simulated", "none"),
        (Learner(), "simulated", "transfer"),
        (Learner(), "real", "flipped twin of each trial"),
        (SODIRF(), "simulated", "transfer"),
        (SODIRF(), "real", "flipped"),
        (SODIRF(train="flipped"), "simulated", "flipped"),
        (SODIRF(train="oracle-empty"), "real", "oracle-empty"),
    ],
)
def test_each_detector_is_fitted_to_what_is_fair(detector, kind, expected):
    assert training_of(detector, dataset(kind)) == expected


def test_transfer_needs_another_night():
    with pytest.raises(InputError, match="is one night, and there is no other to train on; take train='flipped'"):
        training_of(SODIRF(train="transfer"), dataset("real"))


def test_a_detector_of_others_is_not_fitted_to_the_twin_of_the_empty_sequence(counting, night):
    """It could keep the frames of the trial without its companion."""
    assert training_of(counting, dataset("real")) == "flipped twin of each trial"
    assert fitted(counting, dataset("real"), night, {False, True}) == {False: counting, True: counting}
    assert Counting.seen == []


def test_trials_with_reversed_angles_have_a_model_of_the_others(night, monkeypatch):
    """Its own twin is the sequence as it is; there the known companion is a point, in the other an arc."""
    learnt = []
    monkeypatch.setattr(module, "train", lambda _, sequence, usable, *_more: learnt.append((sequence, usable)) or SMALL)
    for mode, sign in (("flipped", -1), ("oracle-empty", 1)):
        detector = replace(SMALL, train=mode)
        for flipped in (False, True):
            learnt.clear()
            fitted(detector, dataset("simulated"), night, {flipped})
            [(sequence, usable)] = learnt
            seen = -1 if flipped else 1
            assert np.array_equal(sequence.parallactic_angles, sign * seen * night.parallactic_angles)
            assert not usable[20, 32]
            assert usable[8, 20] == (sign * seen == 1)
            assert usable[0, 0]


def test_a_model_is_trained_once(counting, night):
    first, second = train(counting, night), train(counting, night)
    assert len(Counting.seen) == 1
    assert np.array_equal(first.detect(night).scores, second.detect(night).scores, equal_nan=True)
    train(replace(counting, seed=1), night)
    train(counting, night.flipped())
    assert len(Counting.seen) == 3


def test_the_key_is_of_all_that_a_model_depends_on(night):
    mask = np.ones((41, 41), dtype=bool)
    keys = {
        model_key(detector, sequence, usable)
        for detector in (SMALL, replace(SMALL, seed=1), replace(SMALL, n_trees=11))
        for sequence in (night, night.flipped())
        for usable in (None, mask)
    }
    assert len(keys) == 12
    two = {"cube": night.cube[None].repeat(2, 0), "psf": night.psf[None].repeat(2, 0), "star_flux": np.ones(2)}
    spectral, other = (replace(night, **two, wavelengths=np.array([1.0, last])) for last in (1.1, 1.2))
    assert model_key(SMALL, spectral, None) != model_key(SMALL, other, None)
    assert model_key(replace(SMALL, train="flipped"), night, None) == model_key(SMALL, night, None)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_a_damaged_model_is_made_anew(counting, night, content):
    train(counting, night)
    [path] = (cache_folder("trained")).glob("*.npz")
    path.write_bytes(content)
    train(counting, night)
    assert len(Counting.seen) == 2
    assert "feature" in read_archive(path)


@pytest.fixture
def drawn(monkeypatch):
    """Parameters of all samples that are drawn."""
    made, draw = [], Sampled.draw
    counted = update_wrapper(lambda self, *a, **k: made.append(self.parameters) or draw(self, *a, **k), draw)
    monkeypatch.setattr(Sampled, "draw", counted)
    return made


def test_samples_are_drawn_once_for_all_that_learn_from_them(night, drawn):
    second = replace(SMALL, n_trees=12, min_leaf=5, train="flipped")
    alone = second.fit(night).state()
    drawn.clear()
    draws = Draws()
    train(SMALL, night, draws=draws)
    learnt = train(second, night, draws=draws).state()
    assert len(drawn) == 1
    assert all(np.array_equal(array, learnt[name]) for name, array in alone.items())


def test_other_samples_are_drawn_for_whatever_they_depend_on(night, drawn):
    draws = Draws()
    train(SMALL, night, draws=draws)
    train(replace(SMALL, n_samples=21), night, draws=draws)
    train(replace(SMALL, seed=1), night, draws=draws)
    train(replace(SMALL, n_trees=11), night.flipped(), draws=draws)
    train(replace(SMALL, n_trees=12), night, np.ones((41, 41), dtype=bool), draws=draws)
    assert len(drawn) == 5


def test_a_detector_that_draws_samples_in_its_own_way_does_not_share_them(night, drawn):
    class Other(SODIRF):
        def draw(self, *args, **options):
            samples = super().draw(*args, **options)
            return samples | {"patches": -samples["patches"]}

    draws = Draws()
    train(Other(**SMALL.parameters), night, draws=draws)
    learnt = train(SMALL, night, draws=draws).state()
    assert len(drawn) == 2
    assert np.array_equal(learnt["threshold"], SMALL.fit(night).state()["threshold"])


def test_a_pickle_is_never_loaded(tmp_path):
    np.savez(tmp_path / "bad.npz", feature=np.array([{"run": "this"}], dtype=object))
    with pytest.raises(InputError, match="allow_pickle=False"):
        read_archive(tmp_path / "bad.npz")
    assert FileCheckpoint(tmp_path / "bad.npz").load() is None


def test_a_checkpoint_gives_back_what_was_saved(tmp_path):
    checkpoint = FileCheckpoint(tmp_path / "unfinished.npz")
    assert checkpoint.load() is None
    checkpoint.save({"a:b.c": np.arange(3)})
    assert np.array_equal(checkpoint.load()["a:b.c"], np.arange(3))


@pytest.mark.torch
def test_a_training_that_was_stopped_is_resumed_from_the_cache(night):
    small = SODINN(n_levels=4, n_samples=30, patch_width=1.5, architecture="conv3d", epochs=3)
    steps = []

    def stop(progress):
        steps.append((progress.what, progress.step))
        if progress[:2] == ("epochs", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(small, night, report=stop)
    [unfinished] = (cache_folder("trained")).glob("*.unfinished.npz")
    steps.clear()
    resumed = train(small, night, report=lambda progress: steps.append((progress.what, progress.step)))
    [curve] = (cache_folder("trained")).glob("*.learning_curve.csv")
    assert [line.split(",")[0] for line in curve.read_text().splitlines()] == ["epoch", "1", "2", "3"]
    assert [step for what, step in steps if what == "epochs"] == [3]
    assert not unfinished.exists()
    for name, array in small.fit(night).state().items():
        assert np.array_equal(array, resumed.state()[name]), name


def _train_and_tell(night, queue):
    told = []
    queue.put((train(SMALL, night, report=told.append).state()["threshold"], len(told)))


@pytest.mark.slow
def test_of_two_processes_that_want_the_same_model_one_trains(night):
    spawn = multiprocessing.get_context("spawn")
    queue = spawn.Queue()
    workers = [spawn.Process(target=_train_and_tell, args=(night, queue)) for _ in range(2)]
    for worker in workers:
        worker.start()
    (first, told_first), (second, told_second) = queue.get(timeout=120), queue.get(timeout=120)
    for worker in workers:
        worker.join()
    assert np.array_equal(first, second)
    assert min(told_first, told_second) == 0 < max(told_first, told_second)
    assert len(list((cache_folder("trained")).glob("*.npz"))) == 1


def test_an_arrays_file_is_whole_or_not_there(tmp_path):
    write_arrays(tmp_path / "deep" / "a.npz", {"first.bias": np.ones(2), "x": np.zeros(1)})
    assert sorted(read_archive(tmp_path / "deep" / "a.npz")) == ["first.bias", "x"]


@pytest.mark.slow
def test_training_is_recorded_and_what_knows_too_much_is_a_control(suite, tmp_path):
    parameters = {"n_levels": 4, "n_samples": 20, "n_trees": 10}
    detectors = [SuiteDetector(name="sodirf", parameters=parameters | {"train": t}) for t in ("auto", "oracle-empty")]
    detectors.append(SuiteDetector(name="median"))
    store = Store(tmp_path / "store")
    list(run(plan(suite.model_copy(update={"detectors": tuple(detectors)}))[0], store))
    table, records = store.read(suite.name, suite.version)
    assert set(table["reason"]) == {""}
    found = {
        (row.detector.partition("(")[0] + ("!" if "oracle" in row.detector else ""), row.training, row.control)
        for row in table.itertuples()
    }
    assert found == {("sodirf", "transfer", False), ("sodirf!", "oracle-empty", True), ("median", "none", False)}
    assert {record.training for record in records} == {"transfer", "oracle-empty", "none"}
    assert load_dataset(suite.datasets[0].name).n_sequences == 2


@pytest.fixture
def supervised(suite):
    """Return the shards of a suite in which two detectors of four learn: on one ensemble, of two sequences."""
    few = {"n_levels": 4, "n_samples": 20, "n_trees": 10}
    entries = [SuiteDetector(name="sodirf", parameters=few | extra) for extra in ({}, {"train": "oracle-empty"})]
    detectors = (SuiteDetector(name="median"), *entries, SuiteDetector(name="blank"))
    return plan(suite.model_copy(update={"detectors": detectors}))[0]


def test_detectors_that_learn_from_one_sequence_are_trained_together(suite, drawn):
    few = {"n_levels": 4, "n_samples": 20}
    detectors = tuple(SuiteDetector(name="sodirf", parameters=few | {"n_trees": n}) for n in (10, 11))
    [entry] = suite.datasets
    datasets = (entry, entry.model_copy(update={"name": "naco-lp"}))
    shards = plan(suite.model_copy(update={"datasets": datasets, "detectors": detectors}))[0]
    groups = learners(shards)
    wanted = [[(shard.dataset.name, shard.detector.parameters["n_trees"]) for shard in group] for group in groups]
    assert wanted == [[(dataset.name, n) for n in (10, 11)] for dataset in datasets]
    assert len(list(runner.train(groups[:1]))) == 2
    assert len(drawn) == 1


def test_one_training_before_the_shards_serves_all_that_want_its_model(supervised, tmp_path, monkeypatch):
    to_train = learners(supervised)
    assert [[(shard.sequence, shard.detector.parameters.get("train")) for shard in group] for group in to_train] == [
        [(0, "oracle-empty")],
        [(1, "oracle-empty")],
        [(0, None)],
    ]
    outcomes = list(runner.train(to_train))
    assert len(outcomes) == 3
    assert all(re.search(r": trained; AUC of samples not seen [01]\.\d{3}", outcome) for outcome in outcomes)
    monkeypatch.setattr(SODIRF, "fit", None)  # whoever trains again, fails
    assert all(finished.n_failed == 0 for finished in run(supervised, Store(tmp_path / "store")))


def test_what_goes_wrong_in_training_is_told_and_on_record(supervised, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise InputError("no place is left for samples")

    monkeypatch.setattr(SODIRF, "fit", fail)
    outcomes = list(runner.train(learners(supervised)))
    assert len(outcomes) == 3
    assert all(outcome.endswith(": not trained: no place is left for samples") for outcome in outcomes)
    reasons = {finished.reason for finished in run(supervised, Store(tmp_path / "store")) if finished.n_failed}
    assert all("no place is left for samples" in reason for reason in reasons)
    assert reasons


def test_training_tells_how_far_it_is(supervised, monkeypatch):
    monkeypatch.setattr(runner, "SECONDS_BETWEEN_WORDS", 0)
    told = []
    list(runner.train(learners(supervised)[:1], RunHere(told.append)))
    name = re.escape(supervised[0].dataset.name)
    first = rf"sodirf\(.*n_samples=20.*\) on {name}: annuli sampled 1/\d+, seconds left, at most \d+"
    assert re.fullmatch(first, told[0])
    assert any("out-of-bag score" in line for line in told)
    monkeypatch.setattr(runner, "SECONDS_BETWEEN_WORDS", 1000)
    before = list(told)
    list(runner.train(learners(supervised)[1:], RunHere(told.append)))
    assert told == before


@pytest.mark.slow
def test_words_of_worker_processes_are_heard():
    told = []
    with pool(1, tell=told.append) as run_all:
        list(run_all(run_all.tell, ["so far"]))
        for _ in range(100):
            if told:
                break
            time.sleep(0.1)
    assert told == ["so far"]


def test_without_pytorch_the_reason_names_the_extra(night, monkeypatch):
    def none_of_torch(package):
        if package == "torch":
            raise PackageNotFoundError(package)
        return "1"

    monkeypatch.setattr(sodinn, "find_spec", lambda _: None)
    monkeypatch.setattr(module, "version", none_of_torch)
    with pytest.raises(InputError, match=r"pip install \"algozoo\[sodinn\]\""):
        train(SODINN(), night)
