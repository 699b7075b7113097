import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.datasets.adding.inspection import StarCentre
from algozoo.datasets.centring import centred, star_position
from algozoo.errors import InputError
from algozoo.imaging.psf import fit_gaussian


def star(x, y, shape=(46, 51), fwhm=4.0, level=0.0):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    image = np.exp(-4 * np.log(2) * ((columns - x) ** 2 + (rows - y) ** 2) / fwhm**2)
    return np.stack([100 * image + level] * 3).astype(np.float32)


@pytest.mark.parametrize(("x", "y"), [(24.3, 21.8), (25.0, 22.0), (20.49, 24.51)])
@pytest.mark.parametrize("level", [0.0, 500.0])
def test_the_star_comes_to_the_central_pixel_of_an_odd_frame(x, y, level):
    cube = star(x, y, level=level)
    found = star_position(cube, "auto", 4.0)
    assert (found.x, found.y) == pytest.approx((x, y), abs=0.02)
    moved = centred(cube, found)
    side = moved.shape[-1]
    assert side % 2 == 1
    assert side == 2 * min(round(x), round(y), 50 - round(x), 45 - round(y)) + 1
    fitted = fit_gaussian(moved[0].astype(float) - level)
    assert (fitted.x, fitted.y) == pytest.approx(((side - 1) / 2,) * 2, abs=0.03)


def test_a_given_pixel_is_taken_as_it_is():
    assert star_position(star(20, 20), (24.5, 21), 4.0) == StarCentre(24.5, 21, 0.0)
    assert star_position(star(20, 20), "as-is", 4.0) is None


def test_a_shift_by_whole_pixels_only_crops():
    cube = star(20, 22)
    np.testing.assert_allclose(centred(cube, StarCentre(20, 22, 0)), cube[:, 2:43, :41], atol=1e-3)


def test_all_wavelengths_are_moved_alike(make_sequence):
    plain = inject(make_sequence(), [Companion(separation=8, azimuth=0, contrast=1)]).cube
    moved = centred(np.stack([plain, 2 * plain]), StarCentre(20.3, 19.6, 0))
    np.testing.assert_allclose(moved[1], 2 * moved[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("centre", "message"),
    [
        ("middle", "centre is 'middle', expected 'auto', 'as-is' or the star's pixel"),
        ((3,), r"centre is \(3,\), expected"),
        ((3, "4"), "centre is '4', expected a number in pix"),
        ((80, 20), r"centre is \(80.0, 20.0\), outside the frames of 51x46 px"),
    ],
)
def test_a_centre_that_cannot_be_one_is_refused(centre, message):
    with pytest.raises(InputError, match=message):
        star_position(star(20, 20), centre, 4.0)


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_frames_without_a_star_are_refused(value):
    with pytest.raises(InputError, match="no star is found"):
        star_position(np.full((3, 41, 41), value, dtype=np.float32), "auto", 4.0)
