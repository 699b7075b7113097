"""Whether an advantage that was published holds on nights that nobody has seen.

The advantage is the difference of two detectors' partial areas on the same trials, over the published range of false
positives per map. Of published and of fresh nights it is measured apart, each with nights as clusters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy import special

from algozoo.scoring.campaigns import Campaign, Campaigns
from algozoo.scoring.comparisons import Replicates, holm
from algozoo.scoring.resampling import Estimate, combined, mean_of

LEVEL = 0.01
"""How often a submission may fail whose advantage is the same on all nights."""
POWER = 0.8
WHOLE = 1.0
"""An advantage that no detector exceeds: a test that sees only larger ones sees nothing."""
MOST_NIGHTS = 1000
AVERAGE = "average"

Outcome: TypeAlias = Literal["holds", "does not hold", "undecided"]


@dataclass(frozen=True)
class Advantage:
    """By how much the partial area of one detector is larger than that of another on some nights of a dataset.

    Attributes
    ----------
    estimate : Estimate
    n_nights : int
    lowest_rate : float
        False positives per map from which the areas count.
    """

    estimate: Estimate
    n_nights: int
    lowest_rate: float


@dataclass(frozen=True)
class Excess:
    """An advantage on published nights against the one on fresh nights.

    Attributes
    ----------
    dataset : str
        Or `AVERAGE`, of all of them.
    public, fresh : Estimate
        Advantages.
    excess : Estimate
        Of the public over the fresh one.
    p_holm : float
        One-sided probability of such an excess where there is none, adjusted for the number of tests (Holm 1979).
    visible : float
        Smallest excess that the test finds with 80 % probability.
    """

    dataset: str
    public: Estimate
    fresh: Estimate
    excess: Estimate
    p_holm: float
    visible: float


def advantages(
    outcomes: pd.DataFrame,
    detector: str,
    reference: str,
    rng: np.random.Generator,
    lowest_rates: Mapping[str, float] | None = None,
) -> dict[str, Advantage]:
    """Measure the advantage of a detector over another on each dataset.

    Parameters
    ----------
    outcomes : DataFrame
        One row per trial and detector.
    detector, reference : str
        Labels.
    rng : Generator
        Source of the bootstrap.
    lowest_rates : mapping of str to float, optional
        False positives per map from which the areas of each dataset count; by default the lowest that is measured.

    Raises
    ------
    InputError
        If the two have not run on the same trials.
    """
    pair = outcomes[outcomes["detector"].isin([detector, reference])]
    low = lowest_rates or {}
    return {
        campaigns[0].dataset: advantage(campaigns, detector, reference, low.get(campaigns[0].dataset))
        for campaigns in Campaigns.of(pair, rng).datasets
    }


def advantage(
    campaigns: Sequence[Campaign], detector: str, reference: str, lowest_rate: float | None = None
) -> Advantage:
    """Measure the advantage of a detector over another on one dataset; see `advantages`."""
    first = campaigns[0]
    low = first.lowest_rate if lowest_rate is None else lowest_rate
    areas = {one.detector: one.areas_from(low) for one in campaigns if one.has_result}
    replicates = Replicates(areas, first.n_sequences, int(first.injected.sum()))
    return Advantage(replicates.difference(detector, reference), first.n_sequences, low)


def pooled(attempts: Sequence[Advantage]) -> Advantage:
    """Put the nights of several attempts together, each night with the same weight."""
    nights = np.array([attempt.n_nights for attempt in attempts])
    estimate = combined([attempt.estimate for attempt in attempts], nights / nights.sum())
    return replace(attempts[0], estimate=estimate, n_nights=int(nights.sum()))


def excesses(public: Mapping[str, Advantage], fresh: Mapping[str, Advantage]) -> list[Excess]:
    """Test one-sidedly whether advantages are larger on public nights than on fresh ones, beyond the errors of both.

    Welch's test of each dataset and, if there are several, of their mean; all tests together find an excess where there
    is none in at most `LEVEL` of the cases.

    Parameters
    ----------
    public, fresh : mapping of str to Advantage
        Of each dataset.

    Returns
    -------
    list of Excess
        The mean first.
    """
    pairs = {name: (public[name].estimate, fresh[name].estimate) for name in public}
    if len(pairs) > 1:
        before, after = zip(*pairs.values(), strict=True)
        pairs = {AVERAGE: (mean_of(before), mean_of(after)), **pairs}
    differences = [combined(pair, [1, -1]) for pair in pairs.values()]
    adjusted = holm([_p_value(difference) for difference in differences])
    return [
        Excess(name, *pair, difference, float(p), _visible(difference, len(pairs)))
        for (name, pair), difference, p in zip(pairs.items(), differences, adjusted, strict=True)
    ]


def outcome(tests: Sequence[Excess]) -> Outcome:
    """Say what the tests say together; a test that could not see anything decides nothing."""
    if any(test.p_holm < LEVEL for test in tests):
        return "does not hold"
    return "holds" if tests[0].visible < WHOLE else "undecided"


def foreseen(public: Mapping[str, Advantage], n_nights: int) -> float:
    """Return the smallest excess of the mean that fresh nights like the public ones show with 80 % probability.

    Parameters
    ----------
    public : mapping of str to Advantage
        Of each dataset.
    n_nights : int
        Fresh nights of each dataset.
    """
    fresh = {name: _like(advantage, n_nights) for name, advantage in public.items()}
    return excesses(public, fresh)[0].visible


def nights_to_see(public: Mapping[str, Advantage], excess: float) -> int | None:
    """Fewest fresh nights of each dataset that show an excess with 80 % probability; None if no number would do."""
    enough = (n for n in range(2, MOST_NIGHTS + 1) if foreseen(public, n) <= excess)
    return next(enough, None)


def _like(advantage: Advantage, n_nights: int) -> Advantage:
    """Return what is to be expected of other nights that are like those of an advantage."""
    known = advantage.estimate
    error = known.error * np.sqrt(advantage.n_nights / n_nights)
    dof = known.dof * (n_nights - 1) / max(advantage.n_nights - 1, 1)
    return replace(advantage, estimate=Estimate(known.value, float(error), dof), n_nights=n_nights)


def _p_value(estimate: Estimate) -> float:
    """One-sided probability of a value as large, by Student's law."""
    return float(special.stdtr(estimate.dof, -estimate.value / estimate.error)) if estimate.dof > 0 else 1.0


def _visible(estimate: Estimate, n_tests: int) -> float:
    if estimate.dof <= 0:
        return np.inf
    needed = special.stdtrit(estimate.dof, 1 - LEVEL / n_tests) + special.stdtrit(estimate.dof, POWER)
    return float(needed * estimate.error)
