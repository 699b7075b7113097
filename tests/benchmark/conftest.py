from pathlib import Path

import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import Suite, load_suite

SUITE = """
format = 1
name = "small"
version = "1"
title = "Small"
description = "Two short sequences."
seed = 7

[[datasets]]
name = "{dataset}"
injections = 2
annuli = [
    {{ inner = 1.5, outer = 2.5, contrast = [1e-3, 1e-2] }},
    {{ inner = 2.5, outer = 3.5, contrast = [1e-3, 1e-2] }},
]

[[detectors]]
name = "median"

[[detectors]]
name = "oracle"

[[detectors]]
name = "random"

[[detectors]]
name = "blank"
"""


@pytest.fixture(scope="session")
def suite_file(tmp_path_factory) -> Path:
    """Write a suite of two sequences that takes a second."""
    folder = tmp_path_factory.mktemp("suite")
    tiny = Path(__file__).parents[2] / "datasets" / "tiny.toml"
    text = tiny.read_text()
    for old, new in (
        ('name = "tiny"', 'name = "small"'),
        ("n_sequences = 10", "n_sequences = 2"),
        ("n_frames = 25", "n_frames = 8"),
        ("outer = 6.0", "outer = 5.0"),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "dataset.toml").write_text(text)
    (folder / "suite.toml").write_text(SUITE.format(dataset=folder / "dataset.toml"))
    return folder / "suite.toml"


@pytest.fixture(scope="session")
def suite(suite_file) -> Suite:
    return load_suite(str(suite_file))


@pytest.fixture(scope="session")
def full_store(suite, tmp_path_factory) -> Store:
    """Return a store with the whole small suite in it."""
    store = Store(tmp_path_factory.mktemp("store"))
    assert all(finished.n_failed == 0 for finished in run(plan(suite)[0], store, workers=0))
    return store
