"""The process that stays in the confinement and forks a child for each run; it never runs third-party code itself.

Standard library only, except for the modules that it imports so that no child has to. It is started as
``python -m algozoo.sandbox.zygote SOCKET PROGRAM SETTINGS MODULE...``: the number of an inherited socket, the module
that `run_program` runs, `Settings` as JSON, and the modules to import; those that cannot be imported are left to the
children. A message on the socket is a run: its `Allowance` as JSON, and the descriptors of the request, the reply and
the output. The answer is `Ended` as JSON. When the socket closes, everything ends.
"""

import json
import os
import select
import signal
import socket
import sys
import time
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from algozoo.sandbox import filter as filter_of_calls
from algozoo.sandbox import linux
from algozoo.sandbox.allowance import MEGABYTE, Allowance
from algozoo.sandbox.child import Settings, run_program
from algozoo.sandbox.memory import memory_of, sockets_of
from algozoo.sandbox.supervisor import Supervisor

STOP = b"stop"
POLL_SECONDS, LONGEST_PAUSE = 0.05, 0.5
"""Between two measurements of the memory, which are rarer where they take long."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a child ended, and what it took from the moment when it was given its request, or else was forked.

    `status` is 'exited', 'stopped', 'timeout', 'memory' or 'processes', `code` its exit code, negative for a signal.
    """

    status: str
    code: int
    seconds: float
    cpu_seconds: float
    memory_bytes: int


@dataclass
class Handover:
    """Gives a child its request when it asks for it; the time of the child counts from then on.

    What it does before, such as its imports, it does without the data, so it gains nothing by a late question.
    """

    socket: socket.socket
    request: int
    begun: float
    cpu_before: float = 0.0

    def give(self, pid: int) -> None:
        """Answer the question of a child, or the end of its socket."""
        with self.socket, suppress(OSError):  # it has died in between
            if self.socket.recv(1):
                self.begun, self.cpu_before = time.monotonic(), time.clock_gettime(_cpu_clock(pid))
                socket.send_fds(self.socket, [b"\0"], [self.request])


