"""The annular detectors beside plain loops over frames and pixels, and what they do with data they cannot take."""

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import lstsq

from algozoo.companions import Companion, inject
from algozoo.detectors.annular_median import AnnularMedian
from algozoo.detectors.annular_pca import AnnularPCA
from algozoo.detectors.contract import Declined
from algozoo.detectors.library import library_frames
from algozoo.detectors.loci import LOCI
from algozoo.detectors.median import Median
from algozoo.detectors.pairwise import Pairwise
from algozoo.detectors.spectral import subtract_spectral_median
from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_sum

ALL = [AnnularMedian(), AnnularPCA(n_components=2), LOCI(), Pairwise()]
each = pytest.mark.parametrize("detector", ALL, ids=lambda d: d.name)
FWHM = 4.0


def library(detector, sequence):
    """Own frames, and those of the reference star if asked for."""
    own = sequence.cube.astype(float)
    return own if detector.library == "own" else np.concatenate([own, library_frames(sequence, "reference")])


def patches(detector, sequence, zone_width=1.0):
    """Yield boolean masks (subtracted, optimised on) and references, written as one would explain them."""
    others = range(sequence.n_frames, len(library(detector, sequence)))
    size, width = sequence.size, detector.annulus_width * sequence.fwhm
    y, x = np.mgrid[:size, :size] - sequence.centre
    separation, azimuth = np.hypot(x, y), np.rad2deg(np.arctan2(y, x)) % 360
    edge = size / 2 + np.sqrt(0.5)
    number = round(edge / width)
    angles = sequence.parallactic_angles
    for k in range(number):
        inner, outer = k * width, edge if k == number - 1 else (k + 1) * width
        wide = inner + zone_width * (outer - inner)
        displacement = np.interp(k, [0, number - 1], detector.rotation)
        threshold = np.rad2deg(2 * np.arctan(displacement * sequence.fwhm / (inner + outer)))
        references = []
        for t in range(len(angles)):
            far = [s for s in range(len(angles)) if s != t and abs(angles[s] - angles[t]) >= threshold]
            nearest = sorted(far, key=lambda s: abs(angles[s] - angles[t]))[: detector.max_references]
            references.append([*([] if detector.library == "reference" else nearest), *others])
        for segment in range(detector.n_segments):
            sector = np.floor(azimuth / 360 * detector.n_segments) == segment
            annulus, zone = ((inner <= separation) & (separation < r) for r in (outer, wide))
            yield annulus & sector, zone & sector, references


def star(make_sequence, **fields):
    """A star with a halo that breathes: something for a model to catch."""
    sequence = make_sequence(**fields)
    halo = 300 / (1 + np.hypot(*(np.mgrid[: sequence.size, : sequence.size] - sequence.centre)))
    strength = 1 + 0.1 * np.random.default_rng(1).standard_normal(sequence.n_frames)
    return make_sequence(**fields | {"cube": sequence.cube + strength[:, None, None] * halo})


def test_annular_median_is_the_plain_loop(make_sequence):
    """With the median of all frames subtracted first, as in the paper, which changes nothing."""
    sequence, detector = star(make_sequence), AnnularMedian(rotation=(0.1, 1))
    cube = sequence.cube - np.median(sequence.cube.astype(float), axis=0)
    expected = np.zeros(cube.shape)
    for segment, _, references in patches(detector, sequence):
        for t, chosen in enumerate(references):
            expected[t][segment] = cube[t][segment] - np.median(cube[chosen], axis=0)[segment]
    assert np.allclose(detector.subtract(sequence), expected, atol=1e-9)


libraries = pytest.mark.parametrize("source", ["own", "reference", "both"])


@libraries
@pytest.mark.parametrize("n_segments", [1, 3])
def test_annular_pca_is_a_singular_value_decomposition_of_pixels(make_sequence, n_segments, source):
    sequence = star(make_sequence, reference=make_sequence(n_frames=9, seed=5).cube)
    detector = AnnularPCA(n_components=3, n_segments=n_segments, max_references=7, library=source)
    expected, cube = np.zeros(sequence.cube.shape), library(detector, sequence)
    for segment, _, references in patches(detector, sequence):
        for t, chosen in enumerate(references):
            pixels = cube[chosen][:, segment]
            mean = pixels.mean(axis=0)
            components = np.linalg.svd(pixels - mean, full_matrices=False)[2][:3]
            frame = cube[t][segment] - mean
            expected[t][segment] = frame - components.T @ (components @ frame)
    assert np.allclose(detector.subtract(sequence), expected, atol=1e-8)


