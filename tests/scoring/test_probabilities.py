from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator

from algozoo.scoring import brier, candidate_probabilities, probability_claims, reliability

Make = Callable[..., pd.DataFrame]


def test_brier_of_the_known_cases() -> None:
    assert brier([1, 0, 1], [True, False, True]) == 0
    assert brier([0.5] * 4, [True, False] * 2) == 0.25
    assert brier([1, 0], [False, True]) == 1


def test_honest_probabilities_lie_on_the_diagonal(rng: Generator) -> None:
    claimed = rng.uniform(size=20000)
    table = reliability(claimed, rng.uniform(size=20000) < claimed)
    assert len(table) == 10
    assert table["n"].sum() == 20000
    np.testing.assert_allclose(table["observed"], table["claimed"], atol=0.04)
    boast = reliability(claimed, rng.uniform(size=20000) < claimed**3)
    assert (boast["observed_high"] < boast["claimed"])[2:9].all()


def test_candidates_of_probability_maps_are_hits_or_false(make_outcomes: Make, rng: Generator) -> None:
    outcomes = make_outcomes(rng, detectors=("good", "poor"), n_sequences=2)
    kinds = np.where(outcomes["detector"] == "good", "probability", "snr")
    table = candidate_probabilities(outcomes.assign(map_kind=kinds))
    assert set(table["detector"]) == {"good"}
    assert table["truth"].sum() == 24
    assert len(table) == outcomes.loc[outcomes["detector"] == "good", "candidate_score"].str.len().sum()
    assert candidate_probabilities(outcomes).empty


def drawn(rng: Generator, *, boast: float, n_sequences: int = 10) -> pd.DataFrame:
    """Candidates whose probability comes true, or less often; sequences differ in how many companions there are."""
    sequence = np.repeat(np.arange(n_sequences), 60)
    claimed = rng.uniform(size=sequence.size)
    true = rng.uniform(size=sequence.size) < claimed**boast
    columns = {"dataset": "night", "detector": "good", "sequence": sequence, "probability": claimed, "truth": true}
    return pd.DataFrame(columns)


def test_claims_that_come_true_are_not_flagged_and_boasts_are(rng: Generator) -> None:
    honest, boast = (probability_claims(drawn(rng, boast=power)).iloc[0] for power in (1.0, 3.0))
    assert not honest["over_confident"]
    assert honest["claimed"] == pytest.approx(honest["observed"], abs=0.1)
    assert boast["over_confident"]
    assert boast["claimed"] > boast["observed"] + 0.1
    assert boast["brier"] > honest["brier"]


def test_the_flag_is_raised_for_honest_detectors_as_rarely_as_it_says(rng: Generator) -> None:
    p = [probability_claims(drawn(rng, boast=1.0))["p"].item() for _ in range(200)]
    assert np.mean(np.array(p) < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def test_of_one_sequence_nothing_is_tested(rng: Generator) -> None:
    alone = probability_claims(drawn(rng, boast=3.0, n_sequences=1)).iloc[0]
    assert np.isnan(alone["p"])
    assert not alone["over_confident"]


def test_without_candidates_there_is_no_row(make_outcomes: Make, rng: Generator) -> None:
    assert probability_claims(candidate_probabilities(make_outcomes(rng))).empty


def test_log_odds_become_probabilities(make_outcomes: Make, rng: Generator) -> None:
    outcomes = make_outcomes(rng, detectors=("good",), n_sequences=2)
    odds, plain = (candidate_probabilities(outcomes.assign(map_kind=kind)) for kind in ("log_odds", "probability"))
    assert np.allclose(odds["probability"], 1 / (1 + np.exp(-plain["probability"])))
    assert np.array_equal(odds["truth"], plain["truth"])
