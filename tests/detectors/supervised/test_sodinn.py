import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.detectors.supervised.sodinn import SODINN
from algozoo.errors import InputError

pytest.importorskip("torch", reason="PyTorch is not installed; `make test EXTRAS=all` installs it")


@pytest.mark.slow
def test_where_it_matters_every_pixel_is_scored_by_itself(make_sequence):
    """The highest score and its neighbours are those of their own samples, not means of others."""
    planet = Companion(separation=11, azimuth=65, contrast=0.03)
    sequence = make_sequence(n_frames=20, parallactic_angles=np.linspace(0, 80, 20))
    small = SODINN(n_levels=4, n_samples=60, patch_width=1.5, architecture="conv3d", epochs=3)
    fitted = small.fit(sequence.flipped())

    class Plain(SODINN):
        def score_pixels(self, ring, images):
            return self.score_samples(ring, images, ring.pixels)

    everywhere = Plain(**small.parameters).with_state(fitted.state())
    quick, plain = (d.detect(inject(sequence, [planet])).scores for d in (fitted, everywhere))
    best = np.unravel_index(np.nanargmax(plain), plain.shape)
    assert np.unravel_index(np.nanargmax(quick), quick.shape) == best
    same = np.isclose(quick, plain, atol=1e-4)[np.isfinite(plain)]
    assert 0.3 < same.mean() < 0.75
    around = tuple(slice(index - 1, index + 2) for index in best)
    assert np.allclose(quick[around], plain[around], atol=1e-4)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_levels": 3}, r"n_levels is 3, expected an integer \(4 or more\)"),
        ({"n_levels": (1, 2, 3)}, r"n_levels is \(1, 2, 3\), expected .* \(4 values or more, rising\)"),
        ({"epochs": 0}, "epochs is 0"),
        ({"patience": 0}, "patience is 0"),
        ({"learning_rate": 2.0}, "learning_rate is 2.0"),
        ({"batch": 1}, "batch is 1"),
    ],
)
def test_impossible_parameters_are_refused(make_sequence, parameters, message):
    with pytest.raises(InputError, match=message):
        SODINN(**parameters).fit(make_sequence())
