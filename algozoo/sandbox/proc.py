"""What a run sees in `/proc`: its own processes, and constants in place of what the machine does.

Standard library only: this runs before anything else is imported.
"""

import os
from pathlib import Path

from algozoo.sandbox import linux
from algozoo.sandbox.allowance import MEGABYTE, Allowance

PROC = Path("/proc")
OF_ONE_PROCESS = frozenset({"self", "thread-self", "mounts", "net"})
"""Entries that are links to those of the process that reads them."""
TOLD = frozenset({"cpuinfo", "filesystems", "version"})
"""Entries that say what the machine is, not what it does."""
MEMORY = ("MemTotal", "MemFree", "MemAvailable")
NONE_OF = ("Buffers", "Cached", "Active", "Inactive", "Shmem", "Slab", "SReclaimable", "SwapTotal", "SwapFree")


def mount_proc(scratch: str, allowance: Allowance) -> None:
    """Mount `/proc` for the processes of this namespace, and cover all in it that the whole machine changes.

    A folder is covered by an empty one, `meminfo` by one that says that all memory of the run is there and free, any
    other file by an empty one: a library that looks there does not fail, as it would if there were no such file.

    Parameters
    ----------
    scratch : str
        Folder of the run, in which nothing is left.
    allowance : Allowance
        NVIDIA's driver needs `/proc` as it is; with `gpu` nothing is covered.
    """
    linux.mount("proc", str(PROC), "proc", linux.NO_SETUID | linux.NO_DEVICES)
    if allowance.gpu:
        return
    folder, nothing, memory = (os.path.join(scratch, name) for name in ("folder", "nothing", "memory"))  # noqa: PTH118
    os.mkdir(folder, 0o555)  # noqa: PTH102 - pathlib costs more than the call
    _write(nothing, "")
    kilobytes = allowance.memory_mb * MEGABYTE // 1024
    lines = [f"{name}: {kilobytes} kB" for name in MEMORY] + [f"{name}: 0 kB" for name in NONE_OF]
    _write(memory, "\n".join(lines) + "\n")
    for entry in os.scandir(PROC):
        if entry.name.isdecimal() or entry.name in OF_ONE_PROCESS | TOLD:
            continue
        cover = folder if entry.is_dir() else memory if entry.name == "meminfo" else nothing
        linux.mount(cover, entry.path, None, linux.BIND)
    os.rmdir(folder)  # noqa: PTH106
    os.unlink(nothing)  # noqa: PTH108
    os.unlink(memory)  # noqa: PTH108


def _write(path: str, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444), "w") as file:
        file.write(text)
