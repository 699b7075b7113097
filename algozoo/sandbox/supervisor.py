"""Answers the system calls that the filter leaves to the zygote: those that start a process, and `sysinfo`.

Standard library only, as the zygote imports it. Numbers are those of `linux/seccomp.h`.
"""

import errno
import fcntl
import os
import struct
from contextlib import suppress

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
    listener : int
        Descriptor of the filter, see `algozoo.sandbox.filter.filter_system_calls`.
    allowance : Allowance
        Its memory is what `sysinfo` tells the run.
    """

    def __init__(self, listener: int, allowance: Allowance) -> None:
        self.listener, self._allowance, self._starts = listener, allowance, 0

    def answer(self) -> None:
        """Answer one call; nothing if who asked has died."""
        question = bytearray(_QUESTION.size)
        with suppress(OSError):
            fcntl.ioctl(self.listener, _RECEIVE, question)
            identity, pid, _, number, _, _, *arguments = _QUESTION.unpack(question)
            error = self._tell(pid, arguments[0]) if number in SYSINFO else self._start()
            goes_on = number not in SYSINFO and not error
            fcntl.ioctl(self.listener, _SEND, _ANSWER.pack(identity, 0, -error, _CONTINUE if goes_on else 0))

    def _start(self) -> int:
        self._starts += 1
        return errno.EAGAIN if self._starts > self._allowance.starts else 0

    def _tell(self, pid: int, address: int) -> int:
        """Write the answer of `sysinfo` into a process: all memory that it may have is there, and nobody else is."""
        memory = self._allowance.memory_mb * MEGABYTE
        facts = _SYSINFO_ANSWER.pack(0, 0, 0, 0, memory, memory, 0, 0, 0, 0, 1, 0, 0, 1)
        try:
            descriptor = os.open(f"/proc/{pid}/mem", os.O_WRONLY)
            try:
                os.pwrite(descriptor, facts, address)
            finally:
                os.close(descriptor)
        except OSError:
            return errno.EPERM
        return 0
