"""Spectral sequences: an analytic scene, whose speckles grow with wavelength as light does, and a simulated night."""

import tracemalloc

import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.datasets import load_dataset, simulate
from algozoo.detectors.contract import Declined
from algozoo.detectors.median import Median
from algozoo.detectors.pca import PCA
from algozoo.detectors.registry import BUILT_IN, create
from algozoo.detectors.spectral import Channels, subtract_spectral_median
from algozoo.imaging.apertures import aperture_sum
from algozoo.sequence import ADISequence

SIZE, N_FRAMES = 61, 10
WAVELENGTHS = np.linspace(1.0, 1.4, 9)
SPECTRUM = np.linspace(1000.0, 3000.0, 9)
FWHM = 4.0 * WAVELENGTHS / WAVELENGTHS.mean()
PLANET = Companion(separation=20, azimuth=70, contrast=3e-3)

MODES = [Median(), PCA(n_components=2), PCA(n_components=10, spectral="joint")]
UNSUPERVISED = sorted(name for name in BUILT_IN if not ((detector := create(name)).control or detector.learns))
every_mode = pytest.mark.parametrize("detector", MODES, ids=lambda detector: detector.label)


def spot(size, x, y, fwhm):
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    return np.exp(-4 * np.log(2) * ((columns - x) ** 2 + (rows - y) ** 2) / fwhm**2)


@pytest.fixture(scope="module")
def scene():
    """Return ten moments of thirty speckles that twinkle, each at a place that grows with wavelength; no noise."""
    rng = np.random.default_rng(5)
    places = rng.uniform(-19, 19, (30, 2))
    twinkle = 1 + 0.3 * rng.standard_normal((N_FRAMES, 30))
    channels = []
    for factor, flux, fwhm in zip(WAVELENGTHS / WAVELENGTHS[0], SPECTRUM, FWHM, strict=True):
        speckles = np.stack([spot(SIZE, *(factor * place), fwhm) for place in places])
        channels.append(flux / factor**2 * np.tensordot(twinkle, speckles, 1))
    psf = np.stack([spot(25, 0, 0, fwhm) for fwhm in FWHM])
    psf /= np.array([aperture_sum(channel, 12, 12, 2.0) for channel in psf])[:, None, None]
    return ADISequence(
        cube=np.stack(channels),
        parallactic_angles=np.linspace(0, 50, N_FRAMES),
        psf=psf,
        star_flux=100 * SPECTRUM,
        pixel_scale=0.01,
        fwhm=4.0,
        wavelengths=WAVELENGTHS,
    )


def changed(sequence, **fields):
    return ADISequence(**{**vars(sequence), **fields})


def with_noise(sequence, scatter=0.3):
    noise = np.random.default_rng(1).standard_normal(sequence.cube.shape)
    return changed(sequence, cube=sequence.cube + scatter * noise)


def white(sequence):
    """Return the mean of all channels."""
    return changed(
        sequence,
        cube=sequence.cube.mean(axis=0),
        psf=np.tensordot(sequence.star_flux / sequence.star_flux.sum(), sequence.psf, 1),
        star_flux=float(sequence.star_flux.mean()),
        wavelengths=None,
    )


def score_at(detector, sequence, companion):
    y, x = np.mgrid[: sequence.size, : sequence.size]
    planet_x, planet_y = companion.position(sequence)
    near = np.hypot(x - planet_x, y - planet_y) <= sequence.fwhm
    return float(np.nanmax(detector.detect(sequence).scores[near]))


def test_aligned_channels_show_the_same_speckles(scene):
    channels = Channels(scene.cube, scene)
    aligned = channels.aligned(0)
    assert aligned.shape == (9, channels.size, channels.size)
    inner = aligned[:, 5:-5, 5:-5]
    assert abs(inner - inner[0]).max() <= 2e-3 * inner.max()


def test_speckles_go_with_the_spectral_median(scene):
    """To 1e-3 of their brightness (rms over the field): a spline's error, and what the edge cuts off."""
    left = subtract_spectral_median(scene)
    assert left.cube.shape == (N_FRAMES, SIZE, SIZE)
    inside = left.cube[:, 10:-10, 10:-10]
    assert np.sqrt(np.mean(inside**2)) <= 1e-3 * scene.cube.mean(axis=0).max()


def test_channels_add_up_to_a_companion_of_the_star_s_spectrum(scene):
    """To 1 %, if nothing is subtracted: its contrast times the star's mean flux, also where not all channels reach."""
    empty = changed(scene, cube=np.zeros_like(scene.cube))
    for separation in (12, 24):
        planet = Companion(separation=separation, azimuth=0, contrast=PLANET.contrast)
        sequence = inject(empty, [planet], smearing=False)
        channels = Channels(sequence.cube, sequence)
        frame = channels.residuals(np.zeros_like)[0]
        x, y = planet.track(scene.centre, scene.parallactic_angles[0])
        flux = aperture_sum(frame - np.median(frame), float(x), float(y), scene.fwhm / 2)
        assert flux == pytest.approx(planet.contrast * 100 * SPECTRUM.mean(), rel=0.01)


