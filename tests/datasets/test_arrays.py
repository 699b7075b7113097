from collections.abc import Callable
from pathlib import Path

import numpy as np
from astropy.io import fits

from algozoo.datasets.arrays import read_number
from algozoo.datasets.readers import read_cube

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
