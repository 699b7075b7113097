"""Annular detectors beside vip_hci 2.1.1 on NACO beta Pic (float32 frames, FWHM 4.80 px).

Where the detector differs on purpose, their choice is set in the test (their annuli, their rotation with its Nyquist
term, what else is named) and the algorithm left as it is; then the difference must be gone.
"""

from functools import partial

import numpy as np
import pytest

from algozoo.detectors import annular
from algozoo.detectors.annular import Patch
from algozoo.detectors.annular_pca import AnnularPCA
from algozoo.detectors.loci import LOCI
from algozoo.detectors.pairwise import partners
from algozoo.imaging.annuli import Annulus, rotated_apart, rotation_threshold, segments
from algozoo.imaging.references import projection_weights, weigh

pytestmark = pytest.mark.reference

WIDTH = 4
SIZE = 101
Y, X = np.mgrid[:SIZE, :SIZE] - SIZE // 2
R = np.hypot(X, Y)
FIELD = R < 47
"""Where they subtract."""


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


def their_annuli(first=0, *, shifted=True):
    """As many as fit into half a frame; the last begins one pixel further in, and overwrites or adds up."""
    number = int((SIZE / 2 - first) / WIDTH)
    inner = [first + WIDTH * k for k in range(number)]
    inner[-1] -= shifted
    return [Annulus(r, r + WIDTH) for r in inner]


@pytest.fixture(scope="module")
def their_image(sequence, rotate_like_them):
    def image(residuals, chosen=slice(None)):
        turned = map(rotate_like_them, residuals, sequence.parallactic_angles[chosen])
        return np.median(list(turned), axis=0)

    return image


class UncentredPCA(AnnularPCA):
    """They leave the mean of the references in."""

    def subtract_patch(self, patch):
        weights = weigh(patch.frames, patch.references, partial(projection_weights, n_components=self.n_components))
        return patch.frames - weights @ patch.frames


def test_annular_pca_without_centring_agrees_to_5e_5_of_its_scatter(
    sequence, reference_numbers, their_image, monkeypatch
):
    """With centring it is an eigen-decomposition away from the plain one of `tests/detectors/test_annular.py`."""
    monkeypatch.setattr(annular, "annuli", lambda *_: their_annuli())
    theirs = reference_numbers("pca_annular_5_vipfft")["frame"]
    ours = their_image(UncentredPCA(n_components=5).subtract(sequence))
    assert rms((ours - theirs)[FIELD]) <= 5e-5 * theirs[FIELD].std()


@pytest.mark.slow
def test_loci_agrees_to_2e_4_of_its_scatter(sequence, reference_numbers, their_image, monkeypatch):
    """They subtract in annuli that are not shifted, but take the angle of the last as if it were. Their least squares
    run in single precision.
    """
    monkeypatch.setattr(annular, "annuli", lambda *_: their_annuli(shifted=False))
    monkeypatch.setattr(annular, "rotation_threshold", lambda r, *args: rotation_threshold(r - (r == 46), *args))
    theirs = reference_numbers("xloci")["frame"]
    ours = their_image(LOCI().subtract(sequence))
    assert rms((ours - theirs)[FIELD]) <= 2e-4 * theirs[FIELD].std()


@pytest.mark.slow
def test_pairs_give_their_image_to_5e_5_of_its_scatter_if_taken_both_ways(sequence, reference_numbers, their_image):
    """They count each pair twice, once in each order, so that a frame many resemble weighs more; and drop frames whose
    best partner is among the tenth of pairs that differ most. Annuli are derotated one by one, cut out, and added up.
    """
    cube, theirs = sequence.cube.reshape(61, -1), reference_numbers("frame_diff")["frame"]
    for ring in their_annuli(first=4)[::3]:
        (pixels,) = segments(SIZE, ring)
        frames = cube[:, pixels].astype(float)
        threshold = rotation_threshold(ring.centre, sequence.fwhm, 0.5)
        references = rotated_apart(sequence.parallactic_angles, threshold, most=60)
        distance = abs(frames[:, None] - frames).sum(axis=2)
        partner = partners(Patch(ring, frames, frames, references))
        close = distance[range(61), partner] <= np.percentile(distance[references], 90)
        one, other = np.flatnonzero(close), partner[close]
        first, second = np.concatenate([one, other]), np.concatenate([other, one])
        residuals = np.zeros((len(first), SIZE * SIZE))
        residuals[:, pixels] = frames[first] - frames[second]
        image = their_image(residuals.reshape(-1, SIZE, SIZE), first)
        alone = np.isin(np.arange(SIZE**2), pixels).reshape(SIZE, SIZE) & ((R < 43) | (R >= 44))
        assert rms((image - theirs)[alone]) <= 5e-5 * theirs[alone].std()
