import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits

from algozoo.companions import Companion, inject
from algozoo.detectors.contract import DetectionMap
from algozoo.detectors.median import Median
from algozoo.errors import InputError
from algozoo.products import N_CANDIDATES, candidate_table, candidates, detection_hdus, map_hdus, write_map

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


def test_a_map_of_another_sequence_is_refused(detection, make_sequence):
    for use in (candidate_table, map_hdus):
        with pytest.raises(InputError, match="its frames are 51 px wide and the map is 41 px"):
            use(detection, make_sequence(size=51))
