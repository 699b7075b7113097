"""The account of memory of a run.

Standard library only, as the zygote imports it.
"""

import socket
from contextlib import suppress
from pathlib import Path


def memory_of(pid: int) -> int:
    """Proportional set size (bytes) of a process.

    Its first thread may have ended before the others, and then tells nothing.
    """
    for task in _tasks(pid):
        with suppress(OSError):
            return 1024 * _number(task / "smaps_rollup", "Pss:")
    return 0


def sockets_of(pid: int) -> int:
    """Return what all sockets of a process's network namespace can hold (bytes), whoever has them.

    Each takes a message as long as it is not full, and a message may be as large as the buffer.
    """
    for task in _tasks(pid):
        with suppress(OSError):
            return _number(task / "net" / "sockstat", "sockets:", 2) * 2 * _buffer()
    return 0


def _buffer() -> int:
    with socket.socket(socket.AF_UNIX) as any_socket:
        return any_socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def _tasks(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/task").glob("*"))


def _number(file: Path, name: str, place: int = 1) -> int:
    """Return a number from the line of that name; 0 if there is none."""
    for line in file.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[place])
    return 0
