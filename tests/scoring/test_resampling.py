from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algozoo.scoring.resampling import N_REPLICATES, Estimate, estimate_of, mean_of, resampling_weights

Make = Callable[..., pd.DataFrame]


def test_a_sequence_effect_widens_the_intervals(make_outcomes: Make, scored) -> None:
    def width(spread: float) -> float:
        outcomes = make_outcomes(np.random.default_rng(7), detectors=("poor",), n_sequences=10, spread=spread)
        row = scored(outcomes).loc["poor"]
        return row["partial_auc_high"] - row["partial_auc_low"]

    assert width(2.0) > 1.5 * width(0.0)


@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
@settings(max_examples=10)
def test_each_replicate_counts_as_many_trials_of_a_kind_as_there_are(seed: int, n_sequences: int) -> None:
    """Where all sequences have as many; the first row is the data as they are."""
    sequence = np.repeat(np.arange(n_sequences), 5)
    injected = np.tile([True, True, True, False, False], n_sequences)
    weights = resampling_weights(sequence, injected, np.arange(5 * n_sequences), np.random.default_rng(seed))
    assert weights.shape == (1 + 2 * N_REPLICATES, 5 * n_sequences)
    assert (weights[0] == 1).all()
    for kind in (injected, ~injected):
        assert weights[:, kind].sum(axis=1) == pytest.approx(kind.sum())


def test_trials_of_one_group_are_drawn_together(rng: np.random.Generator) -> None:
    weights = resampling_weights(np.zeros(4, int), np.zeros(4, bool), np.array([0, 0, 1, 1]), rng)
    assert np.array_equal(weights[:, 0], weights[:, 1])
    assert np.array_equal(weights[:, 2], weights[:, 3])
    assert np.ptp(weights[1 : 1 + N_REPLICATES, 0]) > 0


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0.01, 1), st.floats(1, 100)), min_size=1, max_size=5))
def test_a_mean_of_estimates_lies_between_them_and_is_no_less_certain(
    numbers: list[tuple[float, float, float]],
) -> None:
    estimates = [Estimate(*one) for one in numbers]
    mean = mean_of(estimates)
    assert min(one.value for one in estimates) - 1e-12 <= mean.value <= max(one.value for one in estimates) + 1e-12
    assert mean.error <= max(one.error for one in estimates) * (1 + 1e-12)
    assert mean.dof >= min(one.dof for one in estimates) * (1 - 1e-9)


@given(st.floats(-1, 1), st.floats(0.01, 1), st.floats(1, 100))
def test_an_interval_holds_its_value_and_leaves_out_zero_if_that_is_improbable(
    value: float, error: float, dof: float
) -> None:
    estimate = Estimate(value, error, dof)
    low, high = estimate.interval(-10, 10)
    assert low <= value <= high
    if abs(estimate.p_value - 0.05) > 1e-6:
        assert (low <= 0 <= high) == (estimate.p_value > 0.05)


def test_the_error_of_a_mean_is_that_of_the_textbook(rng: np.random.Generator) -> None:
    """Of twenty sequences that differ, and of one whose trials do."""
    values = rng.normal(size=20)
    weights = resampling_weights(np.arange(20), np.ones(20, bool), np.arange(20), rng)
    estimate = estimate_of(weights @ values / weights.sum(axis=1), 20)
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.error == pytest.approx(values.std(ddof=1) / np.sqrt(20), rel=0.1)
    assert estimate.dof >= 19
    weights = resampling_weights(np.zeros(20, int), np.ones(20, bool), np.arange(20), rng)
    estimate = estimate_of(weights @ values / weights.sum(axis=1), 1)
    assert estimate.error == pytest.approx(values.std(ddof=1) / np.sqrt(20), rel=0.1)
