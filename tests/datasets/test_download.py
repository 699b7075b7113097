import errno
import hashlib
import socket
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pooch
import pytest

from algozoo.datasets import DatasetUnavailable, RealManifest, fetch, is_available, load_dataset, load_manifest
from algozoo.errors import AlgoZooError, InputError

CONTENTS = {"cube": b"the cube", "angles": b"the angles", "psf": b"the PSF"}


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Folder that a web server shows, and its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("ALGOZOO_CACHE", str(folder))
    monkeypatch.delenv("ALGOZOO_MIRROR", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return folder


def make_manifest(path: Path, template: str, address: str) -> RealManifest:
    for key, content in CONTENTS.items():
        template = template.replace(f"{ord(key[0]):064x}", hashlib.sha256(content).hexdigest())
    path.write_text(template.replace("https://example.org", address), encoding="utf-8")
    manifest = load_manifest(path)
    assert isinstance(manifest, RealManifest)
    return manifest


@pytest.fixture
def online(tmp_path: Path, real_manifest: str, served: tuple[Path, str]) -> RealManifest:
    for key, content in CONTENTS.items():
        (served[0] / f"{key}.fits").write_bytes(content)
    return make_manifest(tmp_path / "mine.toml", real_manifest, served[1])


@pytest.fixture
def offline(tmp_path: Path, real_manifest: str) -> RealManifest:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return make_manifest(tmp_path / "mine.toml", real_manifest, f"http://127.0.0.1:{unused.getsockname()[1]}")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    (folder / "mine").mkdir(parents=True)
    for key, content in CONTENTS.items():
        (folder / "mine" / f"{key}.fits").write_bytes(content)
    return folder


def contents(paths: dict[str, Path]) -> dict[str, bytes]:
    return {key: path.read_bytes() for key, path in paths.items()}


def test_files_are_downloaded_once_and_then_come_from_the_cache(
    online: RealManifest, served: tuple[Path, str], cache: Path
) -> None:
    assert not is_available(online)
    assert contents(fetch(online)) == CONTENTS
    assert is_available(online)
    for key in CONTENTS:
        (served[0] / f"{key}.fits").unlink()
    paths = fetch(online)
    assert contents(paths) == CONTENTS
    assert all(path.parent == cache for path in paths.values())


def test_the_mirror_comes_before_the_cache(online: RealManifest, mirror: Path) -> None:
    fetch(online)
    assert all(mirror in path.parents for path in fetch(online, mirror=mirror).values())


def test_the_mirror_may_come_from_the_environment(
    offline: RealManifest, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALGOZOO_MIRROR", str(mirror))
    assert is_available(offline)
    assert contents(fetch(offline)) == CONTENTS


def test_files_that_the_mirror_lacks_are_downloaded(online: RealManifest, mirror: Path, cache: Path) -> None:
    (mirror / "mine" / "psf.fits").unlink()
    paths = fetch(online, mirror=mirror)
    assert contents(paths) == CONTENTS
    assert [key for key, path in paths.items() if path.parent == cache] == ["psf"]


def test_a_mirror_that_does_not_exist_is_the_users_mistake(offline: RealManifest, tmp_path: Path) -> None:
    for ask in (fetch, is_available):
        with pytest.raises(InputError, match="nowhere is not a folder"):
            ask(offline, mirror=tmp_path / "nowhere")


@pytest.mark.parametrize("place", ["mirror", "cache"])
def test_a_damaged_local_file_is_refused_with_both_checksums(online: RealManifest, mirror: Path, place: str) -> None:
    folder = mirror if place == "mirror" else None
    damaged = fetch(online, mirror=folder)["cube"]
    damaged.write_bytes(b"damaged")
    with pytest.raises(AlgoZooError) as caught:
        fetch(online, mirror=folder)
    for part in (damaged, online.files.cube.sha256, hashlib.sha256(b"damaged").hexdigest(), "delete it"):
        assert str(part) in str(caught.value)
    assert not isinstance(caught.value, InputError)


def test_a_damaged_download_is_refused_and_nothing_is_kept(
    online: RealManifest, served: tuple[Path, str], cache: Path
) -> None:
    (served[0] / "cube.fits").write_bytes(b"damaged")
    with pytest.raises(AlgoZooError, match="wrong checksum") as caught:
        fetch(online)
    assert online.files.cube.sha256 in str(caught.value)
    assert hashlib.sha256(b"damaged").hexdigest() in str(caught.value)
    assert list(cache.iterdir()) == []


def test_without_a_network_the_failure_is_quick_and_shows_the_mirror_way(offline: RealManifest) -> None:
    start = time.monotonic()
    with pytest.raises(DatasetUnavailable) as caught:
        fetch(offline)
    assert time.monotonic() - start < 5
    for part in (offline.files.cube.url, "mine/cube.fits", "ALGOZOO_MIRROR"):
        assert part in str(caught.value)
    assert not is_available(offline)


def test_a_file_that_the_server_lacks_makes_the_dataset_unavailable(
    online: RealManifest, served: tuple[Path, str]
) -> None:
    (served[0] / "angles.fits").unlink()
    with pytest.raises(DatasetUnavailable, match="HTTPError 404"):
        fetch(online)


def test_a_full_disk_leaves_nothing_half_written(
    offline: RealManifest, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(_: object, _url: str, output: str, *_args: object) -> None:
        Path(output).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", fill)
    with pytest.raises(AlgoZooError, match=r"No space left on device.*ALGOZOO_CACHE") as caught:
        fetch(offline)
    assert not isinstance(caught.value, DatasetUnavailable)
    assert list(cache.iterdir()) == []


def test_a_simulated_dataset_needs_no_files() -> None:
    manifest = load_dataset("tiny").manifest
    assert is_available(manifest)
    assert fetch(manifest) == {}
