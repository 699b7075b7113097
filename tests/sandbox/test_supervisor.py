import os
import platform
import select
import socket
import sys
import threading
import time

import pytest

from algozoo.sandbox import linux
from algozoo.sandbox.allowance import MEGABYTE, Allowance
from algozoo.sandbox.filter import filter_system_calls
from algozoo.sandbox.supervisor import Supervisor

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"}, reason="there is no filter here"
)


def supervised(work, allowance: Allowance) -> str:
    """Run something behind the filter, in a process of its own, and return what it says."""
    ours, theirs = socket.socketpair()
    if (pid := os.fork()) == 0:
        said = "failed"
        try:
            linux.give_up_capabilities()
            socket.send_fds(theirs, [b"!"], [filter_system_calls()])
            said = str(work())
        finally:
            theirs.send(said.encode())
            os._exit(0)
    theirs.close()
    with ours:
        supervisor = Supervisor(ours, allowance)
        while not supervisor.listens():
            time.sleep(0.001)
        poll = select.poll()
        for descriptor in (supervisor.listener, ours.fileno()):
            poll.register(descriptor, select.POLLIN)
        while ours.fileno() not in (events := dict(poll.poll())):
            if not supervisor.answer(events[supervisor.listener]):
                poll.unregister(supervisor.listener)
        said = ours.recv(1000).decode()
        supervisor.close()
    os.waitpid(pid, 0)
    return said


@pytest.mark.parametrize("starts", [0, 5])
def test_so_many_are_started_and_no_more(starts):
    def start() -> int:
        for count in range(10):
            try:
                thread = threading.Thread(target=int)
                thread.start()
                thread.join()
            except RuntimeError:
                return count
        return 10

    assert supervised(start, Allowance(seconds=10, memory_mb=100, starts=starts)) == str(starts)


def test_a_run_sees_its_own_memory_and_no_load():
    def ask() -> tuple[int, tuple[float, ...]]:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), os.getloadavg()

    assert supervised(ask, Allowance(seconds=10, memory_mb=100)) == str((100 * MEGABYTE, (0.0, 0.0, 0.0)))
