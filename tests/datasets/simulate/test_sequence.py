from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from algozoo.datasets import Simulation, dataset_names, load_dataset, simulate
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.lowrank import leading_components
from algozoo.imaging.psf import fit_gaussian
from algozoo.imaging.shift import shift
from algozoo.sequence import ADISequence

PIXEL_SCALE = 0.0272
QUIET = {
    "static_opd_nm": 0.0,
    "chromatic_opd_nm": 0.0,
    "slow_opd_nm": 0.0,
    "fast_opd_nm": 0.0,
    "waffle_opd_nm": 0.0,
    "pointing_rms_lambda_over_d": 0.0,
    "fresh_fraction": 0.0,
    "seeing_rms": 0.0,
    "transparency_rms": 0.0,
}


def draw(parameters: dict[str, object], seed: int = 0, **changes: object) -> ADISequence:
    simulation = Simulation.model_validate(parameters | changes)
    return simulate(simulation, np.random.default_rng(seed), pixel_scale=PIXEL_SCALE)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def halo_slope_removed(sequence: ADISequence, image: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[: sequence.size, : sequence.size] - sequence.centre
    ring = np.rint(np.hypot(x, y)).astype(int)
    speckles = image - (np.bincount(ring.ravel(), image.ravel()) / np.bincount(ring.ravel()))[ring]
    return speckles[(ring > 2 * sequence.fwhm) & (ring < sequence.size / 2)]


def test_the_same_seed_gives_the_same_bytes_for_any_number_of_workers(parameters: dict[str, object]) -> None:
    alone = [draw(parameters, seed) for seed in range(4)]
    with ThreadPoolExecutor(2) as workers:
        together = list(workers.map(lambda seed: draw(parameters, seed), range(4)))
    for first, again in zip(alone, together, strict=True):
        assert first.cube.tobytes() == again.cube.tobytes()
        assert first.psf.tobytes() == again.psf.tobytes()
        assert first.parallactic_angles.tobytes() == again.parallactic_angles.tobytes()
    assert len({sequence.cube.tobytes() for sequence in alone}) == 4


def test_each_sequence_has_its_own_rotation_optics_and_weather(parameters: dict[str, object]) -> None:
    sequences = [draw(parameters, seed) for seed in range(6)]
    rotations = [sequence.field_rotation for sequence in sequences]
    halos = [sequence.cube.mean() / sequence.star_flux for sequence in sequences]
    speckles = [halo_slope_removed(sequence, sequence.cube.mean(axis=0)) for sequence in sequences]
    assert all(40 <= rotation <= 60.001 for rotation in rotations)
    assert np.ptp(rotations) > 1
    assert np.ptp(halos) > 0.05 * np.mean(halos)
    assert abs(correlation(speckles[0], speckles[1])) < 0.3


def test_the_field_turns_smoothly_one_way(parameters: dict[str, object]) -> None:
    steps = np.diff(draw(parameters).parallactic_angles)
    assert (np.sign(steps) == np.sign(steps[0])).all()
    assert abs(np.diff(steps)).max() < 0.2 * abs(steps).max()


def test_noise_is_that_of_photons_sky_and_readout(parameters: dict[str, object]) -> None:
    cube = draw(parameters, **QUIET, n_frames=200, star_electrons=1e7, sky_electrons=100.0).cube.astype(float)
    expected = cube.mean(axis=0) + 100 + 10**2
    assert np.mean(cube.var(axis=0, ddof=1) / expected) == pytest.approx(1, abs=0.02)


def test_the_psf_is_normalised_and_does_not_ring_when_shifted(parameters: dict[str, object]) -> None:
    sequence = draw(parameters)
    centre = len(sequence.psf) // 2
    assert len(sequence.psf) % 2 == 1
    assert aperture_sum(sequence.psf, centre, centre, sequence.fwhm / 2) == pytest.approx(1)
    assert fit_gaussian(sequence.psf).fwhm == pytest.approx(sequence.fwhm, rel=1e-3)
    lambda_over_d = np.rad2deg(3.8e-6 / 8) * 3600 / PIXEL_SCALE
    assert sequence.fwhm == pytest.approx(lambda_over_d, rel=0.1)
    assert shift(sequence.psf, 0.4, -0.3).min() > -5e-3 * sequence.psf.max()


def test_without_a_coronagraph_the_star_has_the_psf_and_the_flux_stated(parameters: dict[str, object]) -> None:
    sequence = draw(parameters, **QUIET, coronagraph_order=0, jitter_rms_lambda_over_d=0.0)
    image, half = sequence.cube.mean(axis=0), len(sequence.psf) // 2
    core = slice(20 - half, 21 + half)
    assert aperture_sum(image, 20, 20, sequence.fwhm / 2) == pytest.approx(sequence.star_flux, rel=0.02)
    assert correlation(image[core, core], sequence.psf) > 0.999


def test_frames_grow_unlike_with_time(parameters: dict[str, object]) -> None:
    sequence = draw(parameters, n_frames=60)
    speckles = np.array([halo_slope_removed(sequence, frame) for frame in sequence.cube.astype(float)])
    alike = np.corrcoef(speckles)
    near, far = np.diagonal(alike, 1).mean(), np.diagonal(alike, 40).mean()
    assert 0.8 < near < 1
    assert far < near - 0.05


def test_a_reference_star_shows_the_same_optics_at_other_times(parameters: dict[str, object]) -> None:
    nights = [draw(parameters, seed, n_reference_frames=20) for seed in range(6)]

    def unexplained(night: ADISequence, reference: np.ndarray) -> float:
        library, science = (cube.reshape(20, -1).astype(float) for cube in (reference, night.cube))
        components = leading_components(library - library.mean(axis=0), 10)
        frames = science - library.mean(axis=0)
        return float(np.mean((frames - frames @ components.T @ components) ** 2))

    assert nights[0].reference.shape == (20, 41, 41)
    assert not np.array_equal(nights[0].reference, nights[0].cube)
    others = [*nights[1:], nights[0]]
    ratios = [
        unexplained(night, night.reference) / unexplained(night, other.reference)
        for night, other in zip(nights, others, strict=True)
    ]
    assert np.median(ratios) < 0.7


SPECTRAL = {"wavelength_um": {"low": 3.0, "high": 4.0}, "n_channels": 5, "n_frames": 4}


def test_a_spectrograph_has_a_psf_and_a_flux_for_each_channel(parameters: dict[str, object]) -> None:
    sequence = draw(parameters, **SPECTRAL)
    assert sequence.cube.shape == (5, 4, 41, 41)
    assert sequence.wavelengths == pytest.approx([3.1, 3.3, 3.5, 3.7, 3.9])
    widths = [fit_gaussian(psf).fwhm for psf in sequence.psf]
    assert np.array(widths) / widths[0] == pytest.approx(sequence.wavelengths / 3.1, rel=0.03)
    assert sequence.fwhm == pytest.approx(np.mean(widths), rel=1e-3)
    assert sequence.star_flux.shape == (5,)


def test_chromatic_aberrations_make_channels_differ(parameters: dict[str, object]) -> None:
    def alike(static: float, chromatic: float) -> float:
        opd = QUIET | {"static_opd_nm": static, "chromatic_opd_nm": chromatic, "jitter_rms_lambda_over_d": 0.0}
        fields = {"wavelength_um": {"low": 3.0, "high": 4.2}, "n_channels": 2, "n_frames": 2, "star_electrons": 1e12}
        sequence = draw(parameters, **(opd | fields | {"ao_residual_nm": {"low": 1.0, "high": 1.0}}), size=81)
        blue, red = sequence.cube.mean(axis=1, dtype=float)
        return correlation(halo_slope_removed(sequence, blue), halo_slope_removed(sequence, rescaled(red, 3.3 / 3.9)))

    assert alike(100.0, 0.0) > 0.8
    assert alike(0.0, 100.0) < alike(100.0, 0.0) - 0.2


def rescaled(image: np.ndarray, factor: float) -> np.ndarray:
    grid = (np.indices(image.shape) - (len(image) - 1) / 2) / factor + (len(image) - 1) / 2
    return map_coordinates(image, grid, order=3)


@pytest.mark.parametrize("name", [name for name in dataset_names() if name != "betapic"])
def test_presets_state_a_resolution_near_that_of_their_psf(name: str) -> None:
    manifest = load_dataset(name).manifest
    few = manifest.simulation.model_dump() | {"n_frames": 2, "n_reference_frames": 0}
    sequence = simulate(Simulation.model_validate(few), np.random.default_rng(0), pixel_scale=manifest.pixel_scale)
    low, high = manifest.simulation.lambda_over_d(manifest.pixel_scale)
    assert 0.95 * low < sequence.fwhm < 1.1 * high
    assert manifest.valid_field.outer <= sequence.centre / sequence.fwhm - 1 + 0.2
