import numpy as np
import pytest

from algozoo.benchmark.golden import numbers
from algozoo.benchmark.golden.numbers import Case, Golden, moves, read, summary, write

MAP = np.random.default_rng(0).standard_normal((41, 41))


def distance(first, second):
    [move] = moves({"a": summary(first)}, {"a": summary(second)})
    return move.size


def test_what_is_written_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(numbers, "folder", lambda: tmp_path)
    golden = Golden(version="2", tolerance=1e-7, cases={"b": summary(MAP), "a": Case(declined="no")})
    path = write("quick/it/pca", golden)
    assert path == tmp_path / "quick" / "it" / "pca.json"
    assert read("quick/it/pca") == golden
    assert read("other") is None


def test_a_change_of_any_size_anywhere_moves_the_numbers():
    """The root mean square sees a pixel that none of the values is."""
    for row, column in ((0, 0), (13, 7), (40, 40)):
        changed = MAP.copy()
        changed[row, column] += 1e-2
        assert distance(MAP, changed) > 1e-8


def test_moves_are_relative_to_the_largest_number_of_a_case():
    assert distance(MAP, MAP) == 0
    assert distance(MAP, 1.001 * MAP) == pytest.approx(1e-3)
    assert distance(1e-6 * MAP, 1.001e-6 * MAP) == pytest.approx(1e-3)
    assert distance(np.zeros(9), np.ones(9)) == np.inf


def test_nan_declines_and_lengths_that_change_move_altogether():
    holes = MAP.copy()
    holes[3, 3] = np.nan
    assert distance(MAP, holes) == np.inf
    assert distance(holes, holes) == 0
    [move] = moves({"a": summary(MAP)}, {"a": Case(declined="why")})
    assert str(move) == "a altogether"
    assert moves({"a": Case(declined="why")}, {"a": Case(declined="in other words")})[0].size == 0


def test_the_farthest_comes_first():
    was, now = ({"a": summary(MAP), "b": summary(factor * MAP)} for factor in (1, 2))
    assert [move.case for move in moves(was, now)] == ["b", "a"]
