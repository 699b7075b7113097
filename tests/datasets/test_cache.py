import subprocess
import sys
from typing import get_args

import pytest

from algozoo.datasets import load_dataset
from algozoo.datasets.cache import KINDS, Kind, cache_folder, clear, contents, kind_folder
from algozoo.errors import AlgoZooError

DOWNLOAD = f"{'0123456789abcdef'}-cube.fits"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Fill a cache with a file of each kind, and one that is not AlgoZoo's."""
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path))
    for kind in KINDS:
        path = tmp_path / DOWNLOAD if kind == "downloads" else tmp_path / kind / "deep" / "file"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1234")
    (tmp_path / "thesis.tex").write_text("mine")
    return tmp_path


def test_every_kind_is_described_and_counted(root):
    assert set(KINDS) == set(get_args(Kind))
    assert {contents(kind) for kind in KINDS} == {(1, 4)}
    assert kind_folder("downloads") == root


def test_what_is_cleared_is_gone_and_all_else_stays(root):
    clear(("trained", "downloads"))
    assert {kind for kind in KINDS if not contents(kind).n_files} == {"trained", "downloads"}
    clear()
    assert not any(contents(kind).n_files for kind in KINDS)
    assert (root / "thesis.tex").read_text() == "mine"
    clear()


def test_a_cache_that_does_not_exist_is_empty(tmp_path, monkeypatch):
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path / "none"))
    assert contents("simulated") == (0, 0)
    assert not (tmp_path / "none").exists()


@pytest.mark.usefixtures("root")
def test_while_another_process_uses_the_cache_nothing_is_removed():
    code = "from algozoo.datasets.cache import cache_folder; cache_folder('golden'); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as user:
        user.stdout.readline()
        with pytest.raises(AlgoZooError, match="another process uses the cache, and nothing was removed"):
            clear()
        assert all(contents(kind).n_files for kind in KINDS)
        user.communicate(b"\n")
    clear()
    assert not contents("golden").n_files


def test_a_night_that_was_cleared_is_made_again_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path))
    dataset = load_dataset("tiny")
    before = dataset.sequence(0)
    assert contents("simulated").n_files == 1
    clear(("simulated",))
    assert (dataset.sequence(0).cube == before.cube).all()
    assert cache_folder("simulated").is_dir()
