from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from algozoo.detectors.supervised import samples as module
from algozoo.detectors.supervised.brightness import fit_flux
from algozoo.detectors.supervised.residuals import annular_residuals
from algozoo.detectors.supervised.samples import KINDS, numbers_by_split
from algozoo.detectors.supervised.sectors import SPLITS, Places

N_LEVELS, PATCH, N = 5, 9, 80


def test_both_classes_are_as_many_in_every_annulus_and_split(samples):
    assert len(samples) == 2 * N * (samples.annulus.max() + 1)
    for annulus in range(samples.annulus.max() + 1):
        for split, number in enumerate(numbers_by_split(N)):
            here = (samples.annulus == annulus) & (samples.split == split)
            assert samples.labels[here].sum() == (~samples.labels[here]).sum() == number


def test_copies_of_an_injection_are_in_one_split(samples):
    places = samples.place[samples.labels]
    assert len(np.unique(places)) == len(places) / 2
    for place in np.unique(places):
        assert np.ptp(samples.split[samples.place == place]) == 0
    assert np.all(samples.place[~samples.labels] == -1)


def test_every_sample_knows_where_it_comes_from(samples):
    assert np.array_equal(samples.labels, samples.kind == KINDS.index("injection"))
    assert np.array_equal(samples.labels, np.isfinite(samples.contrast))
    assert np.mean(samples.kind[~samples.labels] == KINDS.index("mean")) == pytest.approx(0.2, abs=0.02)
    assert sum(len(samples.of(split)) for split in SPLITS) == len(samples)


def test_same_seed_gives_the_same_samples_and_another_others(night, samples, drawn):
    again, other = (drawn(night, seed)[0] for seed in (0, 1))
    assert np.array_equal(samples.patches, again.patches)
    assert not np.array_equal(samples.patches, other.patches)


def test_companions_are_scaled_in_training_as_they_are_in_prediction(night):
    """Bright ones change the noise of their annulus; at fresh places it is what training takes it for."""
    ring, rng = annular_residuals(night, N_LEVELS, PATCH)[0], np.random.default_rng(4)
    field = Places(ring, None, 0.0)
    slope = fit_flux(field, rng).slope
    contrasts = 1 / slope, 100 / slope
    noise = module._noise_beside(field, contrasts, rng)
    for snr in (3, 10, 50, 100):
        searched = [ring.beside(replace(field.draw(None, rng), contrast=snr / slope)) for _ in range(12)]
        ratio = np.mean([found.noise for found in searched], axis=0) / noise(np.array([snr / slope]))[0]
        assert np.all(abs(np.log(ratio)) < np.log(1.35)), (snr, ratio)
    assert abs(np.log(noise(np.array(contrasts[1:]))[0] / ring.noise)).max() > np.log(1.5)


def auc_interval(n, level=2.6):
    """Return the half-width of the 99 % interval of an AUC of 0.5, n samples of each class (Hanley & McNeil 1982)."""
    return level * np.sqrt((2 * n + 1) / (12 * n * n))


def held_out_auc(samples, labels):
    forest = RandomForestClassifier(60, min_samples_leaf=3, random_state=0)
    flat = samples.patches.reshape(len(samples), -1)
    train, single = samples.split == 0, samples.kind < KINDS.index("mean")
    forest.fit(flat[train], labels[train])
    held = ~train & single
    return roc_auc_score(labels[held], forest.predict_proba(flat[held])[:, 1]), min(np.bincount(labels[held]))


def permuted_by_origin(samples, rng):
    """Labels that say nothing, but are the same for samples of one origin: one place, or one spot of the residuals."""
    spot = 1000 * samples.annulus + np.round(samples.azimuth / 5).astype(int)
    origin = np.where(samples.place >= 0, samples.place, 100_000 + spot)
    _, number = np.unique(origin, return_inverse=True)
    return (rng.permutation(number.max() + 1) % 2 == 0)[number]


@pytest.mark.slow
def test_permuted_labels_cannot_be_learnt(samples):
    """Labels are permuted by origin, so that a copy of a training sample among those held out would tell its label."""
    auc, n = held_out_auc(samples, permuted_by_origin(samples, np.random.default_rng(2)))
    assert abs(auc - 0.5) < auc_interval(n)


@pytest.mark.slow
def test_permuted_labels_show_a_leak(samples):
    """The test above can fail: here each sample that is held out has a copy in training."""
    held, train = np.flatnonzero(samples.split > 0), np.flatnonzero(samples.split == 0)
    copies = samples.where(np.concatenate([train, train[: len(held)]]))
    split = np.repeat([0, 1], [len(train), len(held)])
    leaky = replace(copies, split=split)
    auc, n = held_out_auc(leaky, permuted_by_origin(leaky, np.random.default_rng(2)))
    assert auc - 0.5 > 3 * auc_interval(n)


@pytest.mark.slow
def test_injections_of_nothing_cannot_be_told_from_empty_samples(night, monkeypatch, drawn):
    """Whatever tells the classes apart is the companion: both are made alike in all else."""
    injections, noise = module._injections, module._noise_beside
    monkeypatch.setattr(module, "_injections", lambda field, n, _, rng: injections(field, n, (1e-9, 1e-9), rng))
    monkeypatch.setattr(module, "_noise_beside", lambda field, _, rng: noise(field, (1e-9, 1e-9), rng))
    nothing, _ = drawn(night)
    auc, n = held_out_auc(nothing, nothing.labels)
    assert abs(auc - 0.5) < auc_interval(n)


@pytest.mark.slow
def test_companions_can_be_learnt(samples):
    auc, n = held_out_auc(samples, samples.labels)
    assert auc - 0.5 > auc_interval(n, norm.isf(1e-6))
