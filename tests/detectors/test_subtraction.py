import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.detectors.contract import Declined
from algozoo.detectors.median import Median
from algozoo.detectors.pca import PCA

PLANET = Companion(separation=12, azimuth=70, contrast=0.02)


@pytest.mark.parametrize("detector", [Median(), PCA(n_components=3), PCA(n_components=0.5)], ids=lambda d: d.label)
def test_residuals_do_not_depend_on_a_static_star(make_sequence, detector):
    sequence = make_sequence()
    star = make_sequence(cube=sequence.cube + 1000 * np.hypot(*np.mgrid[-20:21, -20:21]))
    assert np.allclose(detector.subtract(star), detector.subtract(sequence), atol=0.02)


@pytest.mark.parametrize("combine", ["median", "mean", "trimmed-mean"])
def test_planet_is_found_with_any_combination(make_sequence, combine):
    scores = PCA(n_components=1, combine=combine).detect(inject(make_sequence(), [PLANET])).scores
    row, column = np.unravel_index(np.nanargmax(scores), scores.shape)
    x, y = PLANET.position(make_sequence())
    assert np.hypot(column - x, row - y) <= 4


def test_flux_is_that_of_an_aperture_of_the_residual_image(make_sequence):
    """Without a subtraction the whole companion is there; with one, what it leaves."""
    planet = Companion(separation=12, azimuth=0, contrast=0.05)

    class Nothing(Median):
        def subtract(self, sequence):
            return sequence.cube.astype(float)

    sequence = inject(make_sequence(noise=0.001), [planet])
    whole, left = (kind(combine="mean").detect(sequence).flux[20, 32] for kind in (Nothing, Median))
    assert whole == pytest.approx(0.05 * 1000, rel=0.03)
    assert 0 < left < whole


@pytest.mark.parametrize("detector", [Median(), PCA(n_components=3), PCA(n_components=0.5)], ids=lambda d: d.label)
def test_frames_that_are_all_alike_are_declined(make_sequence, detector):
    frame = make_sequence().cube[0]
    with pytest.raises(Declined, match=r"nothing is left of the frames|have 0 independent ones"):
        detector.detect(make_sequence(cube=[frame] * 12))
