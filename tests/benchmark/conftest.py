import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store


@pytest.fixture(scope="session")
def full_store(suite, tmp_path_factory) -> Store:
    """Return a store with the whole small suite in it."""
    store = Store(tmp_path_factory.mktemp("store"))
    assert all(finished.n_failed == 0 for finished in run(plan(suite)[0], store, workers=0))
    return store
