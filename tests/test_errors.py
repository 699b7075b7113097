import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.errors import AlgoZooError, InputError, unknown

NAMES = ("pca", "loci", "median")


@given(st.sampled_from(NAMES), st.integers(0, 5), st.characters())
def test_a_name_with_one_wrong_letter_suggests_the_right_one(name, place, letter):
    wrong = name[:place] + letter + name[place + 1 :]
    error = unknown("detector", wrong, NAMES)
    assert isinstance(error, InputError)
    assert str(error).startswith(f"no detector is called {wrong!r}; ")
    assert repr(name) in str(error) or "there are: loci, median, pca" in str(error)


def test_a_name_that_is_like_none_lists_all():
    assert str(unknown("dataset", "xyz", NAMES)).endswith("; there are: loci, median, pca")
    assert str(unknown("dataset", "medain", NAMES)).endswith("; did you mean 'median'?")


def test_mistakes_of_users_are_caught_with_all_errors_on_purpose():
    with pytest.raises(AlgoZooError):
        raise unknown("suite", "x", [])


def test_a_message_has_nothing_that_a_terminal_obeys():
    assert str(InputError("title\x1b[2K\nof it")) == "title\N{REPLACEMENT CHARACTER}[2K\nof it"
