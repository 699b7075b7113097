"""What holds for every built-in detector that subtracts a model of the star, or filters: all but supervised ones.

Spectral sequences: see `test_spectral`.
"""

import tracemalloc

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.stats import norm

from algozoo.companions import Companion, inject
from algozoo.datasets import n_resels
from algozoo.detectors.annular import AnnularSubtraction
from algozoo.detectors.annular_pca import AnnularPCA
from algozoo.detectors.loci import LOCI
from algozoo.detectors.median import Median
from algozoo.detectors.nmf import NMF
from algozoo.detectors.pca import PCA
from algozoo.detectors.registry import BUILT_IN, create
from algozoo.detectors.stim import STIM
from algozoo.detectors.supervised.base import Supervised
from algozoo.imaging.snr import significance
from algozoo.sequence import ADISequence

PARAMETERS = {
    "annular-median": {"rotation": (0.5, 1.0)},
    "annular-pca": {"n_components": 3},
    "llsg": {"rank": 2},
    "nmf": {"n_components": 3},
    "pca": {"n_components": 3},
    "stim": {"n_components": 3},
}
"""Those of detectors whose defaults ask for more than the twelve frames here."""
BUILT_INS = [create(name, **PARAMETERS.get(name, {})) for name in BUILT_IN]
DETECTORS = [
    *(detector for detector in BUILT_INS if not detector.control and not isinstance(detector, Supervised)),
    PCA(n_components=0.9),
    AnnularPCA(n_components=0.9),
    LOCI(damping=0.01),
    AnnularPCA(n_components=3, library="both"),
    LOCI(library="reference"),
    Median(library="both"),
    NMF(n_components=3, library="reference"),
    PCA(n_components=3, library="both"),
    STIM(n_components=3, library="reference"),
]

N_FRAMES, SIZE, FWHM = 12, 41, 4.0
ANGLES = np.linspace(3, 88, N_FRAMES)
PLANET = Companion(separation=12, azimuth=70, contrast=0.1)
ROUNDING = 2e-3
"""Allowed difference in S/N where only rounding differs: of the float32 cube, magnified by what is subtracted."""

every_detector = pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.label)


def smooth(rng, n):
    """Return images of unit variance, as fine as the PSF and no finer."""
    images = gaussian_filter(rng.standard_normal((n, SIZE, SIZE)), (0, FWHM / 2.355, FWHM / 2.355), mode="wrap")
    return images / images.std()


@pytest.fixture(scope="module")
def night(make_sequence):
    """Return a halo with quasi-static speckles that drift in three patterns, and noise; another star has the same."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    halo = 100 * np.exp(-np.hypot(x, y) / 8)
    drifts = np.cumsum(rng.standard_normal((2 * N_FRAMES, 3)), axis=0) / 4
    speckles = np.tensordot(drifts, smooth(rng, 3), 1) + smooth(rng, 1)
    cube = halo * (1 + 0.2 * speckles) + 0.5 * smooth(rng, 2 * N_FRAMES)
    return make_sequence(cube=cube[:N_FRAMES], reference=3 * cube[N_FRAMES:], parallactic_angles=ANGLES)


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


def turns_exactly(detector):
    """Tell whether scores do: not at the seams of annuli, after a threshold (LLSG), or with bright corners (NMF)."""
    return not isinstance(detector, AnnularSubtraction) and detector.name not in {"llsg", "nmf"}


@pytest.mark.parametrize("detector", [d for d in DETECTORS if turns_exactly(d)], ids=lambda detector: detector.label)
def test_scores_turn_with_the_field(night, detector):
    """Within 0.1 in S/N: shears along x first or along y first differ where the frame cuts content off.

    The residuals of the other detectors turn exactly; see their own tests.
    """
    cube, reference = (np.rot90(frames, axes=(1, 2)) for frames in (night.cube, night.reference))
    turned = changed(night, cube=cube, reference=reference)
    expected = np.rot90(scores(detector, night))
    assert np.allclose(scores(detector, turned), expected, atol=0.1, rtol=0, equal_nan=True)


@pytest.mark.parametrize(
    "detector", [d for d in DETECTORS if d.name not in {"matched-filter", "stim"}], ids=lambda detector: detector.label
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_white_noise_holds_no_planet_beyond_chance(make_sequence, detector, seed):
    """The false-alarm probability of the highest S/N, among as many trials as resolution elements, is no surprise."""
    reference = np.random.default_rng(seed + 100).standard_normal((N_FRAMES, SIZE, SIZE))
    sequence = make_sequence(n_frames=N_FRAMES, parallactic_angles=ANGLES, seed=seed, reference=reference)
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
    assert highest[-1] > {"stim": 1, "matched-filter": 4, "median": 3}.get(detector.name, 5)


@every_detector
def test_memory_stays_within_six_times_the_cube(make_sequence, detector):
    """And, where there is one, the cube of the reference star."""
    own = getattr(detector, "library", "own") == "own"
    reference = None if own else np.random.default_rng(1).standard_normal((40, 61, 61))
    sequence = make_sequence(n_frames=40, size=61, parallactic_angles=np.linspace(0, 90, 40), reference=reference)
    detector.detect(sequence)
    tracemalloc.start()
    detector.detect(sequence)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 6 * sequence.cube.nbytes * (1 if own else 2)
