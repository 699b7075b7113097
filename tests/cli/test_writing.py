import pytest

from algozoo.cli.writing import place_to_write
from algozoo.errors import AlgoZooError, InputError


def test_a_place_is_there_during_the_work_and_stays_if_it_was_used(tmp_path):
    place = tmp_path / "new" / "place"
    with place_to_write(place, overwrite=False):
        assert not list(place.iterdir())
    assert not list(tmp_path.iterdir())
    with place_to_write(place, overwrite=False):
        (place / "file").touch()
    with pytest.raises(InputError, match="is not empty"), place_to_write(place, overwrite=False):
        pass
    with place_to_write(place, overwrite=True):
        pass
    assert (place / "file").exists()


def test_an_empty_place_that_was_there_stays(tmp_path):
    with pytest.raises(KeyboardInterrupt), place_to_write(tmp_path, overwrite=False):
        raise KeyboardInterrupt
    assert tmp_path.is_dir()


def test_a_place_below_a_file_is_refused_and_nothing_is_left(tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "place", tmp_path / "a" / ("b" * 300)):
        with pytest.raises(AlgoZooError, match="cannot be written"), place_to_write(place, overwrite=False):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
