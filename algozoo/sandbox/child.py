"""The process of one run: it gives up all that another run could see, and then runs the program.

Standard library only, as the zygote imports it.
"""

import faulthandler
import os
import resource
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import NoReturn

from algozoo.sandbox import linux
from algozoo.sandbox.allowance import MEGABYTE, Allowance
from algozoo.sandbox.filter import filter_system_calls
from algozoo.sandbox.proc import mount_proc

REQUEST, REPLY, CALLS = 3, 4, 5
"""Descriptors of a child; the last one is closed before the program runs."""
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a folder of that kind is what is made there
OPEN_FILES = 256
PENDING_SIGNALS = 1024
ADDRESS_SPACE_MB = 4096
"""More address space than memory: libraries reserve it and leave it empty. Memory itself is measured."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What runs find in their confinement, and what they give up.

    Parameters
    ----------
    folder : str
        Of the third-party code.
    site : list of str
        Folders of installed packages.
    scratch : str
        Folder over which each run gets an empty one of its own.
    isolate : bool
        Whether runs enter namespaces of their own; False without a sandbox.
    hidden : list of str
        Folders that no run must find.
    devices : list of str
        Those that runs may use.
    uid : int or None
        User of the runs; by default the one who runs the zygote.
    """

    folder: str
    site: list[str]
    scratch: str
    isolate: bool
    hidden: list[str] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)
    uid: int | None = None


def run_program(name: str, settings: Settings, descriptors: list[int], allowance: Allowance) -> NoReturn:
    """Confine this process, which was just forked, and run the program in it.

    Parameters
    ----------
    name : str
        Module whose `main(request, reply, folder)` is called: a socket that gives the request to
        `algozoo.sandbox.channels.take_request`, a descriptor to write to, and the folder of the third-party code.
    settings : Settings
    descriptors : list of int
        Of the request, the reply, the output, and the socket to `algozoo.sandbox.supervisor.Supervisor`.
    allowance : Allowance
    """
    code = 70
    try:
        _arrange(descriptors)
        os.setsid()
        if settings.isolate:
            _isolate(settings, allowance)
        os.close(CALLS)
        _limit(allowance, isolated=settings.isolate)
        faulthandler.enable()
        import_module(name).main(REQUEST, REPLY, settings.folder)
        code = 0
    except BaseException as error:  # noqa: BLE001 - the child must not go on as a second zygote
        with suppress(BaseException):
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)


def _arrange(descriptors: list[int]) -> None:
    """Bring the descriptors to their numbers and close every other one."""
    request, reply, output, calls = (os.dup2(fd, 100 + i) for i, fd in enumerate(descriptors))
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in (
        (nothing, 0),
        (output, 1),
        (output, 2),
        (request, REQUEST),
        (reply, REPLY),
        (calls, CALLS),
    ):
        os.dup2(descriptor, number)
    os.closerange(CALLS + 1, 1 << 20)


def _isolate(settings: Settings, allowance: Allowance) -> None:
    """Leave all that another run could see or could have left."""
    linux.unshare(linux.NEW_MOUNTS | linux.NEW_IPC | linux.NEW_NETWORK)
    linux.mount("none", "/", None, linux.RECURSIVE | linux.PRIVATE)
    mount_proc(settings.scratch, allowance)
    uid = os.getuid() if settings.uid is None else settings.uid
    for folder in (settings.scratch, SHARED_MEMORY):
        options = f"size={allowance.folder_mb}m,nr_inodes=16384,mode=0700,uid={uid}"
        linux.mount("tmpfs", folder, "tmpfs", linux.NO_SETUID | linux.NO_DEVICES, options)
    if settings.uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    os.chdir(settings.scratch)
    linux.give_up_capabilities()
    _hand_over(filter_system_calls())


def _hand_over(listener: int | None) -> None:
    """Give the zygote what it answers system calls through."""
    if listener is not None:
        with socket.socket(fileno=os.dup(CALLS)) as calls:
            socket.send_fds(calls, [b"!"], [listener])
        os.close(listener)


def _limit(allowance: Allowance, *, isolated: bool) -> None:
    ceilings = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_SIGPENDING: PENDING_SIGNALS,
        resource.RLIMIT_FSIZE: allowance.folder_mb * MEGABYTE,
    }
    if isolated:
        ceilings[resource.RLIMIT_NPROC] = allowance.processes
    if not allowance.gpu:
        ceilings[resource.RLIMIT_AS] = (allowance.memory_mb + ADDRESS_SPACE_MB) * MEGABYTE
    for kind, ceiling in ceilings.items():
        resource.setrlimit(kind, (ceiling, ceiling))
