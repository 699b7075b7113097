import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.datasets.centring import Placement, centre_of, centred, offset_warnings, place
from algozoo.datasets.inspection import StarCentre, measure_star
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
    found = measure_star(cube, 4.0)
    assert (found.x, found.y) == pytest.approx((x, y), abs=0.02)
    moved = centred(cube, place((46, 51), "auto", found))
    side = moved.shape[-1]
    assert side % 2 == 1
    assert side == 2 * min(round(x), round(y), 50 - round(x), 45 - round(y)) + 1
    fitted = fit_gaussian(moved[0].astype(float) - level)
    assert (fitted.x, fitted.y) == pytest.approx(((side - 1) / 2,) * 2, abs=0.03)


def test_a_given_pixel_is_taken_as_it_is():
    assert centre_of(place((41, 41), (24.5, 21), None)) == (24.5, 21)
    assert place((41, 41), "as-is", StarCentre(3, 3, 0.1)) == Placement(0, 0, 41)


def test_a_shift_by_whole_pixels_only_crops():
    cube = star(20, 22)
    np.testing.assert_array_equal(centred(cube, place((46, 51), (20, 22), None)), cube[:, 2:43, :41])


def test_all_wavelengths_are_moved_alike(make_sequence):
    plain = inject(make_sequence(), [Companion(separation=8, azimuth=0, contrast=1)]).cube
    moved = centred(np.stack([plain, 2 * plain]), place((41, 41), (20.3, 19.6), None))
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
        place((46, 51), centre, StarCentre(20, 20, 0.1))


def test_frames_without_a_star_have_no_measured_centre():
    nothing = measure_star(np.zeros((3, 41, 41)), 4.0)
    assert np.isinf(nothing.error)
    with pytest.raises(InputError, match="no star is found"):
        place((41, 41), "auto", nothing)
    assert place((41, 41), None, nothing) == Placement(0, 0, 41)


@pytest.mark.parametrize(
    ("offset", "error", "refused", "warned"),
    [(0.2, 0.05, False, False), (0.4, 0.1, False, True), (0.6, 0.1, True, True), (0.6, 0.3, False, True)],
)
def test_a_star_far_off_is_refused_and_a_little_off_is_a_warning(offset, error, refused, warned):
    measured = StarCentre(20 + offset, 20, error)
    if refused:
        with pytest.raises(InputError, match=f"the star is {offset:.2f} px off the centre.*--centre auto"):
            place((41, 41), None, measured)
    for centre in ("as-is",) if refused else (None, "as-is"):
        text = "".join(offset_warnings((41, 41), place((41, 41), centre, measured), measured))
        assert (f"{offset:.2f} px off the centre, measured to within {error:.2f} px" in text) == warned
    assert not list(offset_warnings((41, 41), place((41, 41), "auto", measured), measured))


@pytest.mark.parametrize(
    ("shape", "x", "y", "expected"),
    [
        ((64, 64), 32.0, 32.1, Placement(1, 1, 63)),  # the SPHERE Data Centre and VIP: pixel n / 2
        ((64, 64), 31.6, 31.4, Placement(0, 0, 64)),  # between the central pixels
        ((61, 64), 32.0, 30.0, Placement(2, 0, 61)),
        ((64, 61), 30.1, 32.0, Placement(0, 2, 61)),
        ((51, 71), 35.0, 25.0, Placement(10, 0, 51)),
    ],
)
def test_frames_of_even_size_and_not_square_are_cut_around_the_star(shape, x, y, expected):
    measured = StarCentre(x, y, 0.1)
    assert place(shape, None, measured) == expected
    assert not list(offset_warnings(shape, expected, measured))


def test_an_even_size_whose_star_is_not_measured_well_is_a_warning():
    measured = StarCentre(32.0, 32.0, 0.9)
    assert not list(offset_warnings((64, 64), place((64, 64), None, measured), measured._replace(error=0.4)))
    placement = place((64, 64), None, measured)
    assert "pixel n / 2 or half a pixel before" in "".join(offset_warnings((64, 64), placement, measured))
    assert not list(offset_warnings((64, 64), place((64, 64), (32, 32.2), measured), measured))
