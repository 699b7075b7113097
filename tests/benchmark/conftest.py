from dataclasses import replace

import numpy as np
import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.datasets import TrialAnnulus
from algozoo.scoring.outcomes import OUTCOME, OutcomeRow


def outcome_row(**values):
    """Make a row of an empty map with one candidate; what is given is changed."""
    facts = {name: np.nan for name, column in OUTCOME.items() if column.stored == "float64"}
    facts |= {name: "" for name, column in OUTCOME.items() if column.stored == "string"}
    facts |= {"sequence": 0, "trial": 0, "trial_kind": "empty", "annulus": -1, "fwhm": 4.0, "n_resels": 80.0}
    facts |= {"dataset_version": "1", "dataset_kind": "simulated", "control": False, "status": "ok"}
    facts |= {"candidate_x": [1.5], "candidate_y": [2.5], "candidate_score": [3.0]}
    return OutcomeRow(**facts | values)


@pytest.fixture(scope="session")
def row():
    """Make rows of the table of outcomes."""
    return outcome_row


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
