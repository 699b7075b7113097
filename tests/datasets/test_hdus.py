import numpy as np
import pytest
from astropy.io import fits

from algozoo.datasets.arrays import read_image, stated_unit


@pytest.fixture
def several(tmp_path):
    """Write two images with names behind an empty HDU, to a file whose name is not ASCII."""
    path = tmp_path / "βPic ö.fits"
    first, second = (
        fits.ImageHDU(np.full((3, 3), value), fits.Header({"BUNIT": unit}), name=name)
        for value, unit, name in ((1.0, "adu", "ONE"), (2.0, "Jy", "TWO"))
    )
    fits.HDUList([fits.PrimaryHDU(), first, second]).writeto(path)
    return path


@pytest.mark.parametrize(
    ("extension", "value", "unit"), [("", 1, "adu"), ("[TWO]", 2, "Jy"), ("[2]", 2, "Jy"), ("[one]", 1, "adu")]
)
def test_an_hdu_is_chosen_by_name_or_number(several, extension, value, unit):
    image, stated = read_image(f"{several}{extension}")
    assert (image == value).all()
    assert stated == unit == stated_unit(f"{several}{extension}")


@pytest.mark.parametrize(
    ("extension", "message"),
    [("[9]", "there is no HDU '9', expected one of 0 PRIMARY, 1 ONE, 2 TWO"), ("[0]", "has no image")],
)
def test_an_hdu_that_is_none_is_refused(several, refusal, extension, message):
    assert message in refusal(lambda: read_image(f"{several}{extension}"))


def test_a_name_with_brackets_is_a_name(tmp_path):
    fits.writeto(tmp_path / "star[1]", np.ones((2, 2)))
    assert read_image(tmp_path / "star[1]")[0].shape == (2, 2)


def test_headers_outside_ascii_are_read(several):
    content = several.read_bytes().replace(b"'Jy      '", b"'\xc2\xb5Jy    '")
    several.write_bytes(content)
    assert (read_image(f"{several}[TWO]")[0] == 2).all()
