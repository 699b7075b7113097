import numpy as np
import pytest
from scipy.linalg import lstsq

from algozoo.companions import Companion, inject
from algozoo.detectors.loci import LOCI
from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_sum

FWHM = 4.0


@pytest.mark.parametrize("cutoff", [1e-5, 0.01, 0.2])
def test_loci_is_least_squares_on_pixels_with_the_same_cutoff(
    make_sequence, cutoff, source, with_halo, library, patches
):
    sequence = with_halo(reference=make_sequence(n_frames=9, seed=5).cube)
    detector = LOCI(cutoff=cutoff, library=source)
    expected, cube = np.zeros(sequence.cube.shape), library(detector, sequence)
    for segment, zone, references in patches(detector, sequence, zone_width=2):
        for t, chosen in enumerate(references):
            weights = lstsq(cube[chosen][:, zone].T, cube[t][zone], cond=cutoff)[0]
            expected[t][segment] = cube[t][segment] - weights @ cube[chosen][:, segment]
    assert np.allclose(detector.subtract(sequence), expected, atol=1e-7)


@pytest.mark.parametrize("damping", [1e-3, 0.1])
def test_damped_loci_is_least_squares_with_a_row_for_each_coefficient(
    make_sequence, damping, source, with_halo, library, patches
):
    """It asks the coefficient, times the root of the penalty, to be 0."""
    sequence = with_halo(reference=make_sequence(n_frames=9, seed=5).cube)
    detector = LOCI(damping=damping, cutoff=1e-5, library=source)
    expected, cube = np.zeros(sequence.cube.shape), library(detector, sequence)
    for segment, zone, references in patches(detector, sequence, zone_width=2):
        for t, chosen in enumerate(references):
            frames = cube[chosen][:, zone]
            rows = np.sqrt(damping * np.mean(np.sum(frames**2, axis=1))) * np.eye(len(frames))
            weights = lstsq(np.vstack([frames.T, rows]), np.append(cube[t][zone], np.zeros(len(frames))))[0]
            expected[t][segment] = cube[t][segment] - weights @ cube[chosen][:, segment]
    assert np.allclose(detector.subtract(sequence), expected, atol=1e-7)


def test_the_more_loci_is_damped_the_more_is_left_of_a_companion(with_halo):
    sequence = with_halo(n_frames=20, parallactic_angles=np.linspace(0, 90, 20))
    planet = Companion(separation=12, azimuth=70, contrast=0.02)
    x, y = planet.position(sequence)
    kept = []
    for damping in (0, 0.01, 0.1, 1):
        with_it, without = (LOCI(damping=damping).detect(s).image for s in (inject(sequence, [planet]), sequence))
        kept.append(aperture_sum(with_it - without, x, y, FWHM / 2) / (planet.contrast * sequence.star_flux))
    assert np.all(np.diff(kept) > 0), kept
    assert 0 < kept[0] < kept[-1] < 1


def test_damping_leaves_more_of_the_star(with_halo):
    sequence = with_halo()
    left = [np.std(LOCI(damping=damping).subtract(sequence)) for damping in (0, 0.01, 0.1, 1)]
    assert np.all(np.diff(left) > 0), left


@pytest.mark.parametrize(
    "parameter",
    [
        {"cutoff": 0},
        {"cutoff": 1},
        {"cutoff": 1e-9},
        {"zone_width": 0.5},
        {"damping": -0.1},
        {"damping": float("nan")},
    ],
    ids=str,
)
def test_loci_refuses_impossible_parameters(make_sequence, parameter):
    (name,) = parameter
    with pytest.raises(InputError, match=name):
        LOCI(**parameter).detect(make_sequence())
