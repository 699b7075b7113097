"""How long scoring takes: a campaign of 12 detectors and 2000 trials with bootstrap, ranks and curves, and one map."""

import numpy as np
import pandas as pd
import pytest

from algozoo.imaging.snr import snr_map
from algozoo.scoring import evaluate, find_candidates, rates

N_DETECTORS, N_SEQUENCES, N_INJECTED, N_FALSE = 12, 20, 98, 15


@pytest.fixture
def outcomes():
    rng = np.random.default_rng(0)
    rows = []
    for sequence in range(N_SEQUENCES):
        for trial in range(N_INJECTED + 2):
            injected = trial < N_INJECTED
            x, y = rng.uniform(10, 90, 2) if injected else (np.nan, np.nan)
            common = {
                "suite": "speed",
                "suite_version": "1",
                "dataset": "night",
                "dataset_version": "1",
                "dataset_kind": "simulated",
                "sequence": sequence,
                "control": False,
                "trial": trial,
                "trial_kind": "injected" if injected else ("empty", "flipped")[trial - N_INJECTED],
                "annulus": trial % 3 if injected else -1,
                "separation": 20.0,
                "position_angle": 0.0,
                "contrast": 1e-4,
                "x": x,
                "y": y,
                "fwhm": 4.0,
                "n_resels": 500.0,
                "status": "ok",
                "reason": "",
                "seconds": 1.0,
                "cpu_seconds": 1.0,
            }
            for detector in range(N_DETECTORS):
                peaks = np.column_stack([rng.uniform(0, 100, (N_FALSE, 2)), rng.normal(size=N_FALSE)])
                if injected:
                    peaks = np.vstack([peaks, (x + 1, y, rng.normal(1.5 + 0.2 * detector))])
                candidates = dict(zip(("candidate_x", "candidate_y", "candidate_score"), peaks.T, strict=True))
                rows.append({**common, "detector": f"d{detector}", **candidates})
    return pd.DataFrame(rows)


@pytest.mark.benchmark(group="scoring 12 detectors x 2000 trials")
def test_evaluation(benchmark, outcomes):
    board = benchmark.pedantic(evaluate, (outcomes,), {"rng": np.random.default_rng(0)}, rounds=2)
    assert board.scores["rank"].notna().all()


@pytest.mark.benchmark(group="curves with bands, 12 detectors x 2000 trials")
def test_curves(benchmark, outcomes):
    bands = benchmark.pedantic(rates, (outcomes,), {"rng": np.random.default_rng(0)}, rounds=1)
    assert bands["detector"].nunique() == N_DETECTORS


@pytest.mark.benchmark(group="candidates of one 101x101 map")
def test_candidates(benchmark):
    scores = snr_map(np.random.default_rng(0).normal(size=(101, 101)), 4.0)
    found = benchmark(find_candidates, scores, fwhm=4.0, valid=np.isfinite(scores))
    assert found.x.size > 50