@dataclass
class Zygote:
    """Forks children, one at a time, and watches over them."""

    control: socket.socket
    program: str
    settings: Settings
    namespace: int = -1

    def __post_init__(self) -> None:
        if self.settings.isolate:
            self.namespace = os.open("/proc/self/ns/pid", os.O_RDONLY)

    def serve(self) -> None:
        """Run children until the socket closes."""
        while True:
            message, descriptors, _, _ = socket.recv_fds(self.control, 65536, 3)
            if not message:
                return
            if message == STOP:  # too late: the run has ended by itself
                continue
            allowance = Allowance(**json.loads(message))
            try:
                ended = self.run(allowance, descriptors)
            finally:
                for descriptor in descriptors:
                    with suppress(OSError):
                        os.close(descriptor)
            self.control.send(json.dumps(asdict(ended)).encode())

    def run(self, allowance: Allowance, descriptors: list[int]) -> Ended:
        """Fork a child, watch it until it ends, and leave nothing of it."""
        asked, asking = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        calls, calling = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request, *outlets = descriptors
        if self.settings.isolate:
            linux.unshare(linux.NEW_PIDS)
        handover = Handover(asked, request, time.monotonic())
        pid = os.fork()
        if pid == 0:
            run_program(self.program, self.settings, [asking.fileno(), *outlets, calling.fileno()], allowance)
        asking.close()
        calling.close()
        if self.settings.isolate:
            linux.set_namespace(self.namespace, linux.NEW_PIDS)
        for descriptor in outlets:
            os.close(descriptor)
        del descriptors[1:]
        with asked, closing(Supervisor(calls, allowance)) as supervisor:
            status, peak = self._watch(pid, allowance, handover, supervisor)
        _, code, usage = os.wait4(pid, 0)
        now = time.monotonic()
        if not self.settings.isolate:
            _kill(pid, group=True)
        return Ended(
            status=status,
            code=os.waitstatus_to_exitcode(code),
            seconds=now - handover.begun,
            cpu_seconds=usage.ru_utime + usage.ru_stime - handover.cpu_before,
            memory_bytes=max(peak, usage.ru_maxrss * 1024),
        )

    def _watch(self, pid: int, allowance: Allowance, handover: Handover, supervisor: Supervisor) -> tuple[str, int]:
        """Wait for the child, kill it if it exceeds its allowance, and return what happened and its peak memory."""
        handle, question = os.pidfd_open(pid), handover.socket.fileno()
        poll = select.poll()
        for descriptor in (handle, self.control.fileno(), question):
            poll.register(descriptor, select.POLLIN)
        begun = time.monotonic()
        end, due, peak, status = begun + allowance.seconds, begun + POLL_SECONDS, 0, ""
        while not status:
            pause = 1000 * max(0.0, min(due, end) - time.monotonic())
            events = dict(poll.poll(pause))
            if handle in events:
                break
            is_due = time.monotonic() >= min(due, end)
            if (is_due or question in events) and supervisor.listens():
                poll.register(supervisor.listener, select.POLLIN)
            if question in events:  # it asks once, and its number may soon be that of another file
                poll.unregister(question)
                handover.give(pid)
            if supervisor.listener in events and not supervisor.answer(events[supervisor.listener]):
                poll.unregister(supervisor.listener)
            if is_due:
                status, peak, due = self._measure(pid, allowance, peak, end)
            if self.control.fileno() in events:
                self.control.recv(65536)
                status = "stopped"
        os.close(handle)
        if status:
            _kill(pid, group=not self.settings.isolate)
        return status or "exited", peak

    def _measure(self, pid: int, allowance: Allowance, peak: int, end: float) -> tuple[str, int, float]:
        """Return what a child has too much of, its peak memory, and when to measure again."""
        begun = time.monotonic()
        pids = self._processes(pid)
        sockets = sockets_of(pid) if self.settings.isolate else 0
        peak = max(peak, sum(map(memory_of, pids)) + sockets)
        now = time.monotonic()
        due = now + min(max(POLL_SECONDS, 10 * (now - begun)), LONGEST_PAUSE)
        status = ""
        if peak > allowance.memory_mb * MEGABYTE:
            status = "memory"
        elif len(pids) > allowance.processes:  # root of a user namespace is exempt from RLIMIT_NPROC
            status = "processes"
        elif now >= end:
            status = "timeout"
        return status, peak, due

    def _processes(self, pid: int) -> list[int]:
        """List the child and all that it started: the confinement has only these, its first process, and this one."""
        if not self.settings.isolate:
            return [pid]
        return [int(p.name) for p in Path("/proc").glob("[0-9]*") if int(p.name) not in {1, os.getpid()}]


def _cpu_clock(pid: int) -> int:
    """Name the clock of a process's CPU time, as `clock_getcpuclockid` does on Linux."""
    return ~pid << 3 | 2


def _kill(pid: int, *, group: bool) -> None:
    """Kill a child: with the first process of a namespace all others die; without a namespace, kill its group."""
    with suppress(ProcessLookupError):
        (os.killpg if group else os.kill)(pid, signal.SIGKILL)


def _prepare(settings: Settings) -> None:
    """Hide what nobody must find, this process included, and let nobody date a device."""
    filter_of_calls.prepare()
    linux.hide_from_debuggers()
    for folder in filter(os.path.isdir, settings.hidden):
        linux.mount("tmpfs", folder, "tmpfs", linux.READ_ONLY, "size=4k")
    for device in settings.devices:
        linux.mount("none", device, None, linux.REMOUNT | linux.BIND | linux.READ_ONLY | linux.NO_SETUID)


def main(arguments: list[str]) -> None:
    """Start: import what all children need, report it, and serve."""
    number, program, text, *modules = arguments
    settings = Settings(**json.loads(text))
    sys.argv = [""]
    if settings.isolate:
        _prepare(settings)
    sys.path += settings.site
    for module in modules:
        with suppress(Exception):  # a child that needs it reports why
            import_module(module)
    with socket.socket(fileno=int(number)) as control:
        control.send(b"ready")
        Zygote(control, program, settings).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
