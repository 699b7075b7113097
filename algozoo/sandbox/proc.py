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
        Folder over which the run gets another one, so that what covers is out of its reach.
    allowance : Allowance
        NVIDIA's driver needs `/proc` as it is; with `gpu` nothing is covered.
    """
    linux.mount("proc", str(PROC), "proc", linux.NO_SETUID | linux.NO_DEVICES)
    if allowance.gpu:
        return
    linux.mount("tmpfs", scratch, "tmpfs", linux.NO_SETUID | linux.NO_DEVICES, "size=64k,nr_inodes=16,mode=0755")
    folder, nothing, memory = (Path(scratch) / name for name in ("folder", "nothing", "memory"))
    folder.mkdir()
    nothing.touch()
    kilobytes = allowance.memory_mb * MEGABYTE // 1024
    lines = [f"{name}: {kilobytes} kB" for name in MEMORY] + [f"{name}: 0 kB" for name in NONE_OF]
    memory.write_text("\n".join(lines) + "\n")
    for entry in os.scandir(PROC):
        if entry.name.isdecimal() or entry.name in OF_ONE_PROCESS | TOLD:
            continue
        cover = folder if entry.is_dir() else memory if entry.name == "meminfo" else nothing
        linux.mount(str(cover), entry.path, None, linux.BIND)
