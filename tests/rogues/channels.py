"""Measure what one map can still tell the next one: ``python tests/rogues/channels.py`` prints a line for each channel.

The rogue `whispers` is run again and again in one sandbox. A map that sends gets a number by a parameter, and the map
after it, a process that starts when nothing of the former one is left, has to find it out.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from algozoo.datasets import load_dataset
from algozoo.detectors.contract import Declined
from algozoo.detectors.registry import create
from algozoo.sequence import ADISequence

ROUNDS = 16
BITS = {"pages": 64, "clock": 6, "inodes": 6, "names": 256}
COUNT_ON = {"clock", "inodes"}
"""Channels whose number has grown when the next map begins, by much the same each time, which a rogue can learn."""


def ask(sequence: ADISequence, channel: str, turn: int, send: str = "") -> str:
    """Run one map."""
    try:
        create("whispers", channel=channel, bits=BITS[channel], send=send, turn=turn).detect(sequence)
    except Declined as said:
        return str(said)
    raise RuntimeError("it does not answer")


def without_shift(sent: list[int], heard: list[int], cycle: int) -> list[int]:
    """Take off what was heard too much most often."""
    shifts = [(there - here) % cycle for here, there in zip(sent, heard, strict=True)]
    shift = max(set(shifts), key=shifts.count)
    return [(there - shift) % cycle for there in heard]


def measure(channel: str, sequence: ADISequence, rng: np.random.Generator) -> str:
    """Send random numbers and count the bits that arrive."""
    bits = BITS[channel]
    sent = [int.from_bytes(rng.bytes(bits // 8 + 1), "little") % 2**bits for _ in range(ROUNDS)]
    seconds, heard = [], []
    for turn, number in enumerate(sent):
        seconds.append(float(ask(sequence, channel, turn, f"{number:x}")))
        heard.append(int(ask(sequence, channel, turn), 16))
    if channel in COUNT_ON:
        heard = without_shift(sent, heard, 2**bits)
    wrong = [(one ^ other).bit_count() for one, other in zip(sent, heard, strict=True)]
    return (
        f"{channel}: {bits} bits in {np.mean(seconds):.2f} s, {wrong.count(0)} of {ROUNDS} messages right, "
        f"{100 * sum(wrong) / (bits * ROUNDS):.1f} % of the bits wrong"
    )


def main() -> None:
    """Measure all channels."""
    rng, sequence = np.random.default_rng(1), load_dataset("tiny").sequence(0)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        shutil.copytree(Path(__file__).with_name("whispers"), Path(folder) / "submissions" / "whispers")
        os.chdir(folder)
        for channel in BITS:
            sys.stdout.write(f"{measure(channel, sequence, rng)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
