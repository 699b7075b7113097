"""What holds for every detector that subtracts a model of the star. A new one is added to `DETECTORS`: one line."""

import tracemalloc

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.stats import norm

from algozoo.companions import Companion, inject
from algozoo.datasets import n_resels
from algozoo.detectors.annular import AnnularSubtraction
from algozoo.detectors.annular_median import AnnularMedian
from algozoo.detectors.annular_pca import AnnularPCA
from algozoo.detectors.loci import LOCI
from algozoo.detectors.median import Median
from algozoo.detectors.pairwise import Pairwise
from algozoo.detectors.pca import PCA
from algozoo.imaging.snr import significance
from algozoo.sequence import ADISequence

DETECTORS = [
    AnnularMedian(rotation=(0.5, 1)),
    AnnularPCA(n_components=3),
    LOCI(),
    Median(),
    Pairwise(),
    PCA(n_components=3),
    PCA(n_components=0.9),
]

N_FRAMES, SIZE, FWHM = 12, 41, 4.0
ANGLES = np.linspace(3, 88, N_FRAMES)
PLANET = Companion(separation=12, position_angle=70, contrast=0.1)
ROUNDING = 2e-3
"""Allowed difference in S/N where only rounding differs: of the float32 cube, magnified by what is subtracted."""

every_detector = pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.label)


def smooth(rng, n):
    """Return images of unit variance, as fine as the PSF and no finer."""
    images = gaussian_filter(rng.standard_normal((n, SIZE, SIZE)), (0, FWHM / 2.355, FWHM / 2.355), mode="wrap")
    return images / images.std()


@pytest.fixture(scope="module")
def night(make_sequence):
    """Return a halo with quasi-static speckles that drift in three patterns, and noise."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    halo = 100 * np.exp(-np.hypot(x, y) / 8)
    drifts = np.cumsum(rng.standard_normal((N_FRAMES, 3)), axis=0) / 4
    speckles = np.tensordot(drifts, smooth(rng, 3), 1) + smooth(rng, 1)
    cube = halo * (1 + 0.2 * speckles) + 0.5 * smooth(rng, N_FRAMES)
    return make_sequence(cube=cube, parallactic_angles=ANGLES)


def changed(sequence, **fields):
    return ADISequence(**{**vars(sequence), **fields})


def scores(detector, sequence):
    return detector.detect(sequence).scores


@every_detector
@pytest.mark.parametrize("factor", [1e-4, 3.0, 1e5])
def test_scores_do_not_depend_on_the_unit_of_the_cube(night, detector, factor):
    other = changed(night, cube=factor * night.cube, star_flux=factor * night.star_flux)
    assert np.allclose(scores(detector, other), scores(detector, night), atol=ROUNDING, rtol=0, equal_nan=True)


@pytest.mark.parametrize("detector", [d for d in DETECTORS if d.name != "loci"], ids=lambda detector: detector.label)
def test_scores_do_not_depend_on_a_constant_background(night, detector):
    """But those of LOCI, which fits frames as they are."""
    brighter = changed(night, cube=night.cube + 50)
    assert np.allclose(scores(detector, brighter), scores(detector, night), atol=ROUNDING, rtol=0, equal_nan=True)


@every_detector
def test_scores_do_not_depend_on_the_order_of_frames(night, detector):
    order = np.random.default_rng(1).permutation(N_FRAMES)
    shuffled = changed(night, cube=night.cube[order], parallactic_angles=ANGLES[order])
    assert np.allclose(scores(detector, shuffled), scores(detector, night), atol=ROUNDING, rtol=0, equal_nan=True)


@pytest.mark.parametrize(
    "detector", [d for d in DETECTORS if not isinstance(d, AnnularSubtraction)], ids=lambda detector: detector.label
)
def test_scores_turn_with_the_field(night, detector):
    """Within 0.1 in S/N: shears along x first or along y first differ where the frame cuts content off.

    And they differ at the seams of annuli; the residuals of annular detectors turn exactly (see their own tests).
    """
    turned = changed(night, cube=np.rot90(night.cube, axes=(1, 2)))
    expected = np.rot90(scores(detector, night))
    assert np.allclose(scores(detector, turned), expected, atol=0.1, rtol=0, equal_nan=True)


@every_detector
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_white_noise_holds_no_planet_beyond_chance(make_sequence, detector, seed):
    """The false-alarm probability of the highest S/N, among as many trials as resolution elements, is no surprise."""
    sequence = make_sequence(n_frames=N_FRAMES, parallactic_angles=ANGLES, seed=seed)
    result = detector.detect(sequence)
    scored = np.isfinite(result.scores)
    y, x = np.nonzero(scored)
    sigmas = significance(result.scores[scored], np.hypot(x - sequence.centre, y - sequence.centre), sequence.fwhm)
    p_of_the_highest = -np.expm1(n_resels(scored, sequence.fwhm) * norm.logcdf(sigmas.max()))
    assert p_of_the_highest > 1e-3


@every_detector
def test_a_brighter_planet_has_a_higher_score_at_its_place(night, detector):
    y, x = np.mgrid[:SIZE, :SIZE]
    planet_x, planet_y = PLANET.position(night)
    place = np.hypot(x - planet_x, y - planet_y) <= FWHM / 2
    highest = [
        np.nanmax(scores(detector, inject(night, [Companion(**(vars(PLANET) | {"contrast": contrast}))]))[place])
        for contrast in (0, 0.25 * PLANET.contrast, 0.5 * PLANET.contrast, PLANET.contrast)
    ]
    assert np.all(np.diff(highest) > 0), highest
    assert highest[-1] > 5


@every_detector
def test_memory_stays_within_six_times_the_cube(make_sequence, detector):
    sequence = make_sequence(n_frames=60, size=61, parallactic_angles=np.linspace(0, 90, 60))
    detector.detect(sequence)
    tracemalloc.start()
    detector.detect(sequence)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 6 * sequence.cube.nbytes
