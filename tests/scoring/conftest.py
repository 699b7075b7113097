"""A small campaign whose truth is known: scores are normal deviates, companions are brighter by a chosen amount."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from algozoo.scoring import score

Array = NDArray[np.float64]

FWHM = 4.0
STRENGTH = {"good": 4.0, "poor": 1.5}
BLOCKS = ("", "first", "middle", "last")


@pytest.fixture
def rng() -> Generator:
    return np.random.default_rng(20240517)


def candidates(detector: str, trial: dict[str, Any], rng: Generator, effect: float, n_false: int) -> dict[str, Array]:
    x = rng.uniform(0, 100, n_false)
    y = rng.uniform(0, 100, n_false)
    score = rng.normal(size=n_false)
    if trial["trial_kind"] == "injected":
        keep = np.hypot(x - trial["x"], y - trial["y"]) > FWHM
        x, y, score = (np.append(values[keep], new) for values, new in ((x, 0), (y, 0), (score, 0)))
        x[-1], y[-1] = trial["x"] + 1, trial["y"]
        score[-1] = rng.normal(STRENGTH.get(detector, 0.0) + effect)
        if detector == "oracle":
            x, y, score = x[-1:], y[-1:], score[-1:]
    elif detector == "oracle":
        x, y, score = x[:0], y[:0], score[:0]
    if detector == "blank":
        x, y, score = x[:0], y[:0], score[:0]
    return {"candidate_x": x, "candidate_y": y, "candidate_score": score}


@pytest.fixture
def scored() -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Score outcomes, always from the same seed."""
    return lambda outcomes: score(outcomes, rng=np.random.default_rng(1)).set_index("detector")


@pytest.fixture
def make_outcomes() -> Callable[..., pd.DataFrame]:
    def make(
        rng: Generator,
        *,
        detectors: tuple[str, ...] = ("good", "poor", "oracle", "blank"),
        datasets: tuple[tuple[str, str], ...] = (("night", "real"),),
        n_sequences: int = 4,
        n_injected: int = 12,
        n_empty: int = 4,
        spread: float = 0.0,
        n_false: int = 15,
    ) -> pd.DataFrame:
        rows = []
        for dataset, kind in datasets:
            for sequence in range(n_sequences):
                effect = rng.normal(0, spread)
                for i in range(n_injected + n_empty):
                    injected = i < n_injected
                    trial = {
                        "suite": "quick",
                        "suite_version": "1",
                        "dataset": dataset,
                        "dataset_version": "1",
                        "dataset_kind": kind,
                        "sequence": sequence,
                        "trial": i,
                        "trial_kind": "injected" if injected else ("flipped" if i % 2 else "empty"),
                        "block": "" if injected else BLOCKS[(i - n_injected) // 2 % len(BLOCKS)],
                        "annulus": i % 3 if injected else -1,
                        "separation": 20.0,
                        "position_angle": 10.0,
                        "contrast": 1e-4,
                        "x": rng.uniform(10, 90) if injected else np.nan,
                        "y": rng.uniform(10, 90) if injected else np.nan,
                        "fwhm": FWHM,
                        "n_resels": 500.0,
                        "status": "ok",
                        "reason": "",
                        "seconds": 2.0,
                        "cpu_seconds": 2.0,
                    }
                    rows += [
                        {
                            **trial,
                            "detector": detector,
                            "control": detector in {"oracle", "blank", "random"},
                            **candidates(detector, trial, rng, effect, n_false),
                        }
                        for detector in detectors
                    ]
        return pd.DataFrame(rows)

    return make
