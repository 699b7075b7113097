from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator

from algozoo.errors import InputError
from algozoo.scoring import Campaigns, by_annulus, completeness_limits, curves, evaluate, rates, score

Make = Callable[..., pd.DataFrame]
DATASETS = (("night", "real"), ("other", "real"))


@pytest.fixture
def outcomes(make_outcomes: Make, rng: Generator) -> pd.DataFrame:
    return make_outcomes(rng, detectors=("good", "poor"), datasets=DATASETS)


@pytest.mark.parametrize("table", [score, rates, by_annulus])
def test_tables_made_of_campaigns_are_those_made_of_the_outcomes(
    outcomes: pd.DataFrame, table: Callable[..., pd.DataFrame]
) -> None:
    campaigns = Campaigns.of(outcomes, np.random.default_rng(5))
    curves(campaigns), evaluate(campaigns)  # nothing that was made before changes the draws
    pd.testing.assert_frame_equal(table(campaigns), table(outcomes, rng=np.random.default_rng(5)))


def test_all_detectors_of_a_dataset_share_the_draws_and_other_datasets_have_others(outcomes: pd.DataFrame) -> None:
    first, second = Campaigns.of(outcomes, np.random.default_rng(5)).datasets
    assert first[0].weights is first[1].weights
    assert first[0].weights.shape == second[0].weights.shape
    assert not np.array_equal(first[0].weights, second[0].weights)


def test_campaigns_stay_as_they_are(outcomes: pd.DataFrame) -> None:
    campaigns = Campaigns.of(outcomes)
    assert Campaigns.of(campaigns) is campaigns
    assert [(one.dataset, one.detector) for one in campaigns] == [
        ("night", "good"),
        ("night", "poor"),
        ("other", "good"),
        ("other", "poor"),
    ]


def test_intervals_without_a_random_generator_are_an_input_error_and_limits_need_none(outcomes: pd.DataFrame) -> None:
    for table in (score, rates, by_annulus):
        with pytest.raises(InputError, match=r"pass rng=numpy.random.default_rng"):
            table(outcomes)
    assert len(completeness_limits(outcomes)) == 2 * 2 * 3 * 3


def test_parts_of_the_companions_average_to_the_whole(outcomes: pd.DataFrame) -> None:
    campaign = next(iter(Campaigns.of(outcomes, np.random.default_rng(5))))
    parts = [campaign.injected & (campaign.trials["annulus"] == annulus).to_numpy() for annulus in range(3)]
    in_parts, whole = campaign.true_positive_rates([1.0, 3.0], parts), campaign.true_positive_rates([1.0, 3.0])
    drawn = np.array([campaign.weights @ part for part in parts])
    mean = np.nansum(in_parts * drawn[:, None], axis=0) / drawn.sum(axis=0)
    np.testing.assert_allclose(mean, whole[0])


def test_the_fractions_found_average_to_the_rate(outcomes: pd.DataFrame) -> None:
    for campaign in Campaigns.of(outcomes, np.random.default_rng(5)):
        mean = campaign.fractions_found(2.0)[campaign.injected].mean()
        assert mean == pytest.approx(campaign.true_positive_rates([2.0])[0, 0, 0])
