"""Public and fresh nights are drawn again and again: how often does an honest submission fail, what is seen?

The numbers of longer runs stand in docs/method.md: `python tests/scoring/test_fresh.py` prints them.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator
from scipy import stats

from algozoo.scoring import comparisons, resampling
from algozoo.scoring.campaigns import Campaign, draw_weights, groups
from algozoo.scoring.fresh import (
    AVERAGE,
    LEVEL,
    Advantage,
    Excess,
    advantage,
    excesses,
    foreseen,
    nights_to_see,
    outcome,
    pooled,
)
from algozoo.scoring.resampling import Estimate

N_FALSE = 15
N_INJECTED = 10
STRENGTH = {"mine": 2.6, "pca": 2.0}
FEW_REPLICATES = 200
SETTINGS = {
    "quick": {"n_public": 4, "spread": 0.5, "own": 0.3},
    "nights alike": {"n_public": 4, "spread": 0.0, "own": 0.0},
    "detectors differ from night to night": {"n_public": 4, "spread": 0.5, "own": 0.5},
    "two public nights": {"n_public": 2, "spread": 0.5, "own": 0.3},
    "twenty public nights": {"n_public": 20, "spread": 0.5, "own": 0.3},
}


@pytest.fixture(autouse=True)
def _few_replicates(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (resampling, comparisons):
        monkeypatch.setattr(module, "N_REPLICATES", FEW_REPLICATES)


def measured(
    rng: Generator, n_nights: int, spread: float, own: float, strength: dict[str, float], low: float | None = None
) -> Advantage:
    """Scores are normal; a night shifts the hits of both detectors (`spread`), and of each of them (`own`)."""
    n_trials = N_INJECTED + 2
    number = np.tile(np.arange(n_trials), n_nights)
    kind = np.where(number < N_INJECTED, "injected", np.where(number == N_INJECTED, "empty", "flipped"))
    trials = pd.DataFrame(
        {"sequence": np.repeat(np.arange(n_nights), n_trials), "trial": number, "trial_kind": kind, "status": "ok"}
    )
    trials["group"] = groups(trials)
    injected = kind == "injected"
    both = rng.normal(0, spread, n_nights)[trials["sequence"]] + rng.normal(0, 0.7, len(trials))
    draws, made = draw_weights(trials, rng), []
    for label, mean in strength.items():
        shift = both + rng.normal(0, own, n_nights)[trials["sequence"]]
        hits = np.where(injected, mean + shift + rng.normal(0, 0.7, len(trials)), np.nan)
        false = [np.empty(0) if one else rng.normal(size=N_FALSE) for one in injected]
        found = trials.assign(hit_score=hits, candidate_score=pd.Series(false, dtype=object))
        made.append(Campaign("night", "simulated", label, control=False, map_kind="", trials=found, draws=draws))
    return advantage(made, "mine", "pca", low)


def study(
    n_checks: int,
    *,
    n_public: int,
    spread: float,
    own: float,
    n_attempts: int = 1,
    fresh: float = STRENGTH["mine"],
) -> SimpleNamespace:
    """Check a submission again and again on two datasets; `fresh` is its strength on fresh nights."""
    rng = np.random.default_rng(n_public)
    tests: list[list[Excess]] = []
    expected, together, ever = [], [], []
    for _ in range(n_checks):
        public = {name: measured(rng, n_public, spread, own, STRENGTH) for name in ("a", "b")}
        now = STRENGTH | {"mine": fresh}
        attempts = [
            {name: measured(rng, 8, spread, own, now, one.lowest_rate) for name, one in public.items()}
            for _ in range(n_attempts)
        ]
        expected.append(foreseen(public, 8))
        looks = [
            excesses(public, {name: pooled([one[name] for one in attempts[: i + 1]]) for name in public})
            for i in range(n_attempts)
        ]
        tests.append(looks[0])
        failed = [outcome(look) == "does not hold" for look in looks]
        together.append(failed[-1])
        ever.append(any(failed))
    means = [test[0] for test in tests]
    return SimpleNamespace(
        failed=np.mean([outcome(test) == "does not hold" for test in tests]),
        failed_together=np.mean(together),
        ever_failed=np.mean(ever),
        in_ten=np.mean([is_found(mean, 0, level=0.1) for mean in means]),
        visible=np.median([mean.visible for mean in means]),
        power=np.mean([is_found(mean, mean.visible) for mean in means]),
        foreseen=np.median(expected),
        power_foreseen=np.mean([is_found(mean, least) for mean, least in zip(means, expected, strict=True)]),
        bias=np.mean([mean.excess.value for mean in means]),
        error=np.std([mean.excess.value for mean in means]) / np.sqrt(n_checks),
    )


def is_found(mean: Excess, excess: float, level: float = LEVEL / 3) -> bool:
    """Whether the test of the mean, one of three, finds an excess that is added to what there is."""
    t = (mean.excess.value + excess) / mean.excess.error
    return bool(stats.t.sf(t, mean.excess.dof) < level)


def check(found: SimpleNamespace, n: int) -> None:
    """One in a hundred may fail, and four of five excesses must be found; give or take what so many checks scatter."""
    assert found.failed <= LEVEL + 3 * np.sqrt(LEVEL / n)
    assert found.in_ten <= 0.1 + 3 * np.sqrt(0.09 / n)
    assert 0.8 - 3 * 0.4 / np.sqrt(n) <= found.power <= 0.92 + 3 * 0.3 / np.sqrt(n)
    assert abs(found.bias) <= 4 * found.error


def test_an_honest_submission_holds_and_an_excess_as_printed_is_found() -> None:
    found = study(60, **SETTINGS["quick"])
    check(found, 60)
    assert 0.6 <= found.power_foreseen <= 1
    assert found.foreseen == pytest.approx(found.visible, rel=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS)
def test_honest_submissions_fail_at_most_once_in_a_hundred(setting: str) -> None:
    check(study(100, **SETTINGS[setting]), 100)


@pytest.mark.slow
def test_attempts_that_count_together_do_not_make_an_honest_submission_fail_more_often() -> None:
    found = study(80, n_attempts=3, **SETTINGS["quick"])
    check(found, 80)
    assert found.failed_together <= LEVEL + 3 * np.sqrt(LEVEL / 80)
    assert found.ever_failed <= 2 * LEVEL + 3 * np.sqrt(2 * LEVEL / 80)


def test_a_submission_that_is_worse_than_pca_on_fresh_nights_fails() -> None:
    found = study(20, fresh=0.5, **SETTINGS["quick"])
    assert found.bias > 1.3 * found.visible
    assert found.failed >= 0.8


def known(value: float, error: float = 0.05, dof: float = 7.0, nights: int = 8) -> Advantage:
    return Advantage(Estimate(value, error, dof), nights, 0.125)


def test_one_dataset_that_was_fitted_is_found_beside_many_that_were_not() -> None:
    honest = {name: known(0.2) for name in "abcdef"}
    tests = excesses(honest | {"a": known(0.7)}, honest)
    assert [test.dataset for test in tests] == [AVERAGE, *"abcdef"]
    assert outcome(tests) == "does not hold"
    assert min(tests, key=lambda test: test.p_holm).dataset == "a"
    assert tests[0].excess.value == pytest.approx(0.5 / 6)


def test_to_be_better_on_fresh_nights_is_no_failure() -> None:
    assert outcome(excesses({"a": known(0.1)}, {"a": known(0.9)})) == "holds"


def test_what_could_not_be_seen_is_undecided() -> None:
    [test] = excesses({"a": known(0.5, error=0.3, dof=1, nights=2)}, {"a": known(0.0)})
    assert test.visible > 1
    assert outcome([test]) == "undecided"


def test_attempts_are_pooled_with_each_night_counting_the_same() -> None:
    few, many = known(0.0, nights=2, dof=1), known(0.6, nights=10, dof=9)
    together = pooled([few, many])
    assert together.n_nights == 12
    assert together.estimate.value == pytest.approx(0.5)
    assert together.estimate.error < 0.05
    assert pooled([few]) == few


def test_as_many_nights_as_are_said_to_be_needed_show_the_excess_and_one_less_does_not() -> None:
    public = {name: known(0.2) for name in "ab"}
    needed = nights_to_see(public, 0.2)
    assert needed is not None
    assert foreseen(public, needed) <= 0.2 < foreseen(public, needed - 1)
    assert nights_to_see(public, 0.05) is None  # whatever the fresh ones show, the public nights are not known so well


def test_the_areas_on_fresh_nights_are_of_the_published_range() -> None:
    rng = np.random.default_rng(0)
    one = measured(rng, 8, 0.5, 0.3, STRENGTH)
    assert one.lowest_rate == 1 / 16
    other = measured(np.random.default_rng(0), 8, 0.5, 0.3, STRENGTH, low=0.5)
    assert other.lowest_rate == 0.5
    assert other.estimate.value != one.estimate.value


if __name__ == "__main__":
    for module in (resampling, comparisons):
        module.N_REPLICATES = FEW_REPLICATES  # type: ignore[attr-defined]
    for name, values in SETTINGS.items():
        found = vars(study(600, n_attempts=4, **values))
        print(name, {key: round(float(value), 3) for key, value in found.items()}, flush=True)  # noqa: T201 - for docs