@libraries
def test_a_fraction_of_variance_is_as_many_components_as_each_frame_s_references_need(make_sequence, source):
    sequence = star(make_sequence, reference=make_sequence(n_frames=9, seed=5).cube)
    detector = AnnularPCA(n_components=0.9, max_references=7, library=source)
    expected, cube, numbers = np.zeros(sequence.cube.shape), library(detector, sequence), set()
    for segment, _, references in patches(detector, sequence):
        for t, chosen in enumerate(references):
            pixels = cube[chosen][:, segment]
            mean = pixels.mean(axis=0)
            _, values, components = np.linalg.svd(pixels - mean, full_matrices=False)
            n = 1 + int(np.sum(np.cumsum(values**2) < 0.9 * np.sum(values**2)))
            numbers.add(n)
            frame = cube[t][segment] - mean
            expected[t][segment] = frame - components[:n].T @ (components[:n] @ frame)
    assert len(numbers) > 1 or source == "reference", "each frame has the same references there"
    assert np.allclose(detector.subtract(sequence), expected, atol=1e-8)


@libraries
@pytest.mark.parametrize("cutoff", [1e-5, 0.01, 0.2])
def test_loci_is_least_squares_on_pixels_with_the_same_cutoff(make_sequence, cutoff, source):
    sequence = star(make_sequence, reference=make_sequence(n_frames=9, seed=5).cube)
    detector = LOCI(cutoff=cutoff, library=source)
    expected, cube = np.zeros(sequence.cube.shape), library(detector, sequence)
    for segment, zone, references in patches(detector, sequence, zone_width=2):
        for t, chosen in enumerate(references):
            weights = lstsq(cube[chosen][:, zone].T, cube[t][zone], cond=cutoff)[0]
            expected[t][segment] = cube[t][segment] - weights @ cube[chosen][:, segment]
    assert np.allclose(detector.subtract(sequence), expected, atol=1e-7)


@libraries
@pytest.mark.parametrize("damping", [1e-3, 0.1])
def test_damped_loci_is_least_squares_with_a_row_for_each_coefficient(make_sequence, damping, source):
    """It asks the coefficient, times the root of the penalty, to be 0."""
    sequence = star(make_sequence, reference=make_sequence(n_frames=9, seed=5).cube)
    detector = LOCI(damping=damping, cutoff=1e-5, library=source)
    expected, cube = np.zeros(sequence.cube.shape), library(detector, sequence)
    for segment, zone, references in patches(detector, sequence, zone_width=2):
        for t, chosen in enumerate(references):
            frames = cube[chosen][:, zone]
            rows = np.sqrt(damping * np.mean(np.sum(frames**2, axis=1))) * np.eye(len(frames))
            weights = lstsq(np.vstack([frames.T, rows]), np.append(cube[t][zone], np.zeros(len(frames))))[0]
            expected[t][segment] = cube[t][segment] - weights @ cube[chosen][:, segment]
    assert np.allclose(detector.subtract(sequence), expected, atol=1e-7)


def test_the_more_loci_is_damped_the_more_is_left_of_a_companion(make_sequence):
    sequence = star(make_sequence, n_frames=20, parallactic_angles=np.linspace(0, 90, 20))
    planet = Companion(separation=12, azimuth=70, contrast=0.02)
    x, y = planet.position(sequence)
    kept = []
    for damping in (0, 0.01, 0.1, 1):
        with_it, without = (LOCI(damping=damping).detect(s).image for s in (inject(sequence, [planet]), sequence))
        kept.append(aperture_sum(with_it - without, x, y, FWHM / 2) / (planet.contrast * sequence.star_flux))
    assert np.all(np.diff(kept) > 0), kept
    assert 0 < kept[0] < kept[-1] < 1


def test_damping_leaves_more_of_the_star(make_sequence):
    sequence = star(make_sequence)
    left = [np.std(LOCI(damping=damping).subtract(sequence)) for damping in (0, 0.01, 0.1, 1)]
    assert np.all(np.diff(left) > 0), left


