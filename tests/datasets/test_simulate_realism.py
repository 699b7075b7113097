"""The simulated `naco-lp` beside the real night that it is tuned on."""

import runpy
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from algozoo.datasets import load_dataset, simulate

FACTOR = 2.5
ABSOLUTE = {"S/N of a companion, median": 1.5}
"""Tolerance beside the factor, for what is zero on average where nothing is found: an S/N has a standard deviation of
one, and that of the mean over six places in one night is not much smaller, because they share their speckles."""


@pytest.mark.slow
def test_simulated_nights_are_like_the_real_one(shared_data: Path) -> None:
    script = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "figures" / "realism.py"))
    statistics = script["statistics"]
    real = statistics(load_dataset("betapic", mirror=shared_data).null_sequence(0))
    nights = [statistics(load_dataset("naco-lp").sequence(index)) for index in script["FRESH_NIGHTS"]]
    for name, expected in real.items():
        found = np.mean([night[name] for night in nights], axis=0)
        ratio_is_near = (found > expected / FACTOR) & (found < expected * FACTOR)
        assert (ratio_is_near | (abs(found - expected) < ABSOLUTE.get(name, 0))).all(), (name, expected, found)


@pytest.mark.slow
def test_a_sequence_needs_little_memory() -> None:
    manifest = load_dataset("naco-lp").manifest
    few = manifest.simulation.model_copy(update={"n_subbands": 1})
    tracemalloc.start()
    simulate(few, np.random.default_rng(0), pixel_scale=manifest.pixel_scale)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e9
