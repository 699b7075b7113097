"""Damage to the bytes of a file: as a disk, a bad program or an attacker does it."""

import re
from collections.abc import Callable

import numpy as np

INTEGERS = (0, -1, 1, 7, 999, 2**15, 2**31 - 1, 2**31, 10**9, 2**63, -(2**63), 10**18, "9" * 90, "9" * 5000)
OTHERS = ("1e999", "-1e999", "nan", "0x" + "f" * 400, "1.5", "true", "'a'", '"a"', "[]", "{}", "null", "T")
NUMBERS = tuple(str(value).encode() for value in (*INTEGERS, *OTHERS))
NUMBER = re.compile(rb"-?\d[\d.]*(?:[eE][-+]?\d+)?")
CARD = 80
Operations = tuple[Callable[[bytes, np.random.Generator, tuple[bytes, ...]], bytes], ...]


def mutated(content: bytes, rng: np.random.Generator, words: tuple[bytes, ...], operations: Operations) -> bytes:
    """Damage a file in one to four places."""
    for _ in range(int(rng.integers(1, 5))):
        content = operations[rng.integers(len(operations))](content, rng, words)
    return content


def _place(content: bytes, rng: np.random.Generator) -> tuple[int, int]:
    """Choose a piece of the file, most often a short one near its beginning or anywhere."""
    start = int(rng.integers(len(content) + 1) * (rng.random() if rng.random() < 0.5 else 1))
    return start, min(len(content), start + int(2 ** rng.uniform(0, 9)))


def _flip(content: bytes, rng: np.random.Generator, _words: tuple[bytes, ...]) -> bytes:
    start, _ = _place(content, rng)
    byte = content[start : start + 1]
    return content[:start] + bytes(b ^ 1 << int(rng.integers(8)) for b in byte) + content[start + 1 :]


def _cut(content: bytes, rng: np.random.Generator, _words: tuple[bytes, ...]) -> bytes:
    start, end = _place(content, rng)
    return content[:start] + content[end:]


def _end(content: bytes, rng: np.random.Generator, _words: tuple[bytes, ...]) -> bytes:
    return content[: _place(content, rng)[0]] if rng.random() < 0.3 else content


def _repeat(content: bytes, rng: np.random.Generator, _words: tuple[bytes, ...]) -> bytes:
    start, end = _place(content, rng)
    return content[:end] + content[start:end] * int(rng.integers(1, 20)) + content[end:]


def _noise(content: bytes, rng: np.random.Generator, _words: tuple[bytes, ...]) -> bytes:
    start, end = _place(content, rng)
    return content[:start] + rng.bytes(end - start) + content[end:]


def _word(content: bytes, rng: np.random.Generator, words: tuple[bytes, ...]) -> bytes:
    start, _ = _place(content, rng)
    return content[:start] + words[rng.integers(len(words))] + content[start:]


def _over(content: bytes, rng: np.random.Generator, words: tuple[bytes, ...]) -> bytes:
    start, _ = _place(content, rng)
    word = words[rng.integers(len(words))]
    return content[:start] + word + content[start + len(word) :]


def _number(content: bytes, rng: np.random.Generator, _words: tuple[bytes, ...]) -> bytes:
    """Put an odd value in the place of a number."""
    found = list(NUMBER.finditer(content[: 2**14]))
    if not found:
        return content
    number = found[rng.integers(len(found))]
    return content[: number.start()] + NUMBERS[rng.integers(len(NUMBERS))] + content[number.end() :]


def _card(content: bytes, rng: np.random.Generator, words: tuple[bytes, ...]) -> bytes:
    """Put an odd value into a line of 80 characters, or a line into another's place: the header of a FITS file."""
    first = content.find(b"XTENSION") if rng.random() < 0.5 else 0
    start = max(first, 0) + CARD * int(rng.integers(30))
    if start + CARD > len(content):
        return content
    key = content[start : start + 8] if rng.random() < 0.7 else words[rng.integers(len(words))].ljust(8)[:8]
    value = NUMBERS[rng.integers(len(NUMBERS))][: CARD - 10].rjust(20)
    return content[:start] + (key + b"= " + value).ljust(CARD) + content[start + CARD :]


IN_BYTES: Operations = (_flip, _flip, _cut, _end, _repeat, _noise, _word, _over)
IN_TEXT: Operations = (_flip, _cut, _end, _repeat, _word, _over, _number, _number, _number)
IN_CARDS: Operations = (_card, _card, _card, _card, _flip, _noise, _over, _end)
