from dataclasses import replace

import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.datasets import TrialAnnulus


@pytest.fixture(scope="session")
def full_store(suite, tmp_path_factory) -> Store:
    """Return a store with the whole small suite in it."""
    store = Store(tmp_path_factory.mktemp("store"))
    assert all(finished.n_failed == 0 for finished in run(plan(suite)[0], store))
    return store


@pytest.fixture(scope="session")
def read():
    """Read the outcomes of a suite from a store, in one order."""

    def read(store, suite):
        outcomes = store.read(suite.name, suite.version)[0]
        return outcomes.sort_values(["detector", "sequence", "trial"], ignore_index=True)

    return read


@pytest.fixture
def with_annuli():
    """Give a dataset other annuli: (inner, outer, contrasts) of each."""

    def change(dataset, *annuli):
        tables = tuple(TrialAnnulus(inner=inner, outer=outer, contrast=contrast) for inner, outer, contrast in annuli)
        return replace(dataset, manifest=dataset.manifest.model_copy(update={"annuli": tables}))

    return change
