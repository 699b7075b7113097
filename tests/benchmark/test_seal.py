import pytest

from algozoo.benchmark.seal import Sealed, check_reveal, seal
from algozoo.errors import AlgoZooError, InputError


def test_a_commitment_is_of_the_suite_and_the_salt(suite):
    first, again, other = (Sealed(suite=suite, salt=salt).commitment for salt in ("a", "a", "b"))
    assert first == again != other
    assert first != Sealed(suite=suite.model_copy(update={"seed": 8}), salt="a").commitment


def test_salts_are_drawn_so_that_two_seals_of_one_suite_differ(suite):
    assert Sealed(suite=suite).commitment != Sealed(suite=suite).commitment


def test_the_revealed_suite_is_the_sealed_one_and_no_other(suite):
    sealed = Sealed(suite=suite)
    check_reveal(suite, sealed.salt, f" {sealed.commitment.upper()}\n")
    other = suite.model_copy(update={"seed": 8})
    with pytest.raises(AlgoZooError, match="suite small 1 is not the one that was sealed"):
        check_reveal(other, sealed.salt, sealed.commitment)


def test_a_salt_is_never_written_over(suite, tmp_path):
    path = tmp_path / "small.seal"
    commitment = seal(suite, path)
    kept = path.read_bytes()
    assert commitment.encode() in kept
    with pytest.raises(InputError, match="which must not be lost"):
        seal(suite, path)
    assert path.read_bytes() == kept
