from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator

Make = Callable[..., pd.DataFrame]


def test_position_error_is_the_median_of_the_found(make_outcomes: Make, rng: Generator, scored) -> None:
    board = scored(make_outcomes(rng))
    assert board.loc["good", "position_error"] == pytest.approx(1)
    assert board.loc["good", ["position_error_low", "position_error_high"]].tolist() == pytest.approx([1, 1])
    assert pd.isna(board.loc["blank", "position_error"])
    assert board.loc["blank", "n_found"] == 0
    assert (board["seconds"] == 2).all()


def test_flux_bias_is_the_median_over_what_was_found(make_outcomes: Make, rng: Generator, scored) -> None:
    """The companion of each injected trial is its last candidate; a tenth of its flux is lost, more or less."""
    outcomes = make_outcomes(rng, detectors=("good", "poor"), n_injected=30)
    lost = rng.normal(0.9, 0.05, len(outcomes))
    measured = [
        1e-4 * np.append(rng.uniform(size=len(x) - 1), share)
        for x, share in zip(outcomes["candidate_x"], lost, strict=True)
    ]
    with_flux = outcomes["detector"] == "good"
    outcomes["candidate_flux"] = [m if w else np.empty(0) for m, w in zip(measured, with_flux, strict=True)]
    board = scored(outcomes)
    good = board.loc["good"]
    assert good["flux_bias"] == pytest.approx(-0.1, abs=0.02)
    assert good["flux_bias_low"] < good["flux_bias"] < good["flux_bias_high"] < good["flux_bias_low"] + 0.05
    assert good["n_flux"] == good["n_found"] > 100
    assert board.loc["poor", ["flux_bias", "flux_bias_low", "flux_bias_high"]].isna().all()
    assert board.loc["poor", "n_flux"] == 0
    assert scored(outcomes.drop(columns="candidate_flux"))["flux_bias"].isna().all()
