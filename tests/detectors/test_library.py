import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.datasets import load_dataset, simulate
from algozoo.detectors.contract import Declined
from algozoo.detectors.library import library_frames
from algozoo.detectors.median import Median
from algozoo.detectors.pca import PCA
from algozoo.imaging.apertures import aperture_sum


@pytest.fixture(scope="module")
def pair(make_sequence):
    """Return a sequence whose field hardly turns, and a reference star with the same speckles."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:41, :41] - 20
    patterns = rng.standard_normal((4, 41, 41)) + 5
    halo = 100 * np.exp(-np.hypot(x, y) / 8)

    def night(n):
        return halo * np.tensordot(1 + 0.1 * rng.standard_normal((n, 4)), patterns, 1)

    cube, reference = night(12), night(20)
    noise = rng.standard_normal((32, 41, 41))
    return make_sequence(
        cube=cube + noise[:12], reference=reference + noise[12:], parallactic_angles=np.linspace(0, 4, 12)
    )


def changed(sequence, **fields):
    return type(sequence)(**{**vars(sequence), **fields})


@pytest.mark.parametrize("detector", [Median, PCA])
@pytest.mark.parametrize("library", ["reference", "both"])
def test_a_sequence_without_reference_frames_is_declined(make_sequence, detector, library):
    with pytest.raises(
        Declined, match=f"library='{library}' needs a sequence with reference frames; this one has none"
    ):
        detector(library=library).detect(make_sequence())


def test_too_few_frames_are_declined(make_sequence):
    sequence = make_sequence(n_frames=1)
    with pytest.raises(Declined, match="at least 2 frames are needed, library='own' has 1"):
        Median().detect(sequence)


def test_libraries_have_the_frames_they_name(pair):
    assert [len(library_frames(pair, library)) for library in ("own", "reference", "both")] == [12, 20, 32]
    both = library_frames(pair, "both")
    assert np.array_equal(both[:12], pair.cube)
    assert np.array_equal(both[12:], library_frames(pair, "reference"))


@pytest.mark.parametrize("library", ["reference", "both"])
@pytest.mark.parametrize("detector", [Median(), PCA(n_components=4)], ids=lambda d: d.label)
def test_brightness_and_background_of_the_reference_star_do_not_matter(pair, detector, library):
    detector = type(detector)(**{**detector.parameters, "library": library})
    other = changed(pair, reference=3 * pair.reference + 70)
    assert np.allclose(detector.subtract(other), detector.subtract(pair), atol=1e-3)


@pytest.mark.parametrize("detector", [Median, PCA])
def test_a_reference_star_of_the_same_speckles_saves_a_companion_that_hardly_moves(pair, detector):
    """It moves by 0.2 FWHM: its own frames subtract it, and those of the other star do not."""
    planet = Companion(separation=12, azimuth=70, contrast=0.03)
    x, y = planet.position(pair)
    kept = {}
    for library in ("own", "reference"):
        parameters = {"library": library} | ({"n_components": 4} if detector is PCA else {})
        image = detector(**parameters).detect(inject(pair, [planet])).image
        without = detector(**parameters).detect(pair).image
        kept[library] = (image - without)[round(y), round(x)] / (30 * pair.psf.max())
    assert kept["own"] < 0.2
    assert kept["reference"] > 0.6


def test_with_a_reference_library_one_frame_is_enough(pair):
    single = changed(pair, cube=pair.cube[:1], parallactic_angles=[10.0])
    for detector in (Median(library="reference"), PCA(n_components=4, library="reference")):
        assert np.isfinite(detector.detect(single).scores).any()


def test_pca_of_a_reference_star_has_no_part_of_the_sequence(pair):
    """The residuals are the frames less their projection on the other star's components, as by definition."""
    reference = library_frames(pair, "reference").reshape(20, -1)
    mean = reference.mean(axis=0)
    components = np.linalg.svd(reference - mean, full_matrices=False)[2][:3]
    frames = pair.cube.reshape(12, -1) - mean
    expected = frames - frames @ components.T @ components
    assert np.allclose(PCA(n_components=3, library="reference").subtract(pair).reshape(12, -1), expected, atol=1e-6)


def test_a_reference_library_limits_the_number_of_components(pair):
    with pytest.raises(Declined, match="20 components cannot be had from 20 frames, at most 19"):
        PCA(n_components=20, library="reference").detect(pair)


@pytest.mark.slow
def test_on_a_simulated_night_a_reference_star_keeps_more_of_a_companion_close_in():
    """At 2 FWHM, where it moves by less than one. A night as those of `naco-rdi`, with fewer frames."""
    manifest = load_dataset("naco-rdi").manifest
    shorter = manifest.simulation.model_copy(update={"n_frames": 12, "n_reference_frames": 12})
    night = simulate(shorter, np.random.default_rng(0), pixel_scale=manifest.pixel_scale)
    planet = Companion(separation=2 * night.fwhm, azimuth=70, contrast=3e-3)
    x, y = planet.position(night)
    kept = {}
    for library in ("own", "reference"):
        detector = PCA(n_components=5, library=library)
        with_it, without = (detector.detect(sequence).image for sequence in (inject(night, [planet]), night))
        kept[library] = aperture_sum(with_it - without, x, y, night.fwhm / 2) / (planet.contrast * night.star_flux)
    assert kept["own"] < 0.2
    assert 0.7 < kept["reference"] < 1
