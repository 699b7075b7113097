import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from algozoo.companions import Companion, inject
from algozoo.detectors.contract import DetectionMap
from algozoo.detectors.median import Median
from algozoo.errors import InputError
from algozoo.products import N_CANDIDATES, candidate_table, candidates, detection_hdus, map_hdus, with_units, write_map
from algozoo.sequence import HEADER

PLANET = {"separation": 0.24, "position_angle": 120.0, "contrast": 0.05}


@pytest.fixture(scope="module")
def night(make_sequence):
    """A sequence with a bright planet, on frames that are turned from North."""
    empty = make_sequence(n_frames=20, north_angle=30.0)
    return inject(empty, [Companion.from_sky(empty, **PLANET)])


@pytest.fixture(scope="module")
def detection(night):
    return Median().detect(night)


def test_the_best_candidate_is_the_planet_at_its_place_on_the_sky(detection, night):
    table = candidate_table(detection, night)
    assert 1 < len(table) <= N_CANDIDATES
    assert table["snr"].is_monotonic_decreasing
    assert table["separation_arcsec"][0] == pytest.approx(PLANET["separation"], abs=0.01)
    assert table["position_angle_deg"][0] == pytest.approx(PLANET["position_angle"], abs=3)


def test_the_table_with_units_has_the_same_numbers(detection, night):
    plain, table = candidate_table(detection, night), candidates(detection, night)
    assert table.colnames == ["x", "y", "separation", "position_angle", "snr", "sigma"]
    for name, column in zip(plain, table.colnames, strict=True):
        assert np.array_equal(plain[name], table[column].value)
    assert (table["separation"].unit, table["position_angle"].unit, table["snr"].unit) == (u.arcsec, u.deg, u.one)


def test_a_score_that_is_no_snr_has_no_significance(detection, night):
    ratio = DetectionMap(scores=detection.scores, kind="ratio")
    assert "sigma" not in candidate_table(ratio, night)


def test_a_written_map_leads_from_pixels_to_the_sky(detection, night, tmp_path):
    write_map(detection, tmp_path / "map.fits", night)
    with fits.open(tmp_path / "map.fits") as hdus:
        header = hdus[0].header
        assert np.array_equal(hdus[0].data, detection.scores.astype("float32"), equal_nan=True)
    companion = Companion.from_sky(night, **PLANET)
    pixel = np.array(companion.position(night)) + 1 - (header["CRPIX1"], header["CRPIX2"])
    turn = np.array([[header["PC1_1"], header["PC1_2"]], [header["PC2_1"], header["PC2_2"]]])
    east, north = np.array([header["CDELT1"], header["CDELT2"]]) * (turn @ pixel)
    assert np.hypot(east, north) == pytest.approx(PLANET["separation"], rel=1e-6)
    assert -np.rad2deg(np.arctan2(-east, north)) % 360 == pytest.approx(PLANET["position_angle"])


def test_the_header_names_the_detector_and_its_parameters(detection, night):
    header = detection_hdus(detection, night, Median())[0].header
    assert (header["DETECTOR"], header["PARAM COMBINE"], header["BUNIT"]) == ("median", "median", "S/N")


@pytest.mark.parametrize("north", [0.0, -73.0])
@pytest.mark.parametrize("stated", [{"RA": 86.8212, "DEC": -51.0665}, {"RA": "05:47:17.1", "DEC": "-51 03 59"}])
def test_every_image_leads_to_the_offset_of_a_companion_on_the_sky(make_sequence, north, stated):
    night = make_sequence(n_frames=20, north_angle=north, meta={HEADER: stated})
    planet = Companion.from_sky(night, **PLANET)
    images = map_hdus(Median().detect(night), night)
    assert [hdu.name for hdu in images] == ["PRIMARY", "RESIDUAL", "FLUX"]
    for hdu in images:
        sky = WCS(hdu.header)
        star = sky.pixel_to_world(night.centre, night.centre)
        assert (star.ra.deg, star.dec.deg) == pytest.approx((86.8212, -51.0665), abs=1e-3)
        place = sky.pixel_to_world(*planet.position(night))
        assert star.separation(place).arcsec == pytest.approx(PLANET["separation"], rel=1e-5)
        assert star.position_angle(place).deg == pytest.approx(PLANET["position_angle"], abs=1e-3)


def test_all_images_are_in_the_frame_that_the_cube_states(make_sequence):
    stated = {"RA": 86.8, "DEC": -51.0, "RADESYS": "FK5", "EQUINOX": 1975.0}
    night = make_sequence(n_frames=20, meta={HEADER: stated})
    for hdu in map_hdus(Median().detect(night), night):
        star = WCS(hdu.header).pixel_to_world(night.centre, night.centre)
        assert (star.frame.name, star.equinox.jyear) == ("fk5", pytest.approx(1975))


@pytest.mark.parametrize(
    "stated",
    [
        {},
        {"RA": 86.8},
        {"RA": "unknown", "DEC": "+10:00:00"},
        {"RA": float("nan"), "DEC": 10.0},
        {"RA": 400.0, "DEC": 10.0},
        {"RA": "", "DEC": 95},
    ],
)
def test_without_a_position_of_the_star_there_are_offsets(make_sequence, stated, tmp_path):
    night = make_sequence(n_frames=20, meta={HEADER: stated})
    images = map_hdus(Median().detect(night), night)
    images.writeto(tmp_path / "map.fits")
    for header in (hdu.header for hdu in images):
        assert (header["CTYPE1"], header["CTYPE2"], header["CUNIT1"]) == ("EAST", "NORTH", "arcsec")


def test_where_north_is_unknown_a_position_of_the_star_gives_no_position_on_the_sky(make_sequence):
    night = make_sequence(n_frames=20, north_angle=None, meta={HEADER: {"RA": 86.8, "DEC": -51.0}})
    header = map_hdus(Median().detect(night), night)[0].header
    assert (header["CTYPE1"], header["NORTHANG"], header["RA"]) == ("LEFT", "unknown", 86.8)


@given(text=st.text(max_size=200), number=st.floats())
def test_any_text_and_number_of_the_cube_can_be_written(detection, night, text, number):
    stated = dict.fromkeys(["OBJECT", "BUNIT", "RA", "DEC", "TELESCOP"], text) | {"EQUINOX": number}
    images = map_hdus(detection, replace(night, name=text, meta={HEADER: stated}))
    images.writeto(io.BytesIO())
    assert images[0].header["TELESCOP"].encode().decode("unicode_escape") == text.rstrip(" ")


def test_a_table_keeps_its_units_its_gaps_and_its_facts_in_a_file(tmp_path):
    frame = pd.DataFrame({"separation_arcsec": [0.5, np.nan], "n": [1, 2], "status": ["β", None], "high": [1, np.inf]})
    with_units(frame, command="algozoo detect").write(tmp_path / "table.ecsv")
    table = Table.read(tmp_path / "table.ecsv")
    assert [str(table[name].unit) for name in table.colnames] == ["arcsec", "None", "None", "None"]
    assert np.array_equal(np.ma.filled(table["separation_arcsec"], np.nan), [0.5, np.nan], equal_nan=True)
    assert list(table["high"]) == [1, np.inf]
    assert table["status"][0] == "β"
    assert table.meta["command"] == "algozoo detect"
    assert table.meta["versions"]["numpy"] == np.__version__


def test_a_map_of_another_sequence_is_refused(detection, make_sequence):
    for use in (candidate_table, map_hdus):
        with pytest.raises(InputError, match="its frames are 51 px wide and the map is 41 px"):
            use(detection, make_sequence(size=51))
