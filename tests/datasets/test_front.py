import numpy as np
import pytest

from algozoo.companions import Companion
from algozoo.datasets import dataset_names, load_dataset, read
from algozoo.datasets.centring import place
from algozoo.datasets.front import report_sequence, stated_flux
from algozoo.datasets.inspection import measure_star
from algozoo.datasets.psfs import PSF
from algozoo.errors import InputError


@pytest.fixture
def files(write):
    """Write a sequence and return its files by their part."""

    def files(parts):
        return {part: path for part, path in write(parts).items() if part != "pixel_scale"} | {"pixel_scale": 0.02}

    return files


def test_a_dataset_is_read_by_its_name(kept):
    sequence = read("tiny", report=kept)
    assert np.array_equal(sequence.cube, load_dataset("tiny").sequence(0).cube)
    assert "shape: 25 frames of 61x61 px" in kept.text
    with pytest.raises(InputError, match="angles, psf and pixel_scale go together"):
        read("tiny", pixel_scale=0.02)
    with pytest.raises(InputError, match="did you mean 'tiny'"):
        read("tyni")


def test_a_star_off_the_centre_is_refused_and_brought_there(off_centre, files, kept, refusal):
    given = files(off_centre)
    message = refusal(lambda: read(**given))
    assert "the star is 1.55 px off the centre" in message
    assert "cube.fits" in message
    sequence = read(**given, centre="auto", report=kept)
    assert "off the centre, measured" not in kept.text
    assert tuple(sequence.meta["star"])[:2] == pytest.approx((31.2, 29.0), abs=0.05)
    star = measure_star(sequence.cube, sequence.fwhm)
    assert (star.x, star.y) == pytest.approx((29, 29), abs=0.05)
    assert read(**given, centre="as-is", report=kept).size == 61
    assert "Warning: the star seems 1.55 px off the centre" in kept.text


def test_north_is_known_where_an_offset_is_given(parts, files, kept, refusal):
    given = files(parts)
    unknown = read(**given, report=kept)
    assert unknown.north_angle is None
    assert "Warning: North is not known" in kept.text
    assert "give angle_offset (--angle-offset)" in refusal(
        lambda: Companion.from_sky(unknown, separation=0.3, position_angle=10, contrast=1e-3)
    )
    assert read(**given, angle_offset=0).north_angle == 0


def test_a_psf_in_another_unit_leaves_the_star_s_flux_unknown(parts, star, files, kept, refusal):
    given = files(parts | {"psf": star}) | {"report": kept}
    message = refusal(read(**given).need_star_flux)
    assert "the star's flux is not known: the PSF has 1 in one FWHM" in message
    read(**given, star_flux=1e6).need_star_flux()
    assert read(**given, exposure_ratio=50, nd_transmission=1e-3).star_flux == pytest.approx(5e4, rel=0.01)
    clipped = files(parts | {"psf": np.minimum(parts["psf"], 0.6 * parts["psf"].max())})
    assert "the PSF is clipped" in refusal(read(**clipped).need_star_flux)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ((1e6, None, 2.0, None), "star_flux is the flux of the star"),
        ((None, 4.8, None, None), "star_flux_aperture is that of star_flux"),
        ((None, None, 0.0, None), "exposure_ratio is 0, expected a positive number"),
        ((None, None, None, 2.0), "nd_transmission is 2, expected a transmission above 0 and up to 1"),
        ((None, None, None, np.nan), "nd_transmission is nan"),
    ],
)
def test_fluxes_that_contradict_each_other_are_refused(stated, message):
    with pytest.raises(InputError, match=message):
        stated_flux(PSF(np.ones((3, 3)), 2.0, 10.0), *stated)


def test_a_pixel_scale_in_mas_is_refused(parts, files, refusal):
    assert "if it was meant in mas, give 0.02719" in refusal(lambda: read(**files(parts) | {"pixel_scale": 27.19}))


def test_files_as_the_sphere_data_centre_writes_them_are_read(parts, files, kept):
    """Frames of even size with the star on pixel n / 2; a PSF of several exposures of even size."""
    even = parts["cube"][:, :60, :60]
    psf = np.pad(parts["psf"], ((1, 0), (1, 0)))
    sequence = read(**files(parts | {"cube": even, "psf": np.stack([psf, psf])}), report=kept)
    assert sequence.size == 59
    assert "columns from" in kept.text
    star = measure_star(sequence.cube, sequence.fwhm)
    assert (star.x, star.y) == pytest.approx((29, 29), abs=0.05)


def test_a_psf_is_cut_with_the_frames(off_centre, files, kept):
    wide = np.pad(off_centre["psf"], 15)
    sequence = read(**files(off_centre | {"psf": wide}), centre="auto", report=kept)
    assert (sequence.size, sequence.psf.shape) == (59, (59, 59))


@pytest.mark.slow
@pytest.mark.parametrize("name", dataset_names())
def test_no_dataset_of_ours_would_be_refused(name, shared_data):
    sequence = load_dataset(name, mirror=shared_data).sequence(0)
    place(sequence.cube.shape[-2:], None, measure_star(sequence.cube, sequence.fwhm))
    text = "\n".join(report_sequence(sequence))
    assert "wrong sign" not in text
    assert "is not in that of the cube" not in text
