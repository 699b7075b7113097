from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from algozoo.datasets.adding.folders import choose_sequence
from algozoo.datasets.front import open_files
from algozoo.errors import InputError
from algozoo.reporter import Reporter

PARAMETERS = {
    "n_frames": 20,
    "n_reference_frames": 0,
    "size": 41,
    "telescope_diameter_m": 8.0,
    "wavelength_um": {"low": 3.6, "high": 4.0},
    "n_channels": 1,
    "n_subbands": 1,
    "declination_deg": -51.0,
    "latitude_deg": -24.6,
    "hour_angle_h": {"low": -0.5, "high": 0.5},
    "field_rotation_deg": {"low": 40.0, "high": 60.0},
    "n_actuators": 14,
    "ao_residual_nm": {"low": 300.0, "high": 350.0},
    "fresh_fraction": 0.02,
    "seeing_rms": 0.05,
    "static_opd_nm": 30.0,
    "chromatic_opd_nm": 10.0,
    "slow_opd_nm": 200.0,
    "slow_lifetime_frames": 50.0,
    "fast_opd_nm": 20.0,
    "fast_lifetime_frames": 3.0,
    "waffle_opd_nm": 10.0,
    "pointing_rms_lambda_over_d": 0.02,
    "jitter_rms_lambda_over_d": 0.1,
    "coronagraph_order": 2,
    "coronagraph_leak": 0.05,
    "star_electrons": 1e9,
    "transparency_rms": 0.05,
    "sky_electrons": 1e5,
    "read_noise_electrons": 10.0,
}


@pytest.fixture(scope="session")
def refusal() -> Callable[[Callable[[], object]], str]:
    """Return the message with which something is refused."""

    def refusal(read: Callable[[], object]) -> str:
        with pytest.raises(InputError) as caught:
            read()
        return str(caught.value)

    return refusal


@pytest.fixture
def parameters() -> dict[str, object]:
    """Return the fields of a valid [simulation] table, to be changed."""
    return dict(PARAMETERS)


@pytest.fixture
def real_manifest() -> str:
    """Return a valid manifest of a real dataset with placeholders URL and SHA256."""
    files = "".join(
        f'[files.{key}]\nurl = "URL/{key}.fits"\nsha256 = "{ord(key[0]):064x}"\npath = "mine/{key}.fits"\n'
        for key in ("cube", "angles", "psf")
    )
    return f"""
format = 1
kind = "real"
name = "mine"
version = "1"
title = "Mine"
description = "A dataset."
instrument = "A camera"
licence = "MIT"
source = "my disk"
citation = "me"
pixel_scale = 0.01
valid_field = {{ inner = 1.5, outer = 3.0 }}
star_flux = 1000.0
star_flux_aperture = 4.0
angle_offset = 0.0
crop = {{ x = 0, y = 0 }}
{files}""".replace("URL", "https://example.org")


@pytest.fixture(scope="session")
def write_fits(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write an array to a new FITS file."""
    folder = tmp_path_factory.mktemp("fits")

    def write(data: np.ndarray | None, **header: object) -> Path:
        path = folder / f"{len(list(folder.iterdir()))}.fits"
        fits.PrimaryHDU(data, fits.Header(header)).writeto(path)
        return path

    return write


N_FRAMES, SIZE = 12, 61


def vortex(x: float, y: float) -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    separation = np.hypot(columns - x, rows - y)
    return 1000 / (1 + (separation / 4) ** 2) - 900 * np.exp(-((separation / 2) ** 2))


@pytest.fixture
def parts(star):
    """Return a good sequence, to be spoiled."""
    noise = np.random.default_rng(0).normal(scale=2, size=(N_FRAMES, SIZE, SIZE))
    return {
        "cube": noise + vortex(30, 30),
        "angles": np.linspace(10, 70, N_FRAMES),
        "psf": 1e6 * star,
        "plsc": np.array([0.02]),
    }


@pytest.fixture
def off_centre(parts):
    """Return the same with the star one pixel and more off the centre."""
    return parts | {"cube": parts["cube"] + (vortex(31.2, 29.0) - vortex(30, 30))}


@pytest.fixture
def write(tmp_path):
    """Write a sequence to a folder."""

    def write(parts):
        for part, data in parts.items():
            fits.PrimaryHDU(data).writeto(tmp_path / f"{part}.fits", overwrite=True)
        return choose_sequence(tmp_path)

    return write


@pytest.fixture
def opened(write):
    """Write a sequence and open it."""

    def opened(parts, **how):
        files = {part: path for part, path in write(parts).items() if part != "pixel_scale"}
        return open_files(**files, **how)

    return opened


class Kept(Reporter):
    """Keep the lines of a report."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture
def kept() -> Kept:
    """Return a reporter that keeps what is said."""
    return Kept()
