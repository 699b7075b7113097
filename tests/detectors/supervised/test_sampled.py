from dataclasses import replace

import numpy as np
import pytest

from algozoo.detectors.contract import Declined
from algozoo.detectors.supervised.residuals import Residuals, annular_residuals
from algozoo.detectors.supervised.sodinn import SODINN
from algozoo.detectors.supervised.sodirf import SODIRF
from algozoo.errors import AlgoZooError, InputError

SMALL = SODIRF(n_levels=6, n_samples=40, n_trees=20)


@pytest.mark.parametrize("detector", [SODIRF, pytest.param(SODINN, marks=pytest.mark.torch)])
def test_a_patch_too_small_for_a_companion_is_refused(make_sequence, detector):
    with pytest.raises(InputError, match=r"patches of 1 FWHM \(2.60 px\) have 3 px, expected at least 5"):
        detector(n_levels=4, patch_width=1.0).fit(make_sequence(psf_fwhm=2.6))


def test_a_mask_of_another_size_is_refused(night):
    with pytest.raises(InputError, match=r"usable has shape \(5, 5\), expected that of a frame"):
        SMALL.fit(night, usable=np.ones((5, 5), dtype=bool))


def test_too_few_frames_for_the_levels_are_declined(make_sequence):
    with pytest.raises(Declined, match="lower n_levels, or take more frames"):
        SODIRF(n_samples=20).fit(make_sequence(n_frames=12))


def test_want_of_memory_is_told_with_what_to_change(night, monkeypatch):
    def full(*_):
        raise MemoryError

    monkeypatch.setattr(Residuals, "injected", full)
    with pytest.raises(AlgoZooError, match=r"out of memory while training on \d+ samples .* lower n_samples from 40"):
        SMALL.fit(night)


@pytest.mark.torch
def test_want_of_memory_in_pytorch_is_told_alike(night, monkeypatch):
    from algozoo.detectors.supervised import network  # noqa: PLC0415 - needs PyTorch

    def full(*_):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(network.Trainer, "run", full)
    with pytest.raises(AlgoZooError, match=r"out of memory .* lower n_samples from 20 or batch from 64"):
        SODINN(n_levels=4, n_samples=20).fit(night)


def test_a_spectral_sequence_is_brought_together_first(make_sequence):
    rng = np.random.default_rng(0)
    angles = np.linspace(0, 80, 20)
    one = make_sequence(n_frames=20, size=61, parallactic_angles=angles)
    cube = rng.standard_normal((2, 20, 61, 61))
    spectral = replace(one, cube=cube, psf=np.stack([one.psf] * 2), wavelengths=np.array([1.0, 1.4]))
    scores = SODIRF(n_levels=4, n_samples=20, n_trees=10).detect(spectral).scores
    assert scores.shape == (61, 61)
    assert np.isfinite(scores).any()


def test_levels_may_be_listed(night):
    listed = SODIRF(n_levels=(1, 2, 4, 7), n_samples=20, n_trees=10).fit(night)
    rings = annular_residuals(night, (1, 2, 4, 7), 9)
    assert all(ring.levels.tolist() == [1, 2, 4, 7] for ring in rings)
    assert np.isfinite(listed.detect(night).scores).any()
    with pytest.raises(InputError, match=r"n_levels is \(3, 3\), expected .*, rising\)"):
        SODIRF(n_levels=(3, 3)).fit(night)
    with pytest.raises(Declined, match=r"n_levels=\(1, 25\) are asked for"):
        SODIRF(n_levels=(1, 25)).fit(night)
