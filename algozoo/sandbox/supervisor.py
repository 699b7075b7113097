"""Answers the system calls that the filter leaves to the zygote: those that start a process, and `sysinfo`.

Standard library only, as the zygote imports it. Numbers are those of `linux/seccomp.h`.
"""

import errno
import fcntl
import os
import select
import socket
import struct
from contextlib import suppress

from algozoo.sandbox import linux
from algozoo.sandbox.allowance import MEGABYTE, Allowance
from algozoo.sandbox.filter import SYSINFO

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_QUESTION, _ANSWER = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI")
_CONTINUE = 1
_SYSINFO_ANSWER = struct.Struct("=10QH6x2QI4x")


class Supervisor:
    """Lets a run start so many processes and threads in all, and keeps from it what the whole machine does.

    Parameters
    ----------
    calls : socket
        Through which the descriptor of the filter comes, see `algozoo.sandbox.filter.filter_system_calls`.
    allowance : Allowance
        Its memory is what `sysinfo` tells the run.
    """

    def __init__(self, calls: socket.socket, allowance: Allowance) -> None:
        self._calls, self._allowance, self._starts = calls, allowance, 0
        self.listener = -1

    def listens(self) -> bool:
        """Take the descriptor, and return whether it came just now; nobody is woken up for that before it is needed."""
        with suppress(BlockingIOError):
            _, came, _, _ = socket.recv_fds(self._calls, 1, 1, socket.MSG_DONTWAIT)
            if came:
                [self.listener] = came
                return True
        return False

    def close(self) -> None:
        """Let go of it."""
        self._calls.close()
        if self.listener != -1:
            os.close(self.listener)

    def answer(self, event: int) -> bool:
        """Answer one call, unless who asked has died; False if nobody is left to ask.

        Parameters
        ----------
        event : int
            What `poll` says of the descriptor.
        """
        if not event & select.POLLIN:
            return False
        question = bytearray(_QUESTION.size)
        with suppress(OSError):
            fcntl.ioctl(self.listener, _RECEIVE, question)
            identity, pid, _, number, _, _, *arguments = _QUESTION.unpack(question)
            error = self._tell(pid, arguments[0]) if number in SYSINFO else self._start()
            goes_on = number not in SYSINFO and not error
            fcntl.ioctl(self.listener, _SEND, _ANSWER.pack(identity, 0, -error, _CONTINUE if goes_on else 0))
        return True

    def _start(self) -> int:
        self._starts += 1
        return errno.EAGAIN if self._starts > self._allowance.starts else 0

    def _tell(self, pid: int, address: int) -> int:
        """Write the answer of `sysinfo` into a process: all memory that it may have is there, and nobody else is."""
        memory = self._allowance.memory_mb * MEGABYTE
        facts = _SYSINFO_ANSWER.pack(0, 0, 0, 0, memory, memory, 0, 0, 0, 0, 1, 0, 0, 1)
        try:
            linux.write_memory(pid, address, facts)
        except OSError:
            return errno.EPERM
        return 0
