import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from algozoo.scoring import by_annulus
from algozoo.scoring.completeness import LEVELS, completeness_limits, completeness_map, fit_limits

MIDDLE, WIDTH = -4.0, 0.1


def simulate(rng, n, *, width=WIDTH, lapse=0.0, effects=0.0):
    """Contrasts within a factor of 30, and which companions are found."""
    x = rng.uniform(MIDDLE - 0.75, MIDDLE + 0.75, n)
    return 10**x, rng.random(n) < (1 - lapse) * expit((x - MIDDLE - effects) / width)


def truth(level, *, width=WIDTH, lapse=0.0):
    return 10 ** (MIDDLE + width * logit(level / (1 - lapse)))


def test_limits_of_many_trials_are_the_true_ones(rng):
    contrasts, found = simulate(rng, 3000)
    for level, limit in zip(LEVELS, fit_limits(contrasts, found), strict=True):
        assert limit.status == "ok"
        assert limit.contrast == pytest.approx(truth(level), rel=0.1)
        assert limit.low < truth(level) < limit.high < 1.3 * limit.low


def test_lapses_do_not_shift_the_middle_and_hide_what_they_make_unreachable(rng):
    contrasts, found = simulate(rng, 3000, lapse=0.2)
    half, most, nearly = fit_limits(contrasts, found)
    assert half.contrast == pytest.approx(truth(0.5, lapse=0.2), rel=0.1)
    assert (most.status, nearly.status) == ("not reached", "not reached")
    assert nearly.high == np.inf


@pytest.mark.parametrize(
    ("n", "width", "lapse", "n_groups", "spread"),
    [(40, 0.1, 0.0, 1, 0.0), (40, 0.2, 0.1, 1, 0.0), (60, 0.1, 0.0, 6, 0.1)],
)
@pytest.mark.slow
def test_intervals_hold_the_truth(n, width, lapse, n_groups, spread):
    """95 % within 2 % and two standard errors of 150 simulations; longer ones are in the docstring of `fit_limits`.

    Above the middle, few trials reach a level at all, and more of the intervals hold it. Nor are they too wide: from
    the best value down to the lower bound it is 0.73 to 1.17 times 1.96 standard deviations of the best values, and
    the width of the interval of 50 % is 0.98 to 1.33 times twice that.
    """
    rng = np.random.default_rng(8)
    limits = {level: [] for level in LEVELS}
    for _ in range(150):
        groups = np.arange(n) % n_groups
        contrasts, found = simulate(rng, n, width=width, lapse=lapse, effects=rng.normal(0, spread, n_groups)[groups])
        for level, limit in zip(LEVELS, fit_limits(contrasts, found, groups=groups), strict=True):
            limits[level].append(limit[:3])
    for level, values in limits.items():
        best, low, high = np.array(values).T
        contrast = truth(level, width=width, lapse=lapse) if level < 1 - lapse else np.inf
        assert np.mean((low <= contrast) & (contrast <= high)) >= 0.95 - 0.02 - 2 * np.sqrt(0.95 * 0.05 / 150), level
        reached, scatter = best > 0, 1.96 * np.nanstd(np.log10(best), ddof=1)
        assert np.log10(np.median((best / np.maximum(low, 1e-99))[reached])) <= 1.35 * scatter, level
        if level == 0.5:  # further up most have no upper bound
            assert np.mean((low > 0) & np.isfinite(high)) >= 0.9
            assert np.log10(np.median(high / np.maximum(low, 1e-99))) <= 1.45 * 2 * scatter


def test_few_trials_give_no_upper_bound_of_a_level_high_up_the_curve(rng):
    """And then it is said: the best value alone would be too faint more often than not."""
    contrasts, found = simulate(rng, 30)
    half, _, nearly = fit_limits(contrasts, found)
    assert half.status == "ok"
    assert nearly.status == "no upper bound"
    assert (nearly.high, nearly.low > 0) == (np.inf, True)


trials = st.lists(st.tuples(st.floats(-6, -2), st.sampled_from([0.0, 0.5, 1.0])), min_size=12, max_size=25)


@given(trials)
@settings(max_examples=20)
def test_nothing_is_extrapolated(rows):
    contrasts, found = 10 ** np.array(rows)[:, 0], np.array(rows)[:, 1]
    limits = fit_limits(contrasts, found)
    for limit in limits:
        assert (limit.status in {"ok", "no upper bound"}) == np.isfinite(limit.contrast)
        assert (limit.status == "ok") == bool(np.isfinite([limit.contrast, limit.high]).all())
        if np.isfinite(limit.contrast):
            assert contrasts.min() * (1 - 1e-9) <= limit.contrast <= contrasts.max() * (1 + 1e-9)
            assert limit.low <= limit.contrast <= limit.high
        assert limit.low == 0 or contrasts.min() * (1 - 1e-9) <= limit.low <= contrasts.max() * (1 + 1e-9)
    known = [limit.contrast for limit in limits if np.isfinite(limit.contrast)]
    assert known == sorted(known)


