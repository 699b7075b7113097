"""What goes into a run and what comes out: a file that nobody can change, and pipes read up to a limit."""

import fcntl
import mmap
import os
import socket
from contextlib import suppress
from io import FileIO

from algozoo.sandbox.wire import Message, unpack

CHUNK = 65536


class Pipe:
    """A pipe that is read up to a limit.

    Parameters
    ----------
    limit : int
        Bytes.
    keep : int, optional
        Number of the last bytes that are kept; all by default.
    """

    def __init__(self, limit: int, keep: int | None = None) -> None:
        self.read_end, self._write_end = os.pipe()
        self._limit, self._keep = limit, keep
        self.data = bytearray()
        self._count = 0

    def give(self) -> int:
        """Return the end to write to, for another process."""
        return self._write_end

    def given(self) -> None:
        """Close that end here, so that the pipe ends when all others have closed it."""
        os.close(self._write_end)
        self._write_end = -1

    @property
    def overflows(self) -> bool:
        """Whether more bytes came than the limit."""
        return self._count > self._limit

    def read(self) -> bool:
        """Read what is there; False at the end. Bytes beyond the limit are dropped, so that no writer waits."""
        chunk = os.read(self.read_end, CHUNK)
        self._count += len(chunk)
        if self._keep is not None:
            self.data += chunk
            del self.data[: -self._keep]
        elif not self.overflows:
            self.data += chunk
        return bool(chunk)

    def close(self) -> None:
        """Close both ends, if they are open."""
        for descriptor in (self.read_end, self._write_end):
            with suppress(OSError):
                os.close(descriptor)


def sealed_file(message: Message) -> FileIO:
    """Write a message to a file without a name that nobody can change afterwards."""
    file = FileIO(os.memfd_create("request", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "w")
    for piece in message.pack():
        view = memoryview(piece)
        while view:
            view = view[os.write(file.fileno(), view) :]
    fcntl.fcntl(
        file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK
    )
    return file


def take_request(descriptor: int) -> Message:
    """Ask for the request, inside the sandbox; the file takes the place of the socket that it came through."""
    with socket.socket(fileno=os.dup(descriptor)) as asked:
        asked.send(b"?")
        _, [request], _, _ = socket.recv_fds(asked, 1, 1)
    os.dup2(request, descriptor)
    os.close(request)
    return unpack(mmap.mmap(descriptor, 0, prot=mmap.PROT_READ))
