"""The process that stays in the confinement and forks a child for each run; it never runs what is not ours itself.

Standard library only, but for the modules that it is told to import so that no child has to. It is started as
``python -m algozoo.sandbox.zygote SOCKET SETTINGS``: the number of an inherited socket, and `Settings` as JSON. A
message on the socket is a run: limits as JSON, and the descriptors of the request, the reply and the output. The answer
is `Ended` as JSON. When the socket closes, everything ends.
"""

import faulthandler
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from algozoo.sandbox import landlock, linux
from algozoo.sandbox.limits import Limits

REQUEST, REPLY = 3, 4
"""Descriptors of a child."""
STOP = b"stop"
POLL_SECONDS, LONGEST_PAUSE = 0.05, 0.5
"""Between two looks at the memory; as those take time themselves, they are rarer where they take long."""
MEGABYTE = 2**20
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a folder of that kind is what is made there
OPEN_FILES = 256
ADDRESS_SPACE_MB = 4096
"""More address space than memory: libraries reserve it and leave it empty. Memory itself is measured."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a zygote works.

    Parameters
    ----------
    program : str
        Module whose `main(request, reply, folder)` is called in each child: a socket that gives the request to
        `algozoo.sandbox.channels.take_request`, a descriptor to write to, and the folder below.
    folder : str
        Where the code that is not ours is.
    preload : list of str
        Modules that are imported once, before any child is forked; those that cannot be are left to the children.
    path : list of str
        Folders of modules.
    scratch : str
        Folder over which each child gets an empty one of its own.
    hidden : list of str
        Folders that no child shall find.
    uid : int or None
        User as whom children run; by default the one who runs the zygote.
    isolate : bool
        Whether children enter namespaces of their own; False without a sandbox.
    readable : list of str
        Where the files of the whole machine are there, those that children may read; empty where they are not.
    devices : list of str
        Those that children may use.
    """

    program: str
    folder: str
    preload: list[str]
    path: list[str]
    scratch: str
    hidden: list[str]
    uid: int | None
    isolate: bool
    readable: list[str]
    devices: list[str]


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
    """Gives a child its request when it asks for it, and its time counts from then on.

    What it does before, such as to import itself, it does without the data; so it cannot gain by a late question.
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
            if message == STOP:  # it came too late: the run has ended by itself
                continue
            limits = Limits(**json.loads(message))
            try:
                ended = self.run(limits, descriptors)
            finally:
                for descriptor in descriptors:
                    with suppress(OSError):
                        os.close(descriptor)
            self.control.send(json.dumps(asdict(ended)).encode())

    def run(self, limits: Limits, descriptors: list[int]) -> Ended:
        """Fork a child, watch it until it ends, and see to it that nothing of it is left."""
        asked, child_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request, *outlets = descriptors
        if self.settings.isolate:
            linux.unshare(linux.NEW_PIDS)
        handover = Handover(asked, request, time.monotonic())
        pid = os.fork()
        if pid == 0:
            self._child([child_end.fileno(), *outlets], limits)
        child_end.close()
        if self.settings.isolate:
            linux.set_namespace(self.namespace, linux.NEW_PIDS)
        for descriptor in outlets:
            os.close(descriptor)
        del descriptors[1:]
        with asked:
            status, peak = self._watch(pid, limits, handover)
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

    def _watch(self, pid: int, limits: Limits, handover: Handover) -> tuple[str, int]:
        """Wait until the child ends or goes too far, and kill it then; return what happened, and its peak of memory."""
        handle = os.pidfd_open(pid)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.register(self.control, select.POLLIN)
        poll.register(question := handover.socket.fileno(), select.POLLIN)
        end, peak, pause = time.monotonic() + limits.seconds, 0, POLL_SECONDS
        while True:
            events = dict(poll.poll(1000 * max(0.0, min(pause, end - time.monotonic()))))
            if handle in events:
                os.close(handle)
                return "exited", peak
            if question in events:
                poll.unregister(question)
                handover.give(pid)
            before = time.monotonic()
            pids = self._processes(pid)
            peak = max(peak, sum(map(_memory_of, pids)))
            pause = min(max(POLL_SECONDS, 10 * (time.monotonic() - before)), LONGEST_PAUSE)
            status = ""
            if self.control.fileno() in events:
                self.control.recv(65536)
                status = "stopped"
            elif peak > limits.memory_mb * MEGABYTE:
                status = "memory"
            elif len(pids) > limits.processes:  # root of a user namespace is exempt from RLIMIT_NPROC
                status = "processes"
            elif time.monotonic() >= end:
                status = "timeout"
            if status:
                _kill(pid, group=not self.settings.isolate)
                os.close(handle)
                return status, peak

    def _processes(self, pid: int) -> list[int]:
        """List the child and all that it started: in the confinement are only these, its first process, and we."""
        if not self.settings.isolate:
            return [pid]
        return [int(p.name) for p in Path("/proc").glob("[0-9]*") if int(p.name) not in {1, os.getpid()}]

    def _child(self, descriptors: list[int], limits: Limits) -> NoReturn:
        """Confine this process and run the program."""
        code = 70
        try:
            _arrange(descriptors)
            os.setsid()
            if self.settings.isolate:
                _isolate(self.settings, limits)
            _limit(limits, isolated=self.settings.isolate)
            faulthandler.enable()
            program = import_module(self.settings.program)
            program.main(REQUEST, REPLY, self.settings.folder)
            code = 0
        except BaseException as error:  # noqa: BLE001 - the child must not go on as a second zygote
            with suppress(BaseException):
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(code)


def _arrange(descriptors: list[int]) -> None:
    """Bring request, reply and output to their numbers and close every other descriptor."""
    request, reply, output = (os.dup2(fd, 100 + i) for i, fd in enumerate(descriptors))
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in ((nothing, 0), (output, 1), (output, 2), (request, REQUEST), (reply, REPLY)):
        os.dup2(descriptor, number)
    os.closerange(REPLY + 1, 1 << 20)


def _cpu_clock(pid: int) -> int:
    """Name the clock of a process's CPU time, as `clock_getcpuclockid` does on Linux."""
    return ~pid << 3 | 2


