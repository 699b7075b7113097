import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.detectors.contract import Declined
from algozoo.detectors.controls import Blank, Oracle, Random
from algozoo.detectors.median import Median
from algozoo.detectors.pca import PCA
from algozoo.detectors.registry import BUILT_IN, create
from algozoo.errors import InputError
from algozoo.testing import check_detector

PLANET = Companion(separation=12, azimuth=70, contrast=0.02)
SMALL = {
    "sodirf": {"n_samples": 60, "n_levels": 8, "n_trees": 40},
    "sodinn": {"n_samples": 60, "n_levels": 8, "patch_width": 1.5, "architecture": "conv3d", "epochs": 4},
}
"""What takes long by default, with less to learn from."""
MARKS = {"sodirf": pytest.mark.slow, "sodinn": [pytest.mark.slow, pytest.mark.torch]}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=MARKS.get(name, ())) for name in sorted(BUILT_IN)],
)
def test_every_built_in_keeps_the_contract(name):
    report = check_detector(create(name, **SMALL.get(name, {})))
    assert report.passed, report
    assert report.seconds_per_map > 0


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


def test_pca_residuals_are_orthogonal_to_their_components(make_sequence):
    sequence = make_sequence()
    residuals = PCA(n_components=4).subtract(sequence).reshape(12, -1)
    frames = sequence.cube.reshape(12, -1).astype(float)
    frames -= frames.mean(axis=0)
    assert np.allclose(residuals @ (frames - residuals).T, 0, atol=1e-6 * (frames**2).sum())
    assert np.linalg.matrix_rank(frames - residuals, tol=1e-6 * np.linalg.norm(frames)) == 4


def test_fraction_of_variance_and_number_of_components_agree(make_sequence):
    sequence = make_sequence()
    frames = sequence.cube.reshape(12, -1).astype(float)
    variances = np.linalg.svd(frames - frames.mean(axis=0), compute_uv=False) ** 2
    fraction = float(np.cumsum(variances)[2] / variances.sum()) - 1e-9
    assert np.allclose(PCA(n_components=fraction).subtract(sequence), PCA(n_components=3).subtract(sequence))


def test_pca_declines_more_components_than_frames_can_give(make_sequence):
    with pytest.raises(Declined, match="12 components cannot be had from 12 frames"):
        PCA(n_components=12).detect(make_sequence())


@pytest.mark.parametrize("k", [0, -1, 2.5, float("nan")])
def test_pca_refuses_impossible_numbers_of_components(make_sequence, k):
    with pytest.raises(InputError, match="n_components"):
        PCA(n_components=k).detect(make_sequence())


@pytest.mark.parametrize("detector", [Median(), PCA(n_components=3), PCA(n_components=0.5)], ids=lambda d: d.label)
def test_frames_that_are_all_alike_are_declined(make_sequence, detector):
    frame = make_sequence().cube[0]
    with pytest.raises(Declined, match=r"nothing is left of the frames|have 0 independent ones"):
        detector.detect(make_sequence(cube=[frame] * 12))


def test_pca_declines_more_components_than_independent_frames(make_sequence):
    """Not a silent reduction."""
    frames = make_sequence().cube
    with pytest.raises(Declined, match="5 components cannot be had from frames that have 3 independent ones"):
        PCA(n_components=5).detect(make_sequence(cube=np.repeat(frames[:4], 3, axis=0)))


def test_one_frame_is_declined(make_sequence):
    with pytest.raises(Declined, match="1 components cannot be had from 1 frames"):
        PCA(n_components=1).detect(make_sequence(n_frames=1))


def test_oracle_points_at_what_it_was_told_and_at_nothing_else(make_sequence):
    sequence = make_sequence()
    assert Oracle().detect(sequence).scores.max() == 0
    scores = Oracle().told((PLANET,)).detect(sequence).scores
    row, column = np.unravel_index(scores.argmax(), scores.shape)
    assert (column, row) == pytest.approx(PLANET.position(sequence), abs=0.5)


def test_random_is_the_same_for_the_same_frames_only(make_sequence):
    first, again, other = (Random().detect(make_sequence(seed=s)).scores for s in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, Random().detect(make_sequence().flipped()).scores)
    assert not np.array_equal(first, Random(seed=1).detect(make_sequence()).scores)


def test_blank_says_the_same_everywhere(make_sequence):
    assert np.ptp(Blank().detect(make_sequence()).scores) == 0
