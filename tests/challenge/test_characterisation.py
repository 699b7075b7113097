import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from algozoo.challenge.characterisation import astrometry, overall, per_set, photometry, report
from algozoo.errors import InputError

TRUE = {"gpi1": [[10.0, 0.0], [0.0, 20.0], [-30.0, 40.0]], "sphere1": [[3.0, 4.0], [8.0, 6.0]]}
GIVEN = {"gpi1": [[11.0, 0.0], [0.0, 18.0], [-1.0, -1.0]], "sphere1": [[3.0, 4.0], [11.0, 10.0]]}
SPECTRA = arrays(float, (3, 5), elements=st.floats(1e-7, 1e-3))


def test_astrometry_is_the_distance_in_pixels():
    table = astrometry(GIVEN, TRUE)
    assert table["set"].tolist() == ["gpi1"] * 3 + ["sphere1"] * 2
    assert table["companion"].tolist() == [1, 2, 3, 1, 2]
    np.testing.assert_allclose(table["error"], [1, 2, np.nan, 0, 5])


def test_what_was_not_found_has_no_error_but_was_put_on_the_star():
    missed = astrometry(GIVEN, TRUE).iloc[2]
    assert not missed["found"]
    assert np.isnan(missed["error"])
    assert missed["challenge_error"] == 50  # its separation


def test_both_weightings_are_given_with_numbers():
    table = overall(astrometry(GIVEN, TRUE)).set_index("weighting")
    assert table["n"].tolist() == [5, 5]
    assert table["n_found"].tolist() == [4, 4]
    assert table.loc["sets", "error"] == pytest.approx(((1 + 2) / 2 + (0 + 5) / 2) / 2)
    assert table.loc["companions", "error"] == pytest.approx((1 + 2 + 0 + 5) / 4)
    assert table.loc["sets", "challenge_error"] == pytest.approx(((1 + 2 + 50) / 3 + 5 / 2) / 2)
    assert table.loc["companions", "challenge_error"] == pytest.approx((1 + 2 + 50 + 5) / 5)


def test_sets_keep_their_order_and_count_the_found():
    table = per_set(astrometry(GIVEN, TRUE))
    assert table["set"].tolist() == ["gpi1", "sphere1"]
    assert table["n"].tolist() == [3, 2]
    assert table["n_found"].tolist() == [2, 2]


def test_photometry_is_relative_and_a_mean_over_channels():
    table = photometry({"a": [[1.1e-5, 3e-5], [2e-6, 2e-6]]}, {"a": [[1e-5, 2e-5], [2e-6, 4e-6]]})
    np.testing.assert_allclose(table["error"], [(0.1 + 0.5) / 2, 0.25])
    np.testing.assert_allclose(table["challenge_error"], table["error"])


def test_a_missing_spectrum_was_a_contrast_of_minus_one():
    missed = photometry({"a": [[-1.0, -1.0]]}, {"a": [[1e-5, 1e-4]]}).iloc[0]
    assert not missed["found"]
    assert np.isnan(missed["error"])
    assert missed["challenge_error"] == pytest.approx((100_001 + 10_001) / 2)


def test_a_missing_channel_is_left_out():
    partly = photometry({"a": [[1.5e-5, -1.0]]}, {"a": [[1e-5, 1e-4]]}).iloc[0]
    assert partly["found"]
    assert partly["error"] == pytest.approx(0.5)
    assert partly["challenge_error"] > 5000


def test_a_set_in_which_nothing_was_found_does_not_spoil_the_mean():
    table = overall(astrometry({"a": [[-1, -1]], "b": [[3, 4]]}, {"a": [[5, 5]], "b": [[0, 0]]}))
    assert table["error"].tolist() == [5, 5]
    assert table["n_found"].tolist() == [1, 1]


@given(SPECTRA, st.floats(0.1, 10))
def test_photometry_does_not_depend_on_the_unit(true, unit):
    given_, scaled = true * np.linspace(0.5, 2, 5), true * unit
    one = photometry({"a": given_}, {"a": true})
    other = photometry({"a": given_ * unit}, {"a": scaled})
    np.testing.assert_allclose(other["error"], one["error"])


@given(arrays(float, (4, 2), elements=st.floats(-40, 40)), st.floats(-180, 180))
def test_astrometry_does_not_depend_on_the_orientation(true, angle):
    turn = np.deg2rad(angle)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    given_ = true + np.arange(8).reshape(4, 2) / 3 + 100
    one, other = astrometry({"a": given_}, {"a": true}), astrometry({"a": given_ @ matrix}, {"a": true @ matrix})
    np.testing.assert_allclose(other["error"], one["error"])


def test_the_report_has_companions_sets_and_both_totals():
    table = report(astrometry(GIVEN, TRUE))
    assert table["of"].tolist() == [
        "gpi1, companion 1",
        "gpi1, companion 2",
        "gpi1, companion 3",
        "sphere1, companion 1",
        "sphere1, companion 2",
        "gpi1",
        "sphere1",
        "all, each set alike",
        "all, each companion alike",
    ]
    assert table["n_found"].tolist() == [1, 1, 0, 1, 1, 2, 2, 4, 4]


@pytest.mark.parametrize(
    ("estimates", "expected"),
    [({"gpi1": TRUE["gpi1"]}, "the sets"), ({**TRUE, "gpi1": [[1.0, 2.0]]}, r"gpi1: estimates have shape \(1, 2\)")],
)
def test_estimates_that_do_not_fit_the_truth_are_an_input_error(estimates, expected):
    with pytest.raises(InputError, match=expected):
        astrometry(estimates, TRUE)
