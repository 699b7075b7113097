from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

PARAMETERS = {
    "n_frames": 20,
    "size": 41,
    "fwhm": 4.0,
    "field_rotation": {"low": 40.0, "high": 60.0},
    "star_flux_electrons": 1e7,
    "halo_contrast": 0.01,
    "halo_slope": 1.8,
    "speckle_fraction": 0.5,
    "evolving_fraction": 0.1,
    "evolving_modes": 3,
    "lifetime_frames": 20.0,
    "seeing_rms": 0.05,
    "sky_electrons": 100.0,
    "read_noise_electrons": 10.0,
}


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
