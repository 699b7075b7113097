"""The adapters of other packages, run in the sandbox with the packages as they are published."""

from pathlib import Path

import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.datasets import load_dataset
from algozoo.detectors.contract import Declined
from algozoo.detectors.registry import registered
from algozoo.testing import obvious_planet

SUBMISSIONS = Path(__file__).parents[2] / "submissions"
OF_VIP = ("vip-andromeda", "vip-llsg", "vip-pca")


def distance(scores, companion, sequence):
    """From the highest score to the companion, in FWHM."""
    row, column = np.unravel_index(np.nanargmax(scores), scores.shape)
    x, y = companion.position(sequence)
    return np.hypot(column - x, row - y) / sequence.fwhm


@pytest.mark.slow
@pytest.mark.reference
@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("name", [*OF_VIP, "pyklip-klip"])
def test_an_adapter_finds_a_companion_where_it_was_put(installed, make_sequence, name):
    """Frames of even size too, which VIP centres on a pixel: its adapters decline them."""
    adapter = installed(registered(SUBMISSIONS)[name].create())
    sequence = load_dataset("tiny").sequence(0)
    companion = obvious_planet(sequence, 200.0)
    assert distance(adapter.detect(inject(sequence, [companion])).scores, companion, sequence) < 1

    companion = Companion(separation=12, azimuth=70, contrast=0.1)
    even = inject(make_sequence(size=60, n_frames=20), [companion])
    if name in OF_VIP:
        with pytest.raises(Declined, match="odd size"):
            adapter.detect(even)
    else:
        assert distance(adapter.detect(even).scores, companion, even) < 0.5


def test_an_adapter_is_short():
    for path in SUBMISSIONS.glob("*/detector.py"):
        assert len(path.read_text().splitlines()) < 30, path
