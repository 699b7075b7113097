import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from algozoo.datasets.simulate.parameters import PositiveRange, Range, Simulation


@given(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)).map(sorted), st.integers(0, 2**32 - 1))
def test_what_is_drawn_lies_in_its_range(ends, seed):
    low, high = ends
    assert low <= Range(low=low, high=high).draw(np.random.default_rng(seed)) <= high


def test_a_range_rises_and_a_positive_one_is_positive():
    with pytest.raises(ValidationError, match="expected at least low, which is 2"):
        Range(low=2.0, high=1.0)
    with pytest.raises(ValidationError, match="greater than 0"):
        PositiveRange(low=0.0, high=1.0)


def test_sub_bands_fill_the_filter_evenly(parameters):
    simulation = Simulation.model_validate(parameters | {"n_channels": 2, "n_subbands": 2})
    assert simulation.wavelengths_nm() == pytest.approx(np.array([[3650, 3750], [3850, 3950]]))


def test_resolution_is_that_of_the_telescope(parameters):
    low, high = Simulation.model_validate(parameters).lambda_over_d(0.0272)
    assert low == pytest.approx(3.6e-6 / 8 * 206264.8 / 0.0272)
    assert high / low == pytest.approx(4.0 / 3.6)


def test_more_rotation_than_a_night_has_is_refused(parameters):
    with pytest.raises(ValidationError, match="by which the field of this star turns in 10 h"):
        Simulation.model_validate(parameters | {"field_rotation_deg": {"low": 40.0, "high": 350.0}})
