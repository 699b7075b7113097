"""The filter of system calls (seccomp): what no detector needs is refused, and what must be counted is asked about.

Standard library only: this runs before anything else is imported. Numbers are those of the kernel's headers
(`linux/seccomp.h`, `linux/filter.h`, `asm/unistd.h`), of x86-64 and of 64-bit ARM.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Iterable, Iterator
from functools import cache

_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ABSENT_HERE = -1
_DENIED = {
    # outlives a process, or hides memory from its account
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "vmsplice": (278, 75),
    "io_setup": (206, 0),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # reaches other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "userfaultfd": (323, 282),
    # makes namespaces and mounts, or programs for the kernel
    "unshare": (272, 97),
    "setns": (308, 268),
    "pivot_root": (155, 41),
    "mount": (165, 40),
    "umount2": (166, 39),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "bpf": (321, 280),
    # tells of the machine: of what is in its page cache, in its log, and of who opens a file
    "mincore": (27, 232),
    "cachestat": (451, 451),
    "perf_event_open": (298, 241),
    "syslog": (103, 116),
    "statmount": (457, 457),
    "listmount": (458, 458),
    "inotify_init": (253, _ABSENT_HERE),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
}
_ABSENT = {"preadv2": (327, 286), "clone3": (435, 435), "pidfd_open": (434, 434)}
"""What libraries do without: they take preadv, which has no flags, clone, whose flags do not lie in memory, and numbers
of processes (the inode of a pidfd counts the processes of the machine)."""
_IDLE = {"readahead": (187, 213), "fadvise64": (221, 223)}
"""Advice on the page cache: accepted, as any advice, and not followed."""
SYSINFO = (99, 179)
_ASKED = {"fork": (57, _ABSENT_HERE), "vfork": (58, _ABSENT_HERE), "sysinfo": SYSINFO}
"""What the process that watches answers; and clone."""

_CLONE, _CLONE_PIDFD = (56, 220), 0x1000
_NAMESPACES = 0x7E020000
"""All flags of clone that make a namespace."""
_MADVISE = (28, 233)
_CACHE_ADVICE = {"MADV_WILLNEED": 3, "MADV_COLD": 20, "MADV_PAGEOUT": 21}
_MMAP = (9, 222)
_ANONYMOUS, _SHARING = 0x20, 0x0F
_SHARED = {"MAP_SHARED": 1, "MAP_SHARED_VALIDATE": 3}
"""Shared memory without a file stays when no process has its pages, and is then in no account."""
_FCNTL = (72, 25)
_WATCHING = {"F_SETLEASE": 1024, "F_NOTIFY": 1026}
_SOCKET, _SOCKET_PAIR = (41, 198), (53, 199)
_AF_UNIX = 1
_SET_OPTION, _GET_OPTION = (54, 208), (55, 209)
_BUFFER_SIZES = {"SO_SNDBUF": 7, "SO_RCVBUF": 8}
_OPTIONS_TO_SET = {"SO_ATTACH_FILTER": 26, "SO_ATTACH_BPF": 50, "SO_PASSPIDFD": 76}
_OPTIONS_TO_GET = {"SO_COOKIE": 57, "SO_NETNS_COOKIE": 71, "SO_PEERPIDFD": 77}
"""Counts of all sockets, network namespaces and processes of the machine."""

_SECCOMP, _SET_FILTER, _NEW_LISTENER = (317, 277), 1, 8
_X32_BIT = 0x40000000
_SUCCESS, _EPERM, _ENOSYS = 0, 1, 38
_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _ANSWER = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _REFUSE, _ASK = 0x7FFF0000, 0x80000000, 0x00050000, 0x7FC00000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, (16, 24, 32, 40)
"""Where they lie in `struct seccomp_data`; of an argument the lower half, as the calls take an int."""


_libc = ctypes.CDLL(None, use_errno=True)


def prepare() -> None:
    """Write the filter down once, for all processes that are forked from this one."""
    if platform.machine() in _MACHINES:
        _program(platform.machine())


def filter_system_calls() -> int | None:
    """Refuse system calls that no detector needs, in this process and in all that it will start.

    Returns
    -------
    int or None
        A descriptor, for `algozoo.sandbox.supervisor.Supervisor` in another process. None on processors other than
        x86-64 and 64-bit ARM, where there is no filter.

    Raises
    ------
    OSError
        If the kernel refuses.
    """
    if platform.machine() not in _MACHINES:
        return None
    program, call = _program(platform.machine())
    filter_program = struct.pack("=H6xQ", len(program) // 8, ctypes.addressof(program))
    listener: int = _libc.syscall(call, _SET_FILTER, _NEW_LISTENER, filter_program)
    if listener < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"seccomp: {os.strerror(code)}")
    return listener


@cache
def _program(machine: str) -> tuple[ctypes.Array[ctypes.c_char], int]:
    """Return the filter, classic BPF over `struct seccomp_data`, and the number of the call that installs it."""
    column = list(_MACHINES).index(machine)
    answers = {_REFUSE | _EPERM: _DENIED, _REFUSE | _ENOSYS: _ABSENT, _REFUSE | _SUCCESS: _IDLE, _ASK: _ASKED}
    numbers = {answer: [call[column] for call in calls.values()] for answer, calls in answers.items()}
    program = b"".join(
        [
            _step(_LOAD, _ARCHITECTURE),
            _step(_EQUAL, _MACHINES[machine], 1, 0),
            _step(_ANSWER, _KILL),
            _step(_LOAD, _NUMBER),
            _step(_AT_LEAST, _X32_BIT, 0, 1),  # the second numbering of x86-64
            _step(_ANSWER, _KILL),
            *(step for answer, calls in numbers.items() for step in _answers(calls, answer)),
            *(step for call, steps in _closer_looks() for step in _of_call(call[column], steps)),
            _step(_ANSWER, _ALLOW),
        ]
    )
    return ctypes.create_string_buffer(program, len(program)), _SECCOMP[column]


def _closer_looks() -> Iterator[tuple[tuple[int, int], list[bytes]]]:
    """List calls that are allowed with some arguments and not with others."""
    refused = _REFUSE | _EPERM
    only_unix = [_step(_LOAD, _ARGUMENTS[0]), _step(_EQUAL, _AF_UNIX, 1, 0), _step(_ANSWER, refused)]
    yield _SOCKET, only_unix
    yield _SOCKET_PAIR, only_unix
    yield (
        _CLONE,
        [
            _step(_LOAD, _ARGUMENTS[0]),
            _step(_ANY_BIT, _NAMESPACES | _CLONE_PIDFD, 0, 1),
            _step(_ANSWER, refused),
            _step(_ANSWER, _ASK),
        ],
    )
    yield _MADVISE, [_step(_LOAD, _ARGUMENTS[2]), *_answers(_CACHE_ADVICE.values(), _REFUSE | _SUCCESS)]
    shared = [_ANONYMOUS | kind for kind in _SHARED.values()]
    yield _MMAP, [_step(_LOAD, _ARGUMENTS[3]), _step(_AND, _ANONYMOUS | _SHARING), *_answers(shared, refused)]
    yield _FCNTL, [_step(_LOAD, _ARGUMENTS[1]), *_answers(_WATCHING.values(), refused)]
    yield (
        _SET_OPTION,
        [
            _step(_LOAD, _ARGUMENTS[2]),
            *_answers(_BUFFER_SIZES.values(), _REFUSE | _SUCCESS),
            *_answers(_OPTIONS_TO_SET.values(), refused),
        ],
    )
    yield _GET_OPTION, [_step(_LOAD, _ARGUMENTS[2]), *_answers(_OPTIONS_TO_GET.values(), refused)]


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


def _answers(values: Iterable[int], answer: int) -> list[bytes]:
    """Give an answer if what was loaded is one of some values."""
    there = [value for value in values if value != _ABSENT_HERE]
    return [step for value in there for step in (_step(_EQUAL, value, 0, 1), _step(_ANSWER, answer))]


def _of_call(number: int, steps: list[bytes]) -> list[bytes]:
    """Look closer at one call; it is allowed if its steps give no other answer."""
    return [_step(_EQUAL, number, 0, len(steps) + 1), *steps, _step(_ANSWER, _ALLOW)]
