from dataclasses import replace

import numpy as np
import pytest

from algozoo.benchmark.suite import SuiteDataset
from algozoo.benchmark.trials import draw_trials
from algozoo.datasets import load_dataset
from algozoo.errors import InputError


@pytest.fixture(scope="module")
def drawn(suite):
    dataset = load_dataset(suite.datasets[0].name)
    null = dataset.null_sequence(0)
    return dataset, null, draw_trials(suite, suite.datasets[0], dataset, 0, null)


def test_trials_are_the_same_every_time_and_differ_between_sequences(suite, drawn):
    dataset, null, trials = drawn
    assert draw_trials(suite, suite.datasets[0], dataset, 0, null) == trials
    other = draw_trials(suite, suite.datasets[0], dataset, 1, null)
    assert not {t.companion for t in other if t.companion} & {t.companion for t in trials if t.companion}


def test_each_sequence_has_its_injections_one_empty_and_one_flipped_map(drawn):
    _, _, trials = drawn
    kinds = [trial.kind for trial in trials]
    assert kinds == ["injected"] * 4 + ["empty", "flipped"]
    assert [trial.annulus for trial in trials] == [0, 0, 1, 1, -1, -1]
    assert [trial.number for trial in trials] == list(range(6))


def test_companions_lie_in_their_annulus_and_contrast_range(suite, drawn):
    dataset, null, _ = drawn
    many = suite.datasets[0].model_copy(update={"injections": 200})
    for trial in draw_trials(suite, many, dataset, 0, null):
        if trial.companion:
            annulus = many.annuli[trial.annulus]
            assert annulus.inner <= trial.companion.separation / null.fwhm <= annulus.outer
            assert annulus.contrast[0] <= trial.companion.contrast <= annulus.contrast[1]


def test_positions_are_real_valued_and_spread_over_all_angles(suite, drawn):
    dataset, null, _ = drawn
    many = suite.datasets[0].model_copy(update={"injections": 200})
    companions = [t.companion for t in draw_trials(suite, many, dataset, 0, null) if t.companion]
    angles = np.array([c.position_angle for c in companions])
    assert np.histogram(angles, 4, (0, 360))[0].min() > 60
    assert not np.any(np.array([c.separation for c in companions]) % 1 == 0)


def test_an_annulus_outside_the_valid_field_is_refused(suite, drawn):
    dataset, null, _ = drawn
    outside = SuiteDataset.model_validate(
        {"name": "small", "injections": 1, "annuli": [{"inner": 7.2, "outer": 7.4, "contrast": [1e-4, 1e-3]}]}
    )
    with pytest.raises(InputError, match="no valid place"):
        draw_trials(suite, outside, dataset, 0, null)


def test_known_companions_are_kept_clear_of(shared_data, suite):
    dataset = load_dataset("betapic", mirror=shared_data)
    null = dataset.null_sequence(0)
    entry = SuiteDataset.model_validate(
        {"name": "betapic", "injections": 100, "annuli": [{"inner": 3, "outer": 4.5, "contrast": [1e-4, 1e-3]}]}
    )
    [known] = dataset.companions(null)
    kx, ky = known.position(null)
    for trial in draw_trials(suite, entry, dataset, 0, null):
        if trial.companion:
            x, y = trial.companion.position(null)
            assert np.hypot(x - kx, y - ky) > 1.5 * null.fwhm - 1


def test_there_is_no_flipped_map_where_a_companion_would_survive_in_it(shared_data, suite):
    dataset = load_dataset("betapic", mirror=shared_data)
    null = dataset.null_sequence(0)
    entry = SuiteDataset.model_validate(
        {"name": "betapic", "injections": 1, "annuli": [{"inner": 3, "outer": 4.5, "contrast": [1e-4, 1e-3]}]}
    )
    assert [trial.kind for trial in draw_trials(suite, entry, dataset, 0, null)] == ["injected", "empty", "flipped"]
    still = replace(null, parallactic_angles=null.parallactic_angles / 4)
    assert [trial.kind for trial in draw_trials(suite, entry, dataset, 0, still)] == ["injected", "empty"]


def test_injected_and_empty_sequences_differ_only_by_the_companion(drawn):
    _, null, trials = drawn
    empty, flipped = (next(t for t in trials if t.kind == kind).sequence(null) for kind in ("empty", "flipped"))
    injected = trials[0].sequence(null)
    assert np.array_equal(empty.cube, null.cube)
    assert np.array_equal(flipped.parallactic_angles, -null.parallactic_angles)
    assert injected.name == empty.name
    assert (injected.cube - empty.cube).max() > 0