def _isolate(settings: Settings, limits: Limits) -> None:
    """Leave everything that another run could see or could have left."""
    linux.unshare(linux.NEW_MOUNTS | linux.NEW_IPC | linux.NEW_NETWORK)
    linux.mount("none", "/", None, linux.RECURSIVE | linux.PRIVATE)
    uid = os.getuid() if settings.uid is None else settings.uid
    for folder in dict.fromkeys((settings.scratch, SHARED_MEMORY)):
        options = f"size={limits.folder_mb}m,nr_inodes=16384,mode=0700,uid={uid}"
        linux.mount("tmpfs", folder, "tmpfs", linux.NO_SETUID | linux.NO_DEVICES, options)
    linux.mount("proc", "/proc", "proc", linux.NO_SETUID | linux.NO_DEVICES)
    if settings.uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    os.chdir(settings.scratch)
    linux.give_up_capabilities()
    if settings.readable:
        landlock.keep_only(
            readable=[*settings.readable, "/proc"], devices=settings.devices, writable=[settings.scratch, SHARED_MEMORY]
        )
    linux.filter_system_calls(unix_sockets=not settings.readable)  # Landlock lets them connect to any file


def _limit(limits: Limits, *, isolated: bool) -> None:
    ceilings = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_FSIZE: limits.folder_mb * MEGABYTE,
    }
    if isolated:
        ceilings[resource.RLIMIT_NPROC] = limits.processes
    if not limits.gpu:
        ceilings[resource.RLIMIT_AS] = (limits.memory_mb + ADDRESS_SPACE_MB) * MEGABYTE
    for kind, ceiling in ceilings.items():
        resource.setrlimit(kind, (ceiling, ceiling))


def _memory_of(pid: int) -> int:
    """Proportional set size, or where that may not be read, the resident one."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    with suppress(OSError):
        return resource.getpagesize() * int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return 0


def _kill(pid: int, *, group: bool) -> None:
    """Kill a child: with the first process of a namespace all others die, without one at least its group."""
    with suppress(ProcessLookupError):
        (os.killpg if group else os.kill)(pid, signal.SIGKILL)


def _prepare(settings: Settings) -> None:
    """Hide what nobody shall find, this process included, and let nobody date a device."""
    linux.hide_from_debuggers()
    for folder in filter(os.path.isdir, settings.hidden):
        linux.mount("tmpfs", folder, "tmpfs", linux.READ_ONLY, "size=4k")
    if settings.readable:
        landlock.make_all_read_only()
        return
    for device in settings.devices:
        linux.mount("none", device, None, linux.REMOUNT | linux.BIND | linux.READ_ONLY | linux.NO_SETUID)


def main(arguments: list[str]) -> None:
    """Start: import what all children need, say so, and serve."""
    settings: Any = Settings(**json.loads(arguments[1]))
    sys.argv = [""]
    if settings.isolate:
        _prepare(settings)
    sys.path += settings.path
    for module in settings.preload:
        with suppress(Exception):  # whoever needs it will say so
            import_module(module)
    with socket.socket(fileno=int(arguments[0])) as control:
        control.send(b"ready")
        Zygote(control, settings).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
