import platform
import sys
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import algozoo
from algozoo.benchmark import shard as shard_module
from algozoo.benchmark.plan import content_key, plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.detectors.contract import Declined, DetectionMap, Detector
from algozoo.detectors.registry import create


def test_detectors_that_measure_a_flux_have_one_for_each_candidate(full_store, suite, read):
    """Over that of the star: a companion of contrast 0.002, say, cannot leave much more than that."""
    outcomes = read(full_store, suite)
    assert (outcomes["candidate_flux"].str.len() == outcomes["candidate_x"].str.len())[
        outcomes["detector"] == "median"
    ].all()
    assert (outcomes.loc[outcomes["detector"] != "median", "candidate_flux"].str.len() == 0).all()
    fluxes = np.concatenate(outcomes["candidate_flux"].to_list())
    assert np.isfinite(fluxes).all()
    assert abs(fluxes).max() < 0.02


def test_snr_of_maps_without_a_companion_is_kept_at_places_that_share_no_light(full_store, suite, read):
    outcomes = read(full_store, suite)
    kept = outcomes["null_score"].str.len() > 0
    assert (kept == ((outcomes["detector"] == "median") & (outcomes["trial_kind"] != "injected"))).all()
    separation = np.concatenate(outcomes.loc[kept, "null_separation"].to_list())
    assert 1 <= separation.min() < 1.5
    assert 4.5 < separation.max() <= 5


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
        ("crash", "failed", "RuntimeError: division by cucumber (test_shard.py, line"),
        ("exit", "failed", "SystemExit: 0"),
        ("crash in fit", "failed", "MemoryError: too large"),
        ("decline", "declined", "not my kind of star"),
        ("nan", "invalid", "no finite score"),
        ("silent", "declined", "the field turns too little"),
        ("crop", "invalid", "shape (5, 5), expected (61, 61)"),
        ("array", "invalid", "returned ndarray, expected a DetectionMap"),
    ],
)
def test_failures_are_rows_with_their_reason(suite, tmp_path, monkeypatch, way, status, reason, read):
    shard = plan(suite)[0][0]
    monkeypatch.setattr(shard_module, "create", lambda *_: Awkward(way=way))
    store = Store(tmp_path)
    [finished] = run([shard], store)
    outcomes = read(store, suite)
    assert set(outcomes["status"]) == {status}
    assert reason in outcomes["reason"][0]
    assert finished.n_failed == (0 if status == "declined" else 6)
    assert store.is_done(content_key(shard, Awkward(way=way))) == (status == "declined")
