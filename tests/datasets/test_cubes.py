import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from algozoo.datasets.cubes import read_cube

Write = Callable[..., Path]

CUBE = np.random.default_rng(1).normal(size=(6, 35, 35)).astype(np.float32)
SPECTRAL = np.random.default_rng(2).normal(size=(4, 6, 35, 35)).astype(np.float32)


@pytest.fixture(scope="session")
def files(write_fits: Write) -> dict[str, Path]:
    return {"cube": write_fits(CUBE)}


@pytest.mark.parametrize("dtype", ["<f4", ">f4", ">f8", "<i2", ">i4", "u1"])
def test_any_number_type_becomes_native_float32(write_fits: Write, dtype: str) -> None:
    cube = np.arange(3 * 5 * 5).reshape(3, 5, 5)
    read = read_cube(write_fits(cube.astype(dtype)))
    assert read.dtype == np.dtype("=f4")
    assert np.array_equal(read, cube)


@pytest.mark.parametrize("shape", [(35, 35), (2, 3, 4, 35, 35), (1, 6, 35, 35)])
def test_an_image_that_is_no_cube_is_refused(write_fits: Write, shape: tuple[int, ...], refusal) -> None:
    assert f"{len(shape)} axes" in refusal(lambda: read_cube(write_fits(np.ones(shape))))


def test_truncated_files_are_named_as_such(files: dict[str, Path], tmp_path: Path, refusal) -> None:
    path = tmp_path / "half.fits"
    path.write_bytes(files["cube"].read_bytes()[:20000])
    assert "is truncated" in refusal(lambda: read_cube(path))


def test_compressed_fits_is_read(files: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "cube.fits.gz"
    path.write_bytes(gzip.compress(files["cube"].read_bytes()))
    assert np.array_equal(read_cube(path), CUBE)
    tiled = tmp_path / "cube.fits.fz"
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(CUBE, compression_type="GZIP_2", quantize_level=0)]).writeto(
        tiled
    )
    assert np.array_equal(read_cube(tiled), CUBE)


def test_truncated_gzip_is_named_as_such(files: dict[str, Path], tmp_path: Path, refusal) -> None:
    path = tmp_path / "cube.fits.gz"
    path.write_bytes(gzip.compress(files["cube"].read_bytes())[:-9])
    assert "truncated or damaged (gzip)" in refusal(lambda: read_cube(path))


def test_axes_that_cannot_be_told_apart_are_refused(write_fits: Write, refusal) -> None:
    cube = write_fits(np.ones((4, 4, 9, 9)))
    assert "which axis is which cannot be told" in refusal(lambda: read_cube(cube, 4, 4))
    assert "with 5 wavelengths and 4 frames" in refusal(lambda: read_cube(cube, 4, 5))
    assert "has shape (6, 35, 35)" in refusal(lambda: read_cube(write_fits(CUBE), 6, 5))


def test_frames_on_the_last_axis_are_moved_to_the_first(write_fits: Write) -> None:
    assert np.array_equal(read_cube(write_fits(np.moveaxis(CUBE, 0, -1)), 6), CUBE)


def test_frames_that_seem_to_lie_on_the_last_of_equal_axes_are_refused(write_fits: Write, refusal) -> None:
    rows, columns = np.mgrid[:35, :35] - 17
    star = 1000 * np.exp(-(rows**2 + columns**2) / 8)
    cube = (star + np.random.default_rng(0).normal(size=(35, 35, 35))).astype(np.float32)
    assert np.array_equal(read_cube(write_fits(cube), 35), cube)
    wrong = write_fits(np.moveaxis(cube, 0, -1))
    assert "--axes yxt" in refusal(lambda: read_cube(wrong, 35))
    assert np.array_equal(read_cube(wrong, 35, axes="yxt"), cube)
    assert np.array_equal(read_cube(write_fits(cube), 35, axes="tyx"), cube)


@pytest.mark.parametrize("axes", ["wtyx", "twyx", "y,x,t,w", "xywt"])
def test_the_axes_of_a_spectral_cube_may_be_named(write_fits: Write, axes: str) -> None:
    order = ["wtyx".index(letter) for letter in axes.replace(",", "")]
    assert np.array_equal(read_cube(write_fits(SPECTRAL.transpose(order)), 6, 4, axes), SPECTRAL)


@pytest.mark.parametrize(("axes", "n_wavelengths"), [("tyy", None), ("tx", None), ("wtyx", None), ("tyx", 4), ("", 4)])
def test_axes_that_do_not_fit_are_refused(write_fits: Write, refusal, axes: str, n_wavelengths: int | None) -> None:
    assert "expected one letter for each" in refusal(lambda: read_cube(write_fits(CUBE), 6, n_wavelengths, axes))