def test_pairwise_subtracts_the_most_similar_frame(make_sequence):
    sequence, detector = star(make_sequence), Pairwise(rotation=(0.1, 1))
    expected = np.zeros(sequence.cube.shape)
    for segment, _, references in patches(detector, sequence):
        for t, chosen in enumerate(references):
            differences = [sequence.cube[t][segment].astype(float) - sequence.cube[s][segment] for s in chosen]
            expected[t][segment] = min(differences, key=lambda d: abs(d).sum())
    assert np.allclose(detector.subtract(sequence), expected, atol=1e-9)


@each
def test_a_bright_planet_is_found_where_it_is(make_sequence, detector):
    planet = Companion(separation=12, azimuth=70, contrast=0.02)
    sequence = inject(star(make_sequence, n_frames=20, parallactic_angles=np.linspace(0, 90, 20)), [planet])
    scores = detector.detect(sequence).scores
    row, column = np.unravel_index(np.nanargmax(scores), scores.shape)
    assert np.hypot(*np.subtract((column, row), planet.position(sequence))) <= FWHM


@each
def test_residuals_turn_with_the_field(make_sequence, detector):
    """By a quarter, and exactly; on frames of even size, where no pixel is the star's own and at all azimuths."""
    sequence = star(make_sequence, size=40, parallactic_angles=np.linspace(0, 170, 12))
    turned = make_sequence(cube=np.rot90(sequence.cube, axes=(1, 2)), parallactic_angles=sequence.parallactic_angles)
    expected = np.rot90(detector.subtract(sequence), axes=(1, 2))
    assert np.allclose(detector.subtract(turned), expected, atol=1e-8)


@each
def test_a_reference_star_needs_no_rotation(make_sequence, detector):
    sequence = make_sequence(parallactic_angles=np.zeros(12), reference=make_sequence(seed=5).cube)
    with pytest.raises(Declined, match="turned"):
        detector.detect(sequence)
    scores = replace(detector, library="reference").detect(sequence).scores
    assert np.isfinite(scores).sum() == np.isfinite(Median().detect(make_sequence()).scores).sum()


@each
def test_a_single_frame_will_do_with_a_reference_star(make_sequence, detector):
    sequence = make_sequence(n_frames=1, parallactic_angles=[0], reference=make_sequence(seed=5).cube)
    assert np.isfinite(replace(detector, library="both").detect(sequence).scores).any()


@each
def test_a_reference_star_that_is_not_there_is_declined(make_sequence, detector):
    with pytest.raises(Declined, match="none"):
        replace(detector, library="both").detect(make_sequence())


@each
def test_a_spectral_sequence_is_taken_in_two_steps(make_sequence, detector):
    plain = make_sequence()
    cube = np.random.default_rng(2).standard_normal((3, 12, 41, 41))
    spectral = make_sequence(cube=cube, psf=[plain.psf] * 3, wavelengths=[1.0, 1.3, 1.6])
    scores = detector.detect(spectral).scores
    assert np.array_equal(scores, detector.detect(subtract_spectral_median(spectral)).scores, equal_nan=True)
    assert np.isfinite(scores).any()


@each
def test_everything_within_the_field_is_subtracted(make_sequence, detector):
    residuals = detector.subtract(make_sequence(parallactic_angles=np.linspace(0, 170, 12)))
    separation = np.hypot(*(np.mgrid[:41, :41] - 20))
    assert np.array_equal((residuals != 0).all(axis=0), separation < 41 / 2 + np.sqrt(0.5))


@each
def test_annuli_where_a_frame_lacks_references_are_silent(make_sequence, detector):
    detector = replace(detector, rotation=(1, 1))
    sequence = make_sequence(parallactic_angles=np.linspace(0, 60, 12))
    scores, full = (detector.detect(s).scores for s in (sequence, make_sequence(parallactic_angles=np.arange(12) * 15)))
    separation = np.hypot(*(np.mgrid[:41, :41] - 20))
    silent = np.isnan(scores) & np.isfinite(full)
    assert silent.any()
    assert np.isfinite(scores).any()
    edges = [k * sequence.fwhm for k in range(6)]
    assert any(np.array_equal(silent, np.isfinite(full) & (separation < edge)) for edge in edges)


