import copy
import pickle
from dataclasses import dataclass, replace

import astropy.units as u
import numpy as np
import pytest

from algozoo.arguments import Keywords, checked, expect, integer, number
from algozoo.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Point(Keywords):
    x: float
    y: float = 2.0


@checked
def move(point, *, by=1.0, **more):
    return point, by, more


def test_a_right_call_goes_through():
    assert (Point(x=1).x, Point(x=1).y) == (1, 2.0)
    assert move(3, by=2, z=4) == (3, 2, {"z": 4})


def test_objects_are_copied_and_sent_as_without_the_check():
    point = Point(x=1, y=3)
    assert pickle.loads(pickle.dumps(point)) == copy.copy(point) == copy.deepcopy(point) == point  # noqa: S301 - our own
    assert replace(point, y=5) == Point(x=1, y=5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Point(1), r"Point: too many positional arguments; the call is Point\(x=\.\.\., y=2.0\)"),
        (lambda: Point(y=1), "Point: missing a required argument: 'x'"),
        (Point, "Point: missing a required argument: 'x'"),
        (lambda: Point(x=1, z=1), "Point: got an unexpected keyword argument 'z'"),
        (move, r"move: missing a required argument: 'point'; the call is move\(point, by=1.0, parameter=value\)"),
        (lambda: move(1, 2), "move: too many positional arguments"),
    ],
)
def test_a_wrong_call_is_an_error_with_the_right_one(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_an_argument_of_another_type_is_named():
    expect(3, (int, str), "n", "f(3)")
    with pytest.raises(InputError, match=r"n is 3.0, expected int or str, as in f\(3\)"):
        expect(3.0, (int, str), "n", "f(3)")
    with pytest.raises(InputError, match="n is of type ndarray"):
        expect(np.zeros(100), int, "n", "f(3)")


def test_an_integer_is_one_of_python_or_numpy_and_not_too_small():
    assert [integer(value, 1, "n", "f(1)") for value in (1, np.int64(7))] == [1, 7]
    for value in (0, -1, 1.0, "1", True, None):
        with pytest.raises(InputError, match=rf"n is {value!r}, expected an integer, 1 or more, as in f\(1\)"):
            integer(value, 1, "n", "f(1)")


def test_numbers_are_plain_or_converted():
    assert number(np.float32(3), "x") == 3
    assert number(np.array(3), "x") == 3
    assert number(0.5 * u.deg, "x", "arcsec", quantity=True) == pytest.approx(1800)


@pytest.mark.parametrize("value", ["3", True, None, [3], np.zeros(2), 1j, np.nan, np.inf, 3 * u.arcsec])
def test_what_is_no_plain_number_is_refused(value):
    with pytest.raises(InputError, match=r"x is .*, expected a (finite )?number"):
        number(value, "x", "arcsec")


def test_a_quantity_of_another_kind_is_refused():
    with pytest.raises(InputError, match=r"x is 3.0 s, expected a number in arcsec, or a Quantity that converts to it"):
        number(3 * u.s, "x", "arcsec", quantity=True)
