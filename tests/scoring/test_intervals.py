import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from algozoo.scoring import garwood, wilson


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_is_the_interval_of_scipy(k: int, n: int) -> None:
    k = min(k, n)
    expected = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(wilson(k, n), expected, atol=1e-12)


def test_wilson_has_width_when_all_or_none_were_seen() -> None:
    low, high = wilson([0, 20], 20)
    np.testing.assert_allclose([low[0], high[1]], [0, 1])
    assert (high - low > 0.1).all()


def test_wilson_without_a_trial_is_zero_to_one() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("n", [20, 100])
def test_wilson_covers_its_level_on_average(n: int) -> None:
    k = np.arange(n + 1)
    low, high = wilson(k, n)
    p = np.linspace(0.05, 0.95, 181)[:, None]
    coverage = (stats.binom.pmf(k, n, p) * ((low <= p) & (p <= high))).sum(axis=1)
    assert abs(coverage.mean() - 0.95) < 0.01
    assert coverage.min() > 0.89


def test_garwood_is_the_quantiles_of_chi_squared() -> None:
    k = np.arange(1, 50)
    low, high = garwood(k, 10.0)
    np.testing.assert_allclose(low, stats.chi2.ppf(0.025, 2 * k) / 20)
    np.testing.assert_allclose(high, stats.chi2.ppf(0.975, 2 * k + 2) / 20)


def test_garwood_of_no_event_starts_at_zero_and_ends_at_the_known_bound() -> None:
    low, high = garwood(0, 100)
    assert low == 0
    assert high == pytest.approx(3.689 / 100, rel=1e-3)
    assert garwood(0, 100, level=0.9)[1] == pytest.approx(3.0 / 100, rel=2e-3)  # one-sided 95 %


@given(st.floats(0.001, 30), st.floats(0.01, 10))
def test_garwood_of_a_fraction_of_an_event_holds_it_and_rises_with_it(k: float, step: float) -> None:
    low, high = garwood([k, k + step], 1.0)
    assert low[0] <= k <= high[0]
    assert (low[0] <= low[1]) & (high[0] < high[1])


def test_garwood_without_exposure_is_unbounded() -> None:
    assert garwood([0, 3], 0)[1].tolist() == [np.inf, np.inf]
    assert garwood([0, 3], 0)[0].tolist() == [0, 0]


def test_garwood_covers_at_least_its_level() -> None:
    k = np.arange(200)
    low, high = garwood(k, 1.0)
    rate = np.linspace(0.1, 40, 400)[:, None]
    coverage = (stats.poisson.pmf(k, rate) * ((low <= rate) & (rate <= high))).sum(axis=1)
    assert coverage.min() >= 0.95
