"""The calls of Linux that Python does not wrap: namespaces, mounts, capabilities, and a filter of system calls.

Standard library only: this runs before anything else is imported. Numbers are those of the kernel's headers
(`linux/sched.h`, `linux/mount.h`, `linux/prctl.h`, `linux/capability.h`, `linux/seccomp.h`, `asm/unistd.h`).
"""

import ctypes
import os
import platform
import struct

NEW_MOUNTS = 0x00020000
NEW_IPC = 0x08000000
NEW_PIDS = 0x20000000
NEW_NETWORK = 0x40000000

READ_ONLY, NO_SETUID, NO_DEVICES, REMOUNT, BIND, RECURSIVE, PRIVATE = 0x1, 0x2, 0x4, 0x20, 0x1000, 0x4000, 0x40000

_SET_DUMPABLE, _CAPBSET_DROP, _NO_NEW_PRIVS = 4, 24, 38
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION = 0x20080522

_DENIED = {
    "x86_64": {
        "ptrace": 101,
        "pivot_root": 155,
        "mount": 165,
        "umount2": 166,
        "add_key": 248,
        "request_key": 249,
        "keyctl": 250,
        "unshare": 272,
        "perf_event_open": 298,
        "setns": 308,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "kcmp": 312,
        "memfd_create": 319,
        "bpf": 321,
        "userfaultfd": 323,
        "memfd_secret": 447,
    },
    "aarch64": {
        "umount2": 39,
        "mount": 40,
        "pivot_root": 41,
        "unshare": 97,
        "ptrace": 117,
        "add_key": 217,
        "request_key": 218,
        "keyctl": 219,
        "perf_event_open": 241,
        "setns": 268,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "kcmp": 272,
        "memfd_create": 279,
        "bpf": 280,
        "userfaultfd": 282,
        "memfd_secret": 447,
    },
}
"""What could outlive a process (keys), hide memory from its account (memfd), reach other processes, or make new
namespaces."""
_DENIED_EVERYWHERE = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "mount_setattr": 442,
}
_CLONE3 = 435
_CLONE = {"x86_64": 56, "aarch64": 220}
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000
_NAMESPACES = 0x7E020000
"""All flags of clone that make a namespace."""
_EPERM, _ENOSYS = 1, 38

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Enter new namespaces."""
    _check(_libc.unshare(flags), "unshare")


def set_namespace(descriptor: int, flags: int) -> None:
    """Enter a namespace that is there already."""
    _check(_libc.setns(descriptor, flags), "setns")


def mount(source: str, target: str, kind: str | None, flags: int = 0, options: str = "") -> None:
    """Mount a file system."""
    encoded = [None if text is None else text.encode() for text in (source, target, kind)]
    _check(_libc.mount(*encoded, ctypes.c_ulong(flags), options.encode()), f"mount {target}")


def hide_from_debuggers() -> None:
    """Forbid others of the same user to read this process."""
    _check(_libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0), "prctl")


def give_up_capabilities() -> None:
    """Give up all capabilities, for good and for all programs that are started."""
    for capability in range(_LAST_CAPABILITY + 1):
        _libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0)  # refused beyond those that the kernel knows
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    _check(_libc.capset(header, bytes(24)), "capset")
    _check(_libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def filter_system_calls() -> None:
    """Refuse system calls that no detector needs; on processors other than x86-64 and 64-bit ARM there is no filter."""
    machine = platform.machine()
    if machine not in _DENIED:
        return
    program = _program(machine)
    buffer = ctypes.create_string_buffer(program, len(program))
    count = len(program) // 8
    filter_program = struct.pack("=H6xQ", count, ctypes.addressof(buffer))
    _check(_libc.prctl(22, 2, filter_program, 0, 0), "seccomp")


def _program(machine: str) -> bytes:
    """Classic BPF over `struct seccomp_data`: number at 0, architecture at 4, first argument at 16."""
    load, equal, at_least, any_bit, answer = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, kill, refuse = 0x7FFF0000, 0x80000000, 0x00050000
    denied = sorted({**_DENIED[machine], **_DENIED_EVERYWHERE}.values())

    def step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
        return struct.pack("=HBBI", code, then, otherwise, value)

    steps = [
        step(load, 4),
        step(equal, _AUDIT[machine], 1, 0),
        step(answer, kill),
        step(load, 0),
        step(at_least, _X32_BIT, 0, 1),  # the second numbering of x86-64
        step(answer, kill),
    ]
    for number in denied:
        steps += [step(equal, number, 0, 1), step(answer, refuse | _EPERM)]
    steps += [
        step(equal, _CLONE3, 0, 1),  # its flags lie in memory; without it the library takes clone
        step(answer, refuse | _ENOSYS),
        step(equal, _CLONE[machine], 0, 3),
        step(load, 16),
        step(any_bit, _NAMESPACES, 0, 1),
        step(answer, refuse | _EPERM),
        step(answer, allow),
    ]
    return b"".join(steps)


def _check(result: int, call: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}")