@given(st.integers(-3, 3))
@settings(max_examples=7)
def test_limits_move_with_the_contrasts(decades):
    contrasts, found = simulate(np.random.default_rng(1), 40)
    for plain, moved in zip(fit_limits(contrasts, found), fit_limits(contrasts * 10.0**decades, found), strict=True):
        assert np.array(moved[:3]) == pytest.approx(np.array(plain[:3]) * 10.0**decades, rel=1e-6)
        assert moved.status == plain.status


@pytest.mark.parametrize(
    ("found", "status", "low", "high"), [(0, "not reached", 1e-3, np.inf), (1, "reached by all", 0, 1e-5)]
)
def test_all_or_nothing_has_no_limit(found, status, low, high):
    limit = fit_limits(np.geomspace(1e-5, 1e-3, 60), np.full(60, found))[0]
    assert limit.status == status
    assert np.isnan(limit.contrast)
    assert limit.low == pytest.approx(low, rel=0.25)
    assert limit.high == pytest.approx(high, rel=0.25)


@pytest.mark.parametrize("found", [np.ones(9), np.full(30, np.nan)], ids=["too few", "rate not measured"])
def test_what_is_not_measured_is_said(found):
    limit = fit_limits(np.geomspace(1e-5, 1e-3, found.size), found)[0]
    assert limit.status == "not measured"
    assert np.isnan(limit[:3]).all()


def test_sequences_that_differ_widen_the_interval(rng):
    groups = np.repeat(np.arange(8), 40)
    contrasts, found = simulate(rng, 320, effects=0.2 * np.array([-1, -1, -1, 0, 0, 1, 1, 1])[groups])
    alone, grouped = (fit_limits(contrasts, found, (0.5,), groups=g)[0] for g in (None, groups))
    assert grouped.contrast == alone.contrast
    assert grouped.high / grouped.low > 1.5 * alone.high / alone.low


@pytest.fixture
def outcomes(make_outcomes, rng):
    """One night in which a companion ten times as bright scores three more."""
    table = make_outcomes(rng, detectors=("good", "oracle", "blank"), n_sequences=1, n_injected=90, n_empty=10)
    contrast = {trial: 10 ** rng.uniform(-5, -3) for trial in range(100)}
    table["contrast"] = table["trial"].map(contrast).where(table["trial_kind"] == "injected")

    def brighter(row):
        scores = row["candidate_score"].copy()
        if row["detector"] == "good" and row["trial_kind"] == "injected":
            scores[-1] += 3 * (np.log10(row["contrast"]) + 4)
        return scores

    return table.assign(candidate_score=table.apply(brighter, axis=1))


def test_every_detector_has_its_limits_in_every_annulus(outcomes):
    table = completeness_limits(outcomes)
    assert len(table) == 3 * 3 * len(LEVELS)
    assert set(table["n"]) == {30}
    assert (table["inner"] == 5).all()
    assert set(table.loc[table["detector"] == "blank", "status"]) == {"not reached"}
    assert set(table.loc[table["detector"] == "oracle", "status"]) == {"reached by all"}
    half = table[(table["detector"] == "good") & (table["level"] == 0.5)]
    assert set(half["status"]) == {"ok"}
    # ten empty maps with 15 normal deviates each: one a map exceeds 1.5, as does a companion of 10**-4.83
    assert np.log10(half["contrast"]).mean() == pytest.approx(-4.83, abs=0.15)


def test_limits_do_not_change_when_scores_are_transformed(outcomes):
    grown = outcomes.assign(candidate_score=outcomes["candidate_score"].map(np.exp))
    pd.testing.assert_frame_equal(completeness_limits(outcomes), completeness_limits(grown))


def test_too_few_empty_maps_measure_nothing(outcomes):
    table = completeness_limits(outcomes, false_positives_per_map=0.05)
    assert set(table["status"]) == {"not measured"}
    cells = completeness_map(outcomes, false_positives_per_map=0.05)
    assert cells[["completeness", "low", "high"]].isna().all(axis=None)


def test_map_holds_every_trial_once(outcomes, rng):
    cells = completeness_map(outcomes, n_contrasts=5)
    assert (cells.groupby(["detector", "annulus"])["n"].sum() == 30).all()
    assert (cells["low"] <= cells["completeness"]).all()
    assert (cells["completeness"] <= cells["high"]).all()
    found = (cells["completeness"] * cells["n"]).groupby([cells["detector"], cells["annulus"]]).sum()
    expected = by_annulus(outcomes, rng=rng).set_index(["detector", "annulus"])
    pd.testing.assert_series_equal(found, expected["tpr"] * expected["n"], check_names=False)
    good = cells[cells["detector"] == "good"].groupby("contrast_low")["completeness"].mean()
    assert good.iloc[-1] > good.iloc[0] + 0.5
