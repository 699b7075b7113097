from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field

from algozoo.detectors.contract import Detector
from algozoo.detectors.parameters import Components, Count, Fraction, NotNegative, declared, described, meanings
from algozoo.detectors.registry import BUILT_IN, create
from algozoo.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Bounded(Detector):
    """A detector with a parameter of each kind."""

    name: ClassVar[str] = "bounded"

    count: Count = 1
    components: Components = 5
    width: Annotated[float, Field(ge=1, lt=5)] = 2.0
    pair: tuple[NotNegative, Fraction] = (0.0, 0.5)
    way: Literal["up", "down"] = "up"
    learned: object = field(default=None, compare=False)

    def detect(self, sequence):
        raise NotImplementedError


@pytest.mark.parametrize(
    "parameters",
    [{"count": 7}, {"components": 0.5}, {"width": 1}, {"pair": (3, 0.1)}, {"way": "down"}, {"learned": "anything"}],
    ids=str,
)
def test_values_within_the_bounds_are_accepted(parameters):
    Bounded(**parameters).check_parameters()


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"count": 0}, "count is 0, expected an integer (1 or more)"),
        ({"count": 1.5}, "count is 1.5, expected an integer (1 or more)"),
        ({"count": True}, "count is True, expected an integer (1 or more)"),
        ({"count": None}, "count is None, expected an integer (1 or more)"),
        (
            {"components": 2.5},
            "components is 2.5, expected an integer (1 or more) or a number (more than 0, less than 1)",
        ),
        ({"width": 5.0}, "width is 5.0, expected a number (1 or more, less than 5)"),
        ({"width": float("nan")}, "width is nan, expected a number (1 or more, less than 5)"),
        (
            {"pair": (float("inf"), 0.5)},
            "pair is (inf, 0.5), expected a list [a number (0 or more), a number (more than 0, less than 1)]",
        ),
        (
            {"pair": (1.0,)},
            "pair is (1.0,), expected a list [a number (0 or more), a number (more than 0, less than 1)]",
        ),
        ({"way": "left"}, "way is 'left', expected 'up' or 'down'"),
    ],
    ids=str,
)
def test_a_value_out_of_bounds_is_named_with_what_was_expected(parameters, expected):
    with pytest.raises(InputError) as refused:
        Bounded(**parameters).check_parameters()
    assert str(refused.value) == f"bounded: {expected}"


def test_what_was_learned_is_no_parameter():
    assert list(Bounded(learned=1).parameters) == ["count", "components", "width", "pair", "way"]
    assert Bounded(learned=1) == Bounded()


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_default_is_within_its_bounds(name):
    create(name).check_parameters()


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_number_of_a_built_in_has_bounds(name):
    parameters = declared(type(create(name)))
    assert not [name for name, one in parameters.items() if one.expected in {"an integer", "a number"}]


def test_an_annotation_says_in_words_what_it_allows():
    assert described(tuple[Count, ...]) == "a list [an integer (1 or more), ...]"
    assert described(Annotated[int, "odd"]) == "an integer (odd)"
    assert described(Detector) == "Detector"


def test_every_parameter_of_a_built_in_detector_is_described():
    for name in BUILT_IN:
        cls = type(create(name))
        assert meanings(cls).keys() >= declared(cls).keys(), name


def test_the_words_of_a_class_go_before_those_of_its_base():
    class Base:
        """Do it.

        Parameters
        ----------
        width : float
            Of the base.
        height : float
            In pixels,
            over two lines.
        """

    class Own(Base):
        """Do it better.

        Parameters
        ----------
        width : float
            Of its own.
        """

    assert meanings(Own) == {"width": "Of its own.", "height": "In pixels, over two lines."}
