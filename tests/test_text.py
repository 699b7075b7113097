import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.text import in_line, no_formula, printable


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_told(text):
    told = printable(text)
    assert len(told) == len(text)
    assert all(character.isprintable() or character == "\n" for character in told)
    assert printable(told) == told
    assert in_line(text).isprintable()


def test_a_name_of_a_file_forges_no_line():
    assert in_line("a\x1b[2K\nREADY") == "a\N{REPLACEMENT CHARACTER}[2K\N{REPLACEMENT CHARACTER}READY"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_text_is_no_formula(text):
    assert no_formula(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1.5, None, "a=1", ""])
def test_other_values_stay_as_they_are(value):
    assert no_formula(value) is value
