"""Landlock: a process gives up all files but those below some folders, where there is no file system of its own.

Numbers are those of `linux/landlock.h` and, for `mount_setattr`, of `linux/mount.h`; the calls' own are the same on all
processors.
"""

import ctypes
import os
import struct
from collections.abc import Sequence
from contextlib import suppress

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_MOUNT_SETATTR, _RECURSIVE, _CURRENT_FOLDER, _READ_ONLY = 442, 0x8000, -100, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_RIGHTS_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_LATEST_RIGHTS = (1 << 16) - 1

_libc = ctypes.CDLL(None, use_errno=True)


def keep_only(*, readable: Sequence[str], devices: Sequence[str], writable: Sequence[str]) -> None:
    """Give up every file but those below the folders named; those that are not there are left out.

    Raises
    ------
    OSError
        If the kernel has no Landlock, or it is switched off.
    """
    version = _call(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    everything = _RIGHTS_BY_VERSION.get(version, _LATEST_RIGHTS)
    handled = struct.pack("=Q", everything)
    ruleset = _call(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    for paths, rights in (
        (readable, _EXECUTE | _READ_FILE | _READ_DIR),
        (devices, _READ_FILE | _WRITE_FILE),
        (writable, everything),
    ):
        for path in paths:
            with suppress(FileNotFoundError):
                _allow(ruleset, path, rights)
    _call(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def make_all_read_only() -> None:
    """Make every file system that is mounted in this namespace read-only: Landlock leaves dates and modes alone."""
    attributes = struct.pack("=QQQQ", _READ_ONLY, 0, 0, 0)
    _call(_MOUNT_SETATTR, _CURRENT_FOLDER, b"/", _RECURSIVE, attributes, ctypes.c_size_t(len(attributes)))


def _allow(ruleset: int, path: str, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not os.path.isdir(path):  # noqa: PTH112 - a file has no rights of a folder
        rights &= _EXECUTE | _READ_FILE | _WRITE_FILE
    rule = struct.pack("=Qi", rights, descriptor)
    _call(_ADD_RULE, ruleset, 1, rule, 0)
    os.close(descriptor)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result
