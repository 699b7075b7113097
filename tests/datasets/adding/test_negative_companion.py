from dataclasses import replace

import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.datasets import fit_companion, load_dataset
from algozoo.errors import InputError


@pytest.mark.slow
def test_an_injected_companion_is_recovered_within_its_errors():
    empty = load_dataset("tiny").sequence(0)
    truth = Companion(separation=14.3, azimuth=77.0, contrast=3e-3)
    guess = Companion(separation=13.0, azimuth=81.0, contrast=0)
    found = fit_companion(inject(empty, [truth]), guess, n_components=(3, 5, 8))
    assert abs(found.companion.separation - 14.3) < 3 * found.separation_error < 1
    assert abs(found.companion.azimuth - 77) < 3 * found.position_angle_error < 4
    assert abs(found.companion.contrast - 3e-3) < 3 * found.contrast_error < 1e-3
    assert found.snr_before > 5
    assert abs(found.snr_after) < 2


def test_a_noiseless_companion_is_measured_exactly(make_sequence):
    empty = make_sequence(noise=1e-3, n_frames=8, parallactic_angles=np.linspace(0, 80, 8))
    truth = Companion(separation=10.0, azimuth=200.0, contrast=0.01)
    found = fit_companion(inject(empty, [truth]), replace(truth, contrast=0, separation=10.5), n_components=(2,))
    assert found.companion.separation == pytest.approx(10, abs=0.02)
    assert found.companion.azimuth == pytest.approx(200, abs=0.1)
    assert found.companion.contrast == pytest.approx(0.01, rel=0.01)
    assert found.contrast_error < 1e-4


@pytest.mark.parametrize("separation", [1.0, 15.0])
def test_a_companion_too_near_the_star_or_the_edge_is_refused(make_sequence, separation):
    with pytest.raises(InputError, match="cannot be measured, expected"):
        fit_companion(make_sequence(), Companion(separation=separation, azimuth=0, contrast=0))


def test_a_guess_far_from_the_companion_is_refused(make_sequence):
    empty = make_sequence(noise=1e-3, n_frames=8, parallactic_angles=np.linspace(0, 80, 8))
    sequence = inject(empty, [Companion(separation=10.0, azimuth=200.0, contrast=0.01)])
    with pytest.raises(InputError, match=r"no companion within one FWHM of .* the S/N there is"):
        fit_companion(sequence, Companion(separation=10.0, azimuth=20.0, contrast=0), n_components=(2,))


@pytest.mark.slow
def test_the_planet_of_beta_pictoris_has_the_numbers_of_its_manifest(shared_data):
    dataset = load_dataset("betapic", mirror=shared_data)
    sequence = dataset.sequence(0)
    guess = Companion.from_sky(sequence, separation=0.45, position_angle=211.0, contrast=0)
    found = fit_companion(sequence, guess)
    (separation, separation_error), (angle, angle_error) = found.to_sky(sequence)
    (known,) = dataset.manifest.companions
    assert abs(separation - known.separation) < separation_error < 0.003
    assert abs(angle - known.position_angle) < angle_error < 0.3
    assert abs(found.companion.contrast - known.contrast) < found.contrast_error < 0.06 * known.contrast
    assert abs(found.snr_after) < 2


def test_one_contrast_is_fitted_to_all_wavelengths(make_sequence):
    flat = make_sequence(noise=1e-3, n_frames=8, parallactic_angles=np.linspace(0, 80, 8))
    empty = replace(
        flat,
        cube=np.stack([flat.cube, 2 * flat.cube]),
        psf=np.stack([flat.psf, flat.psf]),
        star_flux=np.array([1000.0, 2000.0]),
        wavelengths=np.array([1.0, 1.1]),
    )
    truth = Companion(separation=10.0, azimuth=200.0, contrast=0.01)
    found = fit_companion(inject(empty, [truth]), truth, n_components=(2,))
    assert found.companion.separation == pytest.approx(10, abs=0.02)
    assert found.companion.contrast == pytest.approx(0.01, rel=0.01)
