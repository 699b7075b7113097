import json

import pytest

from algozoo.cli import cache
from algozoo.datasets.cache import KINDS


@pytest.fixture
def simulated(tmp_path, monkeypatch):
    """Make a cache with one file of 2 MB."""
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path))
    path = tmp_path / "simulated" / "night.npz"
    path.parent.mkdir()
    path.write_bytes(bytes(2_000_000))
    return path


def test_the_cache_is_shown_with_folders_and_sizes(algozoo, simulated):
    rows = {row["kind"]: row for row in json.loads(algozoo("cache", "--format", "json").out)}
    assert rows.keys() == KINDS.keys()
    assert (rows["simulated"]["files"], rows["simulated"]["MB"]) == (1, 2.0)
    assert rows["simulated"]["folder"] == str(simulated.parent)
    shown = algozoo("cache")
    assert str(simulated.parent) in shown.out
    assert "Together 2.0 MB" in shown.err


def test_nothing_is_removed_unless_it_is_confirmed(algozoo, simulated, monkeypatch):
    ended = algozoo("cache", "clear")
    assert ended.code == 2
    assert "say --yes" in ended.err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(cache.click.termui, "visible_prompt_func", lambda _: "n")
    assert algozoo("cache", "clear").code == 1
    assert simulated.exists()
    monkeypatch.setattr(cache.click.termui, "visible_prompt_func", lambda _: "y")
    assert algozoo("cache", "clear", "simulated").code == 0
    assert not simulated.exists()


def test_chosen_kinds_are_removed_and_unknown_ones_refused(algozoo, simulated):
    wrong = algozoo("cache", "clear", "simulatd", "--yes")
    assert wrong.code == 2
    assert "no part of the cache is called 'simulatd'; did you mean 'simulated'?" in wrong.err
    assert algozoo("cache", "clear", "trained", "--yes").out == "Removed: trained\n"
    assert simulated.exists()
    assert algozoo("cache", "clear", "--yes").code == 0
    assert not simulated.exists()
