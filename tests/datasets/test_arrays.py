import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from algozoo.datasets.arrays import read_archive, read_image, stated_unit
from algozoo.datasets.readers import read_cube
from algozoo.datasets.tables import read_number

Write = Callable[..., Path]

ANGLES = np.linspace(10, 70, 6)


CUBE = np.random.default_rng(1).normal(size=(6, 35, 35)).astype(np.float32)


def test_the_first_image_is_read_wherever_it_is(tmp_path: Path) -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("a", "E", array=np.ones(3))])
    images = fits.ImageHDU(CUBE), fits.ImageHDU(2 * CUBE)
    fits.HDUList([fits.PrimaryHDU(), table, *images]).writeto(tmp_path / "many.fits")
    assert np.array_equal(read_cube(tmp_path / "many.fits"), CUBE)


def test_a_fits_file_without_an_image_is_refused(write_fits: Write, refusal) -> None:
    assert "has no image" in refusal(lambda: read_cube(write_fits(None)))


def test_a_single_number_is_read_from_text_and_fits(tmp_path: Path, write_fits: Write, refusal) -> None:
    (tmp_path / "scale.txt").write_text("0.01225 # arcsec\n", encoding="utf-8")
    assert read_number(tmp_path / "scale.txt") == 0.01225
    assert read_number(write_fits(np.array([0.01]))) == 0.01
    assert "has 6 values, expected one finite number" in refusal(lambda: read_number(write_fits(ANGLES)))


def header(**cards: object) -> bytes:
    """Write the header of a FITS file, however wrong it is."""
    lines = [f"{key:<8}= {value!s:>20}".ljust(80) for key, value in {"SIMPLE": "T", "BITPIX": -64, **cards}.items()]
    return "".join([*lines, "END"]).ljust(2880 * (len(lines) // 36 + 1)).encode()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (header(NAXIS=10**9), "NAXIS is 1000000000 in its header, expected at most 8 axes"),
        (header(NAXIS=2, NAXIS1=10**6, NAXIS2=10**6), "is truncated"),
        (header(NAXIS=1, NAXIS1="9" * 60), "is truncated"),
        (header(NAXIS=2, NAXIS1=-5, NAXIS2=2), "NAXIS1 is -5"),
        (header(NAXIS=2, NAXIS1=2), "NAXIS2 is None"),
        (header(NAXIS=1, NAXIS1=5, BITPIX=3), "BITPIX is 3"),
        (header(NAXIS=1, NAXIS1=5, BSCALE="'a'") + bytes(2880), "is damaged"),
        (b"SIMPLE  =                    T".ljust(80) * 15000, "has headers of more than 14400 lines"),
        (b"SIMPLE  =                    T".ljust(80) * 36, "its header has no end"),
        (header(NAXIS=0), "has no image"),
        (b"", "is not a FITS file"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_a_header_announces_is_held_against_the_file(tmp_path: Path, content, expected, pack, refusal) -> None:
    path = tmp_path / "cube.fits"
    path.write_bytes(pack(content))
    told = refusal(lambda: read_image(path))
    assert told.startswith(f"{path}: ")
    assert expected in told


def test_a_small_file_does_not_unpack_to_a_huge_one(tmp_path: Path, refusal) -> None:
    path = tmp_path / "cube.fits.gz"
    path.write_bytes(gzip.compress(header(NAXIS=1, NAXIS1=5 * 10**6) + bytes(4 * 10**7)))
    assert "compressed too well to be true: its header announces 40000000 bytes" in refusal(lambda: read_image(path))


def test_a_cube_of_mostly_empty_pixels_is_read(tmp_path: Path) -> None:
    cube = np.zeros((20, 100, 100), np.float32)
    cube[:, 40:60, 40:60] = np.random.default_rng(0).normal(size=(20, 20, 20))
    fits.PrimaryHDU(cube).writeto(tmp_path / "cube.fits.gz")
    assert np.array_equal(read_cube(tmp_path / "cube.fits.gz"), cube)


def test_the_unit_is_that_of_the_first_header_that_states_one(tmp_path: Path) -> None:
    images = [fits.ImageHDU(CUBE, fits.Header({"BUNIT": unit})) for unit in ("adu", "electron")]
    fits.HDUList([fits.PrimaryHDU(), *images]).writeto(tmp_path / "a.fits")
    assert stated_unit(tmp_path / "a.fits") == "adu"
    fits.PrimaryHDU(CUBE).writeto(tmp_path / "b.fits")
    assert stated_unit(tmp_path / "b.fits") is None


def test_a_long_line_of_no_numbers_is_refused_in_short(tmp_path: Path, refusal) -> None:
    (tmp_path / "angles.txt").write_bytes(bytes(10**6))
    assert len(refusal(lambda: read_number(tmp_path / "angles.txt"))) < 400
    (tmp_path / "angles.txt").write_bytes(b"1" * 5 * 10**6)
    assert "has more than 4 MiB of text" in refusal(lambda: read_number(tmp_path / "angles.txt"))


def test_an_archive_is_as_large_as_what_is_in_it(tmp_path: Path, refusal) -> None:
    np.savez(tmp_path / "a.npz", x=CUBE)
    assert np.array_equal(read_archive(tmp_path / "a.npz")["x"], CUBE)
    np.savez_compressed(tmp_path / "b.npz", x=np.zeros(10**6))
    assert "unpacks to" in refusal(lambda: read_archive(tmp_path / "b.npz"))
