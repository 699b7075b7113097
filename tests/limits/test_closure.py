import numpy as np
import pytest

from algozoo.datasets import load_dataset
from algozoo.detectors.median import Median
from algozoo.detectors.pca import PCA
from algozoo.limits.classical import classical_limits
from algozoo.limits.closure import close
from algozoo.limits.probe import Field, Probe


def test_classical_limit_closes(field, rng):
    probe = Probe(Median(), field)
    limits = classical_limits(probe, 3, rng)
    claim = "5 sigma", limits["contrast_student"], limits["threshold_student"]
    closure = close(probe, 3, *claim, n=12, rng=rng)
    assert closure["low"] < limits["threshold_student"] < closure["high"]
    assert (closure["closes"], closure["n"]) == ("yes", 12)


def test_false_claim_does_not_close(field, rng):
    """As when calibration companions that subtract each other make the throughput three times too low."""
    probe = Probe(Median(), field)
    limits = classical_limits(probe, 3, rng)
    claim = "5 sigma", 3 * limits["contrast_student"], limits["threshold_student"]
    closure = close(probe, 3, *claim, n=12, rng=rng)
    assert closure["closes"] == "no"
    assert closure["recovered"] > 1.5 * limits["threshold_student"]


@pytest.mark.slow
@pytest.mark.parametrize("separation", [2, 3, 4, 6])
def test_classical_limit_on_beta_pic_closes(shared_data, separation):
    probe = Probe(PCA(n_components=5), Field.of_dataset(load_dataset("betapic", mirror=shared_data), 0))
    rng = np.random.default_rng(0)
    limits = classical_limits(probe, separation, rng)
    claim = "5 sigma", limits["contrast_student"], limits["threshold_student"]
    closure = close(probe, separation, *claim, n=8, rng=rng)
    assert closure["low"] <= limits["threshold_student"] <= closure["high"]
    assert closure["found"] == 8
