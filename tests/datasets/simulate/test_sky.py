from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from algozoo.datasets import Simulation, load_dataset, simulate
from algozoo.datasets.simulate.sky import hour_angles, parallactic_angle


def test_parallactic_angles_follow_the_sphere_of_the_sky() -> None:
    assert parallactic_angle([0.0], -60, -25) == pytest.approx([0])
    assert abs(parallactic_angle([0.0], 0, -25)) == pytest.approx([180])
    east, west = parallactic_angle([-2.0], -60, -25), parallactic_angle([2.0], -60, -25)
    assert east == pytest.approx(-west)
    assert parallactic_angle([6.0], 0, 30) == pytest.approx([60])
    assert parallactic_angle([0.0, 3.0, 6.0], 90 - 1e-9, 30) == pytest.approx([180, 180 - 45, 90])


def test_frames_are_equally_spaced_over_the_rotation_asked_for() -> None:
    hours = hour_angles(30, 50.0, 0.5, -51.0, -24.6)
    assert np.ptp(parallactic_angle(hours, -51.0, -24.6)) == pytest.approx(50, abs=1e-6)
    assert np.diff(hours) == pytest.approx(np.diff(hours)[0])
    assert hours.mean() == pytest.approx(0.5)
    with pytest.raises(ValueError, match="sign"):
        hour_angles(30, 150.0, 0.5, -51.0, 85.0)


def test_sphere_h_turns_as_51_eridani_did(shared_data: Path) -> None:
    """The published angles are derotation angles: of the other sign, and from another zero point."""
    published = -fits.getdata(shared_data / "sphere_irdis_51eri" / "pa_256_trap.fits.gz").astype(float).ravel()
    simulation = load_dataset("sphere-h").manifest.simulation
    small = simulation.model_dump() | {"size": 33, "ao_residual_nm": {"low": 70.0, "high": 70.0}}
    angles = simulate(
        Simulation.model_validate(small), np.random.default_rng(0), pixel_scale=0.01225
    ).parallactic_angles
    at_frames = np.interp(np.linspace(0, 1, len(angles)), np.linspace(0, 1, len(published)), published)
    difference = (np.unwrap(angles, period=360) - at_frames + 180) % 360 - 180
    assert np.ptp(difference) < 0.2
