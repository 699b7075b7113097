"""The calls of Linux that Python does not wrap: namespaces, mounts and capabilities.

Standard library only: this runs before anything else is imported. Numbers are those of the kernel's headers
(`linux/sched.h`, `linux/mount.h`, `linux/prctl.h`, `linux/capability.h`).
"""

import ctypes
import os
import struct

NEW_MOUNTS = 0x00020000
NEW_IPC = 0x08000000
NEW_PIDS = 0x20000000
NEW_NETWORK = 0x40000000

READ_ONLY, NO_SETUID, NO_DEVICES, REMOUNT, BIND, RECURSIVE, PRIVATE = 0x1, 0x2, 0x4, 0x20, 0x1000, 0x4000, 0x40000

_SET_DUMPABLE, _CAPBSET_DROP, _NO_NEW_PRIVS = 4, 24, 38
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION = 0x20080522

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


def write_memory(pid: int, address: int, data: bytes) -> None:
    """Write into the memory of another process."""
    ours = ctypes.create_string_buffer(data, len(data))
    places = [struct.pack("=QQ", place, len(data)) for place in (ctypes.addressof(ours), address)]
    written = _libc.process_vm_writev(pid, places[0], 1, places[1], 1, 0)
    _check(written - len(data), "process_vm_writev")


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


def _check(result: int, call: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}")
