"""A rogue: a map that sends a number, and a map that finds out what was sent before."""

import itertools
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from algozoo.detectors.contract import Declined

COPIES = 5
MEGABYTE = 2**20


@dataclass
class Way:
    """How a number goes from one map to the next."""

    bits: int
    turn: int


class Clock(Way):
    """The next map begins when this one ends."""

    slot = 0.08

    def send(self, number: int) -> None:
        cycle = self.slot * 2**self.bits
        while abs(time.time() % cycle - (number + 0.5) * self.slot) > 0.001:
            time.sleep(0.0005)

    def receive(self) -> int:
        return int(time.time() / self.slot) % 2**self.bits


class Inodes(Way):
    """Pipes are numbered by a counter of the machine, of which each processor takes a thousand at a time."""

    step = 4096

    def now(self) -> int:
        ends = os.pipe()
        number = os.fstat(ends[0]).st_ino
        for end in ends:
            os.close(end)
        return number

    def send(self, number: int) -> None:
        while self.receive() != number:
            pass
        for _ in range(self.step // 2):
            self.now()

    def receive(self) -> int:
        return self.now() // self.step % 2**self.bits


class Names(Way):
    """The kernel remembers that a file is not there, and then says so faster."""

    def calls(self, bit: int) -> list[Callable[[], None]]:
        def look_up(name: str) -> None:
            with suppress(FileNotFoundError):
                os.stat(name)  # noqa: PTH116 - which is measured

        names = [f"/usr/share/{os.getuid()}-{self.turn}-{bit}-{copy}" for copy in range(COPIES)]
        return [lambda name=name: look_up(name) for name in names]

    def send(self, number: int) -> None:
        for bit in range(self.bits):
            for call in self.calls(bit) if number >> bit & 1 else []:
                call()

    def receive(self) -> int:
        measured(self.calls(self.bits))
        times = [sorted(measured(self.calls(bit)))[COPIES // 2] for bit in range(self.bits)]
        return bits_of(times)


class Pages(Way):
    """What was read lately comes from memory; each part of a file serves once."""

    def parts(self) -> list[tuple[Path, int]]:
        found: list[tuple[Path, int]] = []
        for folder, below, names in os.walk("/usr"):
            below.sort(reverse=True)
            for path in (Path(folder) / name for name in sorted(names)):
                if not path.is_symlink() and path.is_file():
                    found += [(path, place) for place in range(MEGABYTE // 2, path.stat().st_size - 4096, MEGABYTE)]
            if len(found) >= (self.turn + 1) * self.bits:
                break
        return found[self.turn * self.bits : (self.turn + 1) * self.bits]

    def call(self, path: Path, place: int) -> Callable[[], None]:
        descriptor = os.open(path, os.O_RDONLY)

        def read() -> None:
            os.pread(descriptor, 1, place)
            os.close(descriptor)

        return read

    def send(self, number: int) -> None:
        for bit, part in enumerate(self.parts()):
            if number >> bit & 1:
                self.call(*part)()

    def receive(self) -> int:
        return bits_of(measured(self.call(*part) for part in self.parts()))


def measured(calls: Iterable[Callable[[], None]]) -> list[int]:
    """Return how long each call takes (ns)."""
    times = []
    for call in calls:
        begun = time.perf_counter_ns()
        call()
        times.append(time.perf_counter_ns() - begun)
    return times


def bits_of(times: list[int]) -> int:
    """Make a number of what was fast, which is below the widest gap between the times."""
    ordered = sorted(times)[len(times) // 8 : -len(times) // 8]
    _, threshold = max((later / earlier, earlier) for earlier, later in itertools.pairwise(ordered))
    return sum((took <= threshold) << bit for bit, took in enumerate(times))


def detect(channel, bits, send, turn):
    """Send, or receive if there is nothing to send."""
    way = {"clock": Clock, "inodes": Inodes, "names": Names, "pages": Pages}[channel](bits, turn)
    if not send:
        raise Declined(f"{way.receive():x}")
    begun = time.monotonic()
    way.send(int(send, 16))
    raise Declined(f"{time.monotonic() - begun:.3f}")
