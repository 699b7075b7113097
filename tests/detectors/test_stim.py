import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.detectors.contract import Declined
from algozoo.detectors.pca import PCA
from algozoo.detectors.stim import STIM, mean_and_stim
from algozoo.errors import InputError
from algozoo.imaging.rotate import derotate


def stacks(seed):
    return np.random.default_rng(seed).standard_normal((7, 5, 5))


@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6))
def test_it_is_the_mean_over_the_scatter_in_time(seed, unit):
    mean, stim = mean_and_stim(unit * stacks(seed))
    assert np.allclose(mean, unit * stacks(seed).mean(axis=0), rtol=1e-9, atol=0)
    assert np.allclose(stim * stacks(seed).std(axis=0), stacks(seed).mean(axis=0), atol=1e-12)


def test_it_is_zero_where_nothing_varies():
    frames = stacks(0)
    frames[:, 2, 3] = 0
    frames[:, 1, 1] = 4
    _, stim = mean_and_stim(frames)
    assert stim[2, 3] == stim[1, 1] == 0
    assert np.count_nonzero(stim) == 23


def test_steady_signal_grows_as_the_ratio_to_the_scatter():
    _, noise = mean_and_stim(stacks(1) - stacks(1).mean(axis=0))
    _, signal = mean_and_stim(stacks(1) - stacks(1).mean(axis=0) + 3 * stacks(1).std(axis=0))
    assert np.allclose(noise, 0)
    assert np.allclose(signal, 3)


def test_highest_score_of_the_flipped_twin_is_one_over_its_own(make_sequence):
    """The twin of the twin is the sequence: both maps are the same two, each divided by the other's highest."""
    sequence = make_sequence()
    scores, twin = (STIM(n_components=2).detect(s).scores for s in (sequence, sequence.flipped()))
    assert np.nanmax(scores) * np.nanmax(twin) == pytest.approx(1)


def test_one_of_two_maps_of_noise_exceeds_what_the_paper_calls_a_detection(make_sequence):
    """Map and twin are alike; neither is far above the other."""
    highest = np.array([np.nanmax(STIM(n_components=2).detect(make_sequence(seed=seed)).scores) for seed in range(40)])
    assert 0.3 < np.mean(highest > 1) < 0.7
    assert highest.max() < 2


def test_scores_are_those_of_the_paper(make_sequence):
    sequence = make_sequence()
    residuals = PCA(n_components=2).subtract(sequence)
    here, there = (derotate(residuals, sign * sequence.parallactic_angles) for sign in (1, -1))
    result = STIM(n_components=2).detect(sequence)
    scored = np.isfinite(result.scores)
    highest = (there.mean(axis=0) / there.std(axis=0))[scored].max()
    assert np.allclose(result.scores[scored], (here.mean(axis=0) / here.std(axis=0))[scored] / highest)
    assert np.allclose(result.image, here.mean(axis=0))
    assert result.kind == "ratio"


def test_it_scores_from_one_fwhm_to_the_edge(make_sequence):
    sequence = make_sequence()
    y, x = np.mgrid[:41, :41] - 20
    separation = np.hypot(x, y)
    scored = np.isfinite(STIM(n_components=2).detect(sequence).scores)
    assert np.array_equal(scored, (separation >= sequence.fwhm) & (separation <= 20.5))


def test_nothing_to_compare_with_is_declined(make_sequence):
    with pytest.raises(Declined, match="alike"):
        STIM(n_components=0.9).detect(make_sequence(cube=np.ones((12, 41, 41))))
    with pytest.raises(Declined, match="1 frames"):
        STIM(n_components=1).detect(make_sequence(n_frames=1))
    with pytest.raises(InputError, match="n_components is 0"):
        STIM(n_components=0).detect(make_sequence())