@each
def test_silent_annuli_are_told_with_the_rotation_that_would_do(make_sequence, detector):
    detector = replace(detector, rotation=(1, 1))
    sequence = make_sequence(parallactic_angles=np.linspace(0, 60, 12))
    note = detector.note(sequence)
    assert note.startswith("nothing is scored in ")
    enough = float(re.search(r"about ([\d.]+)\)", note)[1])
    assert detector.note(make_sequence(parallactic_angles=np.linspace(0, enough * 0.99, 12)))
    assert detector.note(make_sequence(parallactic_angles=np.linspace(0, enough * 1.01, 12))) == ""


@each
def test_too_little_rotation_is_declined_with_what_would_do(make_sequence, detector):
    sequence = make_sequence(parallactic_angles=np.linspace(0, 0.5, 12))
    with pytest.raises(Declined, match=r"turned by .* degrees or more, and \d+ are needed") as declined:
        detector.detect(sequence)
    enough = float(re.search(r"about ([\d.]+)\)", str(declined.value))[1])
    just_enough = make_sequence(parallactic_angles=np.linspace(0, enough * 1.01, 12))
    too_little = make_sequence(parallactic_angles=np.linspace(0, enough * 0.99, 12))
    assert np.isfinite(detector.detect(just_enough).scores).any()
    with pytest.raises(Declined):
        detector.detect(too_little)


@each
@pytest.mark.parametrize("n_frames", [1, 2])
def test_few_frames_are_declined_or_give_numbers(make_sequence, detector, n_frames):
    sequence = make_sequence(n_frames=n_frames, parallactic_angles=[0, 60][:n_frames])
    if n_frames <= detector.min_references:
        with pytest.raises(Declined, match=f"at most {n_frames - 1} references"):
            detector.detect(sequence)
    else:
        assert np.isfinite(detector.detect(sequence).scores).any()


@each
def test_equal_frames_are_declined(make_sequence, detector):
    frame = make_sequence().cube[0]
    with pytest.raises(Declined, match="alike"):
        detector.detect(make_sequence(cube=np.broadcast_to(frame, (12, 41, 41))))


@each
def test_a_masked_centre_leaves_zeros_there(make_sequence, detector):
    """As behind a coronagraph whose pixels were set to 0."""
    sequence = make_sequence(parallactic_angles=np.linspace(0, 170, 12))
    masked = np.where(np.hypot(*(np.mgrid[:41, :41] - 20)) < 8.5, 0, sequence.cube)
    residuals = detector.subtract(make_sequence(cube=masked, parallactic_angles=np.linspace(0, 170, 12)))
    assert np.isfinite(residuals).all()
    assert not residuals[:, 19:22, 19:22].any()
    assert np.allclose(residuals[:, 20, 34:], detector.subtract(sequence)[:, 20, 34:])


@each
@pytest.mark.parametrize(
    "parameter",
    [
        {"annulus_width": 0},
        {"annulus_width": float("nan")},
        {"n_segments": 0},
        {"n_segments": 1.5},
        {"rotation": (-1, 1)},
        {"rotation": (1,)},
        {"rotation": (0, float("inf"))},
        {"max_references": 0},
    ],
    ids=str,
)
def test_impossible_parameters_are_named(make_sequence, detector, parameter):
    (name,) = parameter
    with pytest.raises(InputError, match=f"{detector.name}: {name} is .*, expected"):
        replace(detector, **parameter).detect(make_sequence())


@each
def test_a_segment_without_pixels_is_named(make_sequence, detector):
    narrow = replace(detector, annulus_width=0.25, n_segments=9, rotation=(0, 0))
    with pytest.raises(InputError, match=r"annulus 0-1 px, cut into 9 segments, leaves one without pixels"):
        narrow.detect(make_sequence())


@pytest.mark.parametrize("k", [0, -1, 2.5, float("nan")])
def test_annular_pca_refuses_impossible_numbers_of_components(make_sequence, k):
    with pytest.raises(InputError, match="n_components"):
        AnnularPCA(n_components=k).detect(make_sequence())


def test_annular_pca_declines_more_components_than_references(make_sequence):
    with pytest.raises(Declined, match="at most 11 references with library='own', and 12 are needed"):
        AnnularPCA(n_components=11).detect(make_sequence())


def test_annular_pca_declines_references_of_lower_rank(make_sequence):
    three = make_sequence(n_frames=3).cube
    with pytest.raises(Declined, match=r"annulus .* px: the references of frame \d+ span 2 components, 3 are asked"):
        AnnularPCA(n_components=3).detect(make_sequence(cube=np.tile(three, (4, 1, 1))))


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