def test_the_mean_channel_has_the_mean_star(scene):
    left = subtract_spectral_median(scene)
    assert left.star_flux == pytest.approx(100 * SPECTRUM.mean())
    assert aperture_sum(left.psf, 12, 12, 2.0) == pytest.approx(1)


@every_mode
def test_the_whole_spectrum_finds_what_one_white_image_does_not(scene, detector):
    planet = Companion(separation=20, azimuth=70, contrast=1.5e-4)
    sequence = inject(with_noise(scene), [planet])
    assert score_at(detector, sequence, planet) > 5
    assert score_at(detector, sequence, planet) > 2 * score_at(Median(), white(sequence), planet)


@every_mode
def test_scores_do_not_depend_on_unit_background_or_order(scene, detector):
    """Within 0.005 in S/N: the rounding of a float32 cube, beside scores of up to several hundred."""
    sequence = inject(with_noise(scene), [PLANET])
    order, angles = np.random.default_rng(2).permutation(N_FRAMES), sequence.parallactic_angles
    channels = np.random.default_rng(2).permutation(9)
    same = {
        "unit": {"cube": 7 * sequence.cube, "star_flux": 7 * sequence.star_flux},
        "background": {"cube": sequence.cube + 20},
        "order in time": {"cube": sequence.cube[:, order], "parallactic_angles": angles[order]},
        "order of channels": {
            "cube": sequence.cube[channels],
            "wavelengths": WAVELENGTHS[channels],
            "psf": sequence.psf[channels],
            "star_flux": sequence.star_flux[channels],
        },
    }
    expected = detector.detect(sequence).scores
    for what, fields in same.items():
        scores = detector.detect(changed(sequence, **fields)).scores
        assert np.allclose(scores, expected, atol=5e-3, rtol=0, equal_nan=True), what


@pytest.mark.parametrize("name", UNSUPERVISED)
def test_every_detector_takes_a_spectral_sequence_in_two_steps(scene, name):
    fewer = {"nmf": {"n_components": 3}, "pca": {"n_components": 3}, "llsg": {"rank": 3}}
    detector = create(name, **fewer.get(name, {}))
    sequence = inject(with_noise(scene), [PLANET])
    assert score_at(detector, sequence, PLANET) > 2 * score_at(detector, with_noise(scene), PLANET)
    scores, two_steps = (detector.detect(s).scores for s in (sequence, subtract_spectral_median(sequence)))
    assert np.allclose(scores, two_steps, rtol=1e-9, atol=0, equal_nan=True)


def test_reference_frames_are_treated_like_the_sequence(scene):
    left = subtract_spectral_median(changed(scene, reference=scene.cube[:, 3:7]))
    assert np.array_equal(left.reference, left.cube[3:7])


@pytest.mark.parametrize("library", ["reference", "both"])
def test_joint_pca_takes_reference_frames(scene, library):
    noisy = with_noise(scene)
    sequence = inject(changed(noisy, reference=noisy.cube), [PLANET])
    assert score_at(PCA(n_components=10, spectral="joint", library=library), sequence, PLANET) > 5


@every_mode
def test_channels_too_close_in_wavelength_are_declined(scene, detector):
    close = changed(scene, wavelengths=1 + WAVELENGTHS / 10)
    with pytest.raises(Declined, match=r"speckles at the edge of the field move by 1.* less than one FWHM"):
        detector.detect(close)


def test_joint_pca_declines_a_sequence_without_wavelengths(make_sequence):
    with pytest.raises(Declined, match="spectral='joint' needs a sequence with wavelengths"):
        PCA(n_components=2, spectral="joint").detect(make_sequence())


def test_joint_pca_counts_all_channels_of_all_moments(scene):
    with pytest.raises(Declined, match="90 components cannot be had from 90 frames, at most 89"):
        PCA(n_components=90, spectral="joint").detect(with_noise(scene))


@every_mode
def test_memory_stays_within_six_times_the_cube(scene, detector):
    sequence = with_noise(scene)
    detector.detect(sequence)
    tracemalloc.start()
    detector.detect(sequence)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 6 * sequence.cube.nbytes


@pytest.mark.slow
def test_a_simulated_integral_field_spectrograph_goes_through_all_modes():
    """Fewer channels and frames than `sphere-ifs` has. All find a companion that is lost in a white image."""
    manifest = load_dataset("sphere-ifs").manifest
    shorter = manifest.simulation.model_copy(update={"n_channels": 13, "n_frames": 12})
    night = simulate(shorter, np.random.default_rng(0), pixel_scale=manifest.pixel_scale)
    planet = Companion(separation=24, azimuth=110, contrast=2e-5)
    sequence = inject(night, [planet])
    found = {d.label: score_at(d, sequence, planet) for d in (Median(), PCA(n_components=2), PCA(spectral="joint"))}
    assert min(found.values()) > 5, found
    assert score_at(Median(), white(sequence), planet) < 3
