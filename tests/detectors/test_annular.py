"""The annular detectors beside plain loops over frames and pixels, and what they do with data they cannot take."""

import re
from dataclasses import replace

import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.detectors.annular_median import AnnularMedian
from algozoo.detectors.annular_pca import AnnularPCA
from algozoo.detectors.contract import Declined
from algozoo.detectors.loci import LOCI
from algozoo.detectors.median import Median
from algozoo.detectors.pairwise import Pairwise
from algozoo.detectors.spectral import subtract_spectral_median
from algozoo.errors import InputError

ALL = [AnnularMedian(), AnnularPCA(n_components=2), LOCI(), Pairwise()]
each = pytest.mark.parametrize("detector", ALL, ids=lambda d: d.name)
FWHM = 4.0


@each
def test_a_bright_planet_is_found_where_it_is(detector, with_halo):
    planet = Companion(separation=12, azimuth=70, contrast=0.02)
    sequence = inject(with_halo(n_frames=20, parallactic_angles=np.linspace(0, 90, 20)), [planet])
    scores = detector.detect(sequence).scores
    row, column = np.unravel_index(np.nanargmax(scores), scores.shape)
    assert np.hypot(*np.subtract((column, row), planet.position(sequence))) <= FWHM


@each
def test_residuals_turn_with_the_field(make_sequence, detector, with_halo):
    """By a quarter, and exactly; on frames of even size, where no pixel is the star's own and at all azimuths."""
    sequence = with_halo(size=40, parallactic_angles=np.linspace(0, 170, 12))
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
