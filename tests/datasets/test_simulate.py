import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.datasets import Simulation, simulate
from algozoo.datasets.simulate import airy_psf
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.lowrank import leading_components
from algozoo.imaging.psf import fit_gaussian
from algozoo.imaging.shift import shift
from algozoo.sequence import ADISequence


def draw(parameters: dict[str, object], seed: int = 0, **changes: object) -> ADISequence:
    simulation = Simulation.model_validate(parameters | changes)
    return simulate(simulation, np.random.default_rng(seed), pixel_scale=0.01)


def separations(sequence: ADISequence) -> np.ndarray:
    y, x = np.mgrid[: sequence.size, : sequence.size] - sequence.centre
    return np.hypot(x, y) / sequence.fwhm


NOISELESS = {"star_flux_electrons": 1e12, "sky_electrons": 0.0, "read_noise_electrons": 0.0}
SMOOTH = {"speckle_fraction": 0.0, "seeing_rms": 0.0}


def test_the_same_seed_gives_the_same_bytes(parameters: dict[str, object]) -> None:
    first, again, other = draw(parameters, 1), draw(parameters, 1), draw(parameters, 2)
    assert first.cube.tobytes() == again.cube.tobytes()
    assert first.parallactic_angles.tobytes() == again.parallactic_angles.tobytes()
    assert first.cube.tobytes() != other.cube.tobytes()


def test_the_field_turns_smoothly_one_way_through_the_range(parameters: dict[str, object]) -> None:
    for seed in range(20):
        sequence = draw(parameters, seed)
        steps = np.diff(sequence.parallactic_angles)
        assert 40 <= sequence.field_rotation <= 60
        assert steps.min() > 0
        assert abs(np.diff(steps)).max() < 0.2 * steps.max()


def test_the_smooth_halo_follows_its_power_law(parameters: dict[str, object]) -> None:
    sequence = draw(parameters, **NOISELESS, **SMOOTH)
    image = sequence.cube.mean(axis=0) / (sequence.star_flux * sequence.psf.max())
    separation = separations(sequence)
    expected = 0.01 * ((1 + separation**2) / 2) ** -0.9
    assert image == pytest.approx(expected, rel=1e-2)


def test_speckles_neither_add_nor_take_light_on_average(parameters: dict[str, object]) -> None:
    def mean(**changes: object) -> float:
        return float(np.mean([draw(parameters, seed, **NOISELESS, **changes).cube.mean() for seed in range(40)]))

    assert mean() == pytest.approx(mean(**SMOOTH), rel=0.1)
    assert mean() > 0


def test_noise_is_that_of_photons_sky_and_readout(parameters: dict[str, object]) -> None:
    sequence = draw(parameters, **SMOOTH, n_frames=400)
    cube = sequence.cube.astype(float)
    expected = cube.mean(axis=0) + 100 + 10**2
    assert np.mean(cube.var(axis=0, ddof=1) / expected) == pytest.approx(1, abs=0.01)


def test_speckles_change_over_their_lifetime(parameters: dict[str, object]) -> None:
    sequence = draw(parameters, **NOISELESS, n_frames=1000, evolving_modes=30, lifetime_frames=20.0, seeing_rms=0.0)
    changes = sequence.cube[:, separations(sequence) < 4].astype(float)
    changes -= changes.mean(axis=0)
    changes /= changes.std(axis=0)

    def correlation(lag: int) -> float:
        return float(np.mean(changes[:-lag] * changes[lag:]))

    for lag in (1, 5, 20, 40):
        assert correlation(lag) == pytest.approx(np.exp(-lag / 20), abs=0.12)
    assert abs(correlation(120)) < 0.1


def test_speckles_have_the_size_of_the_psf(parameters: dict[str, object]) -> None:
    fields = {"speckle_fraction": 1.0, "halo_slope": 0.0, "evolving_fraction": 0.0, "size": 161}
    image = draw(parameters, **NOISELESS, **fields).cube[0].astype(float)
    image -= image.mean()

    def correlation(lag: int) -> float:
        return float(np.mean(image[:, :-lag] * image[:, lag:]) / image.var())

    psf = airy_psf(4.0)
    for lag in (1, 2, 3):
        assert correlation(lag) == pytest.approx(psf[14, 14 + lag] / psf.max(), abs=0.08)
    assert abs(correlation(6)) < 0.1


def test_a_few_components_explain_most_of_the_variance(parameters: dict[str, object]) -> None:
    cube = draw(parameters, **NOISELESS, n_frames=30).cube
    frames = cube.reshape(30, -1).astype(float)
    frames -= frames.mean(axis=0)
    components = leading_components(frames, 5)
    assert np.sum((frames @ components.T) ** 2) > 0.85 * np.sum(frames**2)


@given(st.floats(2, 8), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_the_psf_is_normalised_and_does_not_ring_when_shifted(fwhm: float, dx: float, dy: float) -> None:
    psf = airy_psf(fwhm)
    centre = len(psf) // 2
    assert len(psf) % 2 == 1
    assert aperture_sum(psf, centre, centre, fwhm / 2) == pytest.approx(1)
    assert shift(psf, dx, dy).min() > -2e-3 * psf.max()


@given(st.floats(3, 8))
def test_the_psf_has_the_fwhm_asked_for(fwhm: float) -> None:
    assert fit_gaussian(airy_psf(fwhm)).fwhm == pytest.approx(fwhm, rel=0.03)
