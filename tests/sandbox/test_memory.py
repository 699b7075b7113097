import os
import socket
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from algozoo.sandbox.allowance import MEGABYTE
from algozoo.sandbox.memory import memory_of, sockets_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc here")


def test_memory_counts_what_is_taken():
    before = memory_of(os.getpid())
    taken = np.ones(100 * MEGABYTE // 8)
    assert 90 * MEGABYTE < memory_of(os.getpid()) - before < 110 * MEGABYTE
    del taken


def test_a_process_whose_first_thread_has_ended_still_counts():
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        threading.Thread(target=lambda: (os.write(writing, b"!"), time.sleep(60))).start()
        import ctypes  # noqa: PLC0415 - in the child only

        ctypes.CDLL(None).pthread_exit(None)
    os.read(reading, 1)
    try:
        end = time.monotonic() + 30
        while "State:\tZ" not in Path(f"/proc/{pid}/status").read_text():
            assert time.monotonic() < end
            time.sleep(0.01)
        assert memory_of(pid) > MEGABYTE
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        for descriptor in (reading, writing):
            os.close(descriptor)


def test_who_is_gone_takes_nothing():
    assert memory_of(2**22) == sockets_of(2**22) == 0


def test_sockets_count_as_much_as_they_can_hold():
    before, kept = sockets_of(os.getpid()), [socket.socketpair(type=socket.SOCK_SEQPACKET) for _ in range(50)]
    held = 0
    for end in (end for pair in kept for end in pair):
        end.settimeout(0)
        try:
            while True:
                held += end.send(bytes(150_000))
        except BlockingIOError:
            pass
    counted = sockets_of(os.getpid()) - before
    for end in (end for pair in kept for end in pair):
        end.close()
    assert held <= counted <= 3 * held
