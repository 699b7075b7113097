import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.scoring import resolvable_difference

COUNTS = st.integers(1, 2000)


@pytest.mark.parametrize(
    ("n", "difference", "disagreement"), [(154, 0.10, 0.20), (468, 0.05, 0.15), (311, 0.05, 0.10), (56, 0.20, 0.30)]
)
def test_the_sample_sizes_of_the_paired_test_are_found_back(n: int, difference: float, disagreement: float) -> None:
    assert resolvable_difference(n, n, disagreement=disagreement) == pytest.approx(difference, rel=0.01)


@given(COUNTS, st.integers(1, 50))
def test_more_trials_resolve_more_and_more_comparisons_less(n: int, comparisons: int) -> None:
    here = resolvable_difference(n, n, comparisons=comparisons)
    assert resolvable_difference(n + 1, n + 1, comparisons=comparisons) <= here
    assert resolvable_difference(n, n, comparisons=comparisons + 1) >= here
    assert here > 0


def test_correlated_trials_are_worth_as_many_as_there_are_sequences() -> None:
    assert resolvable_difference(20, 400, correlation=1.0) == pytest.approx(resolvable_difference(20, 20))
    assert resolvable_difference(20, 400, correlation=0.1) > resolvable_difference(20, 400)


def test_three_trials_resolve_nothing() -> None:
    assert resolvable_difference(3, 3) == np.inf


@pytest.mark.slow
def test_the_difference_is_separated_as_often_as_promised(rng: np.random.Generator) -> None:
    n, disagreement = 300, 0.2
    difference = resolvable_difference(n, n, disagreement=disagreement)
    only = np.array([disagreement + difference, disagreement - difference]) / 2
    one, other, _ = rng.multinomial(n, [*only, 1 - disagreement], size=4000).T
    separated = abs(one - other) / np.sqrt(one + other) > 1.96  # McNemar's test
    assert separated.mean() == pytest.approx(0.8, abs=0.03)
