import gzip
import os
import socket
import subprocess
import sys

import pytest

from algozoo import files
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import (
    file_digest,
    folder_digest,
    read_text,
    remove_litter,
    source_digest,
    unpacked,
    working_folder,
    write_whole,
)

KILLED = """
import os, signal, sys
from pathlib import Path
from algozoo.files import working_folder
with working_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def litter(tmp_path):
    """Leave the working folder of a process that was killed."""
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    [folder] = tmp_path.iterdir()
    return folder


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "new" / "file.txt"
    write_whole(path, lambda p: p.write_text("first"))
    write_whole(path, lambda p: p.write_text("second"))
    assert path.read_text() == "second"
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError("odd")])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def fail(temporary):
        temporary.write_text("half")
        raise error

    with pytest.raises(AlgoZooError if isinstance(error, OSError) else type(error)):
        write_whole(path, fail)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_digest_depends_on_names_and_contents_of_code_alone(tmp_path):
    (tmp_path / "a.py").write_text("x = 1")
    first = source_digest([tmp_path])
    (tmp_path / "notes.txt").write_text("not code")
    assert source_digest([tmp_path]) == first
    (tmp_path / "b.py").write_text("")
    second = source_digest([tmp_path])
    (tmp_path / "a.py").write_text("x = 2")
    assert len({first, second, source_digest([tmp_path])}) == 3
    assert source_digest([tmp_path / "b.py"]) == source_digest([tmp_path / "b.py"])


@pytest.mark.parametrize("read", [read_text, file_digest, lambda path: unpacked(path).__enter__()])
@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "device", "nothing"])
def test_what_is_no_file_is_refused_at_once(tmp_path, read, kind):
    path = tmp_path / kind
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    with pytest.raises(InputError, match=f"{path}: (is a folder, a pipe or a device|cannot be read)"):
        read(path)


def test_text_is_limited_and_in_utf8(tmp_path):
    (tmp_path / "a").write_bytes(b"12345\r\n")
    assert read_text(tmp_path / "a", 7) == "12345\r\n"
    with pytest.raises(InputError, match="a: has more than"):
        read_text(tmp_path / "a", 6)
    (tmp_path / "a").write_bytes(b"\xff")
    with pytest.raises(InputError, match="is not text in UTF-8"):
        read_text(tmp_path / "a")


def test_what_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(10**7)))
    with unpacked(path) as content:
        assert content.stream.read(5) == bytes(5)
    monkeypatch.setattr(files, "SMALL", 10**5)
    with pytest.raises(InputError, match=r"a\.gz: unpacks to more than"), unpacked(path):
        pass


def test_a_packed_file_is_read_to_its_checksum(tmp_path):
    content = bytearray(gzip.compress(bytes(1000)))
    content[-5] ^= 1
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(InputError, match="truncated or damaged"), unpacked(tmp_path / "a.gz") as opened:
        opened.stream.read(1)


def test_names_of_files_forge_no_line(tmp_path):
    (tmp_path / "x\nREADY").symlink_to("y")
    with pytest.raises(InputError) as refused:
        folder_digest(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_working_folder_is_empty_and_gone_in_the_end(tmp_path):
    with working_folder(tmp_path / "new") as folder:
        assert list(folder.iterdir()) == []
        (folder / "file").touch()
    assert list((tmp_path / "new").iterdir()) == []


def test_the_next_writer_removes_what_a_killed_one_left(tmp_path, litter):
    assert (litter / "work" / "half").is_file()
    write_whole(tmp_path / "file.txt", lambda p: p.write_text("whole"))
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_the_folder_of_a_process_that_lives_is_kept(tmp_path):
    program = "import sys; from pathlib import Path; from algozoo.files import remove_litter as r; r(Path(sys.argv[1]))"
    with working_folder(tmp_path) as folder:
        subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
        assert folder.is_dir()


def test_the_folder_of_another_machine_is_kept_for_a_day(tmp_path, litter, monkeypatch):
    monkeypatch.setattr(files.platform, "node", lambda: "another")
    remove_litter(tmp_path)
    assert litter.is_dir()
    a_day_ago = litter.stat().st_mtime - files.ABANDONED - 60
    os.utime(litter, (a_day_ago, a_day_ago))
    remove_litter(tmp_path)
    assert not litter.exists()


@pytest.mark.parametrize("name", [".hidden", "folder.algozoo-tmp", ".x.algozoo-tmp"])
def test_what_is_no_working_folder_is_kept(tmp_path, name):
    (tmp_path / name).mkdir()
    remove_litter(tmp_path)
    assert (tmp_path / name).is_dir()
