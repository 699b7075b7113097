import mmap
import os
import platform
import sys

import pytest

from algozoo.sandbox import linux
from algozoo.sandbox.filter import filter_system_calls

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"}, reason="there is no filter here"
)


def filtered(work) -> str:
    """Run something behind the filter, in a process of its own, and return what it says."""
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        said = "failed"
        try:
            linux.give_up_capabilities()
            filter_system_calls()
            said = str(work())
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.close(writing)
    os.waitpid(pid, 0)
    with os.fdopen(reading) as stream:
        return stream.read()


def is_cached(descriptor: int) -> bool:
    try:
        return os.preadv(descriptor, [bytearray(1)], 2**22, os.RWF_NOWAIT) == 1
    except BlockingIOError:
        return False


def test_advice_does_not_throw_a_file_out_of_the_page_cache(tmp_path):
    (tmp_path / "file").write_bytes(bytes(2**23))
    descriptor = os.open(tmp_path / "file", os.O_RDWR)
    os.fsync(descriptor)

    def advise() -> str:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        with mmap.mmap(descriptor, 0, mmap.MAP_SHARED, mmap.PROT_READ) as mapped:
            mapped[2**22]
            mapped.madvise(21)  # MADV_PAGEOUT
        return "done"

    assert is_cached(descriptor)
    assert filtered(advise) == "done"
    assert is_cached(descriptor)
    os.close(descriptor)


def test_advice_about_memory_of_its_own_is_followed():
    def give_back() -> int:
        with mmap.mmap(-1, 4096, mmap.MAP_PRIVATE) as memory:
            memory[0] = 1
            memory.madvise(mmap.MADV_DONTNEED)
            return memory[0]

    assert filtered(give_back) == "0"
