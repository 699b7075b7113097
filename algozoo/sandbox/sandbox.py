"""A sandbox: one zygote in its confinement, and runs in it, each in a fresh process that ends with its run."""

import json
import selectors
import signal
import socket
import subprocess
import tempfile
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from algozoo.errors import AlgoZooError
from algozoo.sandbox.allowance import MEGABYTE, Allowance
from algozoo.sandbox.channels import Pipe, sealed_file
from algozoo.sandbox.confinement import Confinement, Start
from algozoo.sandbox.wire import GarbledError, Message, unpack
from algozoo.sandbox.zygote import STOP, Ended
from algozoo.text import printable

START_SECONDS = 60.0
GRACE_SECONDS = 10.0
"""Beyond a run's own time limit, which the zygote keeps."""
DRAIN_SECONDS = 2.0
"""Until the pipes of an ended run are empty; they stay open only if, without a sandbox, a process runs on."""
TAIL_BYTES, LARGEST_NOTE = 4096, 65536
LAST_LINES, LONGEST_LINE, LONGEST_REASON = 3, 200, 1000


class Stopped(AlgoZooError):  # noqa: N818 - it is an outcome
    """A run gave no answer.

    Parameters
    ----------
    status : {'timeout', 'memory', 'crash', 'invalid', 'failed'}
    reason : str
    output : str
        The end of what it printed.
    traceback : str
        Of its own code.
    """

    def __init__(self, status: str, reason: str, output: str = "", traceback: str = "") -> None:
        super().__init__(printable(reason)[:LONGEST_REASON])
        self.status = status
        self.output = printable(output)
        self.traceback = printable(traceback)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The outcome of a run: its message, the end of what it printed, and what it took."""

    message: Message
    output: str
    seconds: float
    cpu_seconds: float
    memory_bytes: int


class Sandbox:
    """Runs a program on one request after another, each in a fresh process.

    Parameters
    ----------
    start : Start
        How a confined Python is started.
    program : str
        Module whose `main` is run, see `algozoo.sandbox.child.run_program`.
    preload : sequence of str
        Modules that are imported once.
    """

    def __init__(self, start: Start, program: str, preload: Sequence[str] = ()) -> None:
        self._start, self._program, self._preload = start, program, preload
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._close: Callable[[], Any] = lambda: None

    @property
    def confinement(self) -> Confinement:
        """How it is confined."""
        return self._start.confinement

    @property
    def folder(self) -> str:
        """Where the third-party code is, as a run sees it."""
        return self._start.settings.folder

    def run(self, request: Message, allowance: Allowance, *, largest_reply: int) -> Answer:
        """Run the program once, in a process of which nothing is left afterwards.

        Parameters
        ----------
        request : Message
        allowance : Allowance
        largest_reply : int
            Bytes of the answer that are read at most.

        Raises
        ------
        Stopped
            If it took too much time, memory or output, crashed, or gave no proper answer.
        AlgoZooError
            If the confinement cannot be started.
        """
        control = self.start()
        reply, output = Pipe(largest_reply), Pipe(allowance.output_mb * MEGABYTE, keep=TAIL_BYTES)
        ended, broken = None, ""
        with ExitStack() as stack:
            request_file = stack.enter_context(sealed_file(request))
            for pipe in (reply, output):
                stack.callback(pipe.close)
            message = json.dumps(asdict(allowance)).encode()
            try:
                socket.send_fds(control, [message], [request_file.fileno(), reply.give(), output.give()])
                for pipe in (reply, output):
                    pipe.given()
                ended, broken = self._follow(control, reply, output, allowance)
            finally:
                if ended is None:  # it broke down, or we were interrupted
                    self.close()
        return _answer(ended, broken, reply, output, allowance, self.folder)

    def close(self) -> None:
        """End the zygote, and with it everything inside."""
        self._close()

    def start(self) -> socket.socket:
        """Return the socket to the zygote, which is started if it is not there.

        Raises
        ------
        AlgoZooError
            If it does not start.
        """
        if self._process is not None and self._control is not None and self._process.poll() is None:
            return self._control
        self.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, tempfile.TemporaryFile() as errors:
            settings = json.dumps(asdict(self._start.settings))
            zygote = ["-m", "algozoo.sandbox.zygote", str(theirs.fileno()), self._program, settings, *self._preload]
            process = subprocess.Popen(  # noqa: S603 - our own program
                [*self._start.command, "-s", "-S", "-P", *zygote],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env=self._start.environment,
                start_new_session=True,
            )
            theirs.close()
            self._close = weakref.finalize(self, _end, process, ours)
            ours.settimeout(START_SECONDS)
            try:
                ready = ours.recv(16)
            except OSError:
                ready = b""
            if ready != b"ready":
                self.close()
                errors.seek(0)
                said = errors.read()[-TAIL_BYTES:].decode(errors="replace").strip()
                raise AlgoZooError(f"the sandbox does not start: {said or 'it said nothing'}")
        self._process, self._control = process, ours
        return ours

    def _follow(
        self, control: socket.socket, reply: Pipe, output: Pipe, allowance: Allowance
    ) -> tuple[Ended | None, str]:
        """Read until the run has ended and both pipes are empty; stop it when one overflows."""
        ended, broken, deadline = None, "", time.monotonic() + allowance.seconds + GRACE_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(control, selectors.EVENT_READ, None)
            for pipe in (reply, output):
                selector.register(pipe.read_end, selectors.EVENT_READ, pipe)
            while selector.get_map() and time.monotonic() < deadline:
                for key, _ in selector.select(max(0.0, deadline - time.monotonic())):
                    if key.data is None:
                        selector.unregister(control)
                        ended = _read_ended(control)
                        deadline = time.monotonic() + DRAIN_SECONDS
                    elif not key.data.read():
                        selector.unregister(key.fileobj)
                    elif key.data.overflows and not broken and ended is None:
                        broken = "output" if key.data is output else "reply"
                        control.send(STOP)
        return ended, broken


def _read_ended(control: socket.socket) -> Ended | None:
    try:
        text = control.recv(LARGEST_NOTE)
    except OSError:
        return None
    return Ended(**json.loads(text)) if text else None


def _answer(ended: Ended | None, broken: str, reply: Pipe, output: Pipe, allowance: Allowance, folder: str) -> Answer:
    said = output.data.decode(errors="replace").strip()
    if ended is None:
        raise Stopped("crash", "the sandbox broke down", said)
    if ended.status == "timeout":
        raise Stopped("timeout", f"no answer within {allowance.seconds:g} s", said)
    if ended.status == "memory":
        taken = f"{ended.memory_bytes / MEGABYTE:.0f} MB"
        raise Stopped("memory", f"took {taken}, at most {allowance.memory_mb} MB are allowed", said)
    if ended.status == "processes":
        raise Stopped("crash", f"started more than {allowance.processes} processes", said)
    if broken == "output":
        raise Stopped("crash", f"printed more than {allowance.output_mb} MB{_last_words(said, folder)}", said)
    if broken == "reply":
        raise Stopped("invalid", "its answer has more bytes than a map can have", said)
    if not reply.data:
        raise Stopped("crash", f"{_death(ended.code)}{_last_words(said, folder)}", said)
    try:
        message = unpack(reply.data)
    except GarbledError as error:
        raise Stopped("invalid", f"its answer cannot be read: {error}", said) from None
    return Answer(
        message=message,
        output=said,
        seconds=ended.seconds,
        cpu_seconds=ended.cpu_seconds,
        memory_bytes=ended.memory_bytes,
    )


def _last_words(said: str, folder: str) -> str:
    """Where in its own code a crash was, if that was printed, or else the last lines."""
    lines = [line.strip()[:LONGEST_LINE] for line in said.splitlines() if line.strip()]
    own = [line.replace(f"{folder}/", "") for line in lines if f"{folder}/" in line]
    return f"; it said: {' | '.join((own or lines)[-LAST_LINES:])}" if lines else ""


def _death(code: int) -> str:
    if code >= 0:
        return f"ended without an answer, with exit code {code}"
    return f"killed by signal {-code} ({signal.Signals(-code).name})"


def _end(process: subprocess.Popen[bytes], control: socket.socket) -> None:
    """Close the socket, at which a zygote ends everything; otherwise kill it, and its namespaces with it."""
    control.close()
    try:
        process.wait(1.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
