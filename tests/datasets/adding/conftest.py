import numpy as np
import pytest
from astropy.io import fits

from algozoo.datasets import Dataset
from algozoo.datasets.adding.folders import choose_sequence
from algozoo.datasets.adding.own import Stated, compose_manifest
from algozoo.datasets.adding.report import look, warnings_of

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
def warned():
    """Return the warnings about a sequence in one text."""

    def warned(files) -> str:
        seen = look(files)
        manifest = compose_manifest("mine", files, seen, Stated(), files["cube"].parent)
        sequence = Dataset(manifest, folder=files["cube"].parent).sequence(0)
        return "\n".join(warnings_of(seen, sequence, manifest.valid_field.inner))

    return warned
