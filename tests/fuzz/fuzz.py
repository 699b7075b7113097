"""Read damaged files of each format: every one must be read or refused by name, in little time and memory.

``python tests/fuzz/fuzz.py --n 500 --seed 0 [FORMAT...]``; a case is known by its format, seed and number.
"""

import mmap
import os
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from pathlib import Path
from zlib import crc32

import click
import numpy as np
from formats import FORMATS, Format
from mutations import mutated

from algozoo.errors import AlgoZooError

SECONDS = 2
"""Of the processor, for a case."""
STUCK = 60
"""Seconds in which a case that only waits is ended."""
MEMORY = 300 * 2**20
"""Bytes beyond what the process has with all modules imported."""
DAMAGED = 0.7
"""Of the cases, those in which a part is damaged and packed well; in the others the whole is."""
MOST_TOLD = 3


def case(name: str, seed: int, number: int) -> bytes:
    """Make the damaged file of a case."""
    form, rng = FORMATS[name], np.random.default_rng([seed, crc32(name.encode()), number])
    if rng.random() >= DAMAGED:
        return mutated(form.pack(form.parts), rng, form.words, form.operations)
    parts, one = list(form.parts), int(rng.integers(len(form.parts)))
    parts[one] = mutated(parts[one], rng, form.words, form.operations)
    return form.pack(tuple(parts))


def problem(form: Format, folder: Path, content: bytes) -> str:
    """Say what is wrong with how a file is read or refused, or nothing."""
    (folder / form.place).write_bytes(content)
    try:
        form.read(folder)
    except AlgoZooError as error:
        story, text = error, str(error)
        while story:
            if isinstance(story, MemoryError):
                return f"is refused when memory is full: {text}"
            story = story.__cause__ or story.__context__
        named = str(folder) in text
        printed = all(c.isprintable() or c == "\n" for c in text)
        return "" if named and printed and len(text) < 100_000 else f"is refused with: {text[:1000]!r}"
    except BaseException:  # noqa: BLE001 - all of them are what is looked for
        return traceback.format_exc()
    return ""


def bounded(seconds: float) -> None:
    """End the process with a signal when a case takes too much processor time, or waits too long."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(STUCK)


def read_all(name: str, seed: int, numbers: range, at: mmap.mmap) -> int:
    """Read the cases of a format in a process of its own; return how many went wrong."""
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * mmap.PAGESIZE
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    warnings.simplefilter("error")
    form, n_wrong = FORMATS[name], 0
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        for place in (form.place, *(other for other, _ in form.others)):
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
        for place, content in form.others:
            (folder / place).write_bytes(content)
        if found := problem(form, folder, form.pack(form.parts)):
            click.echo(f"{name}: the good file is not read: {found}")
            return 1
        for number in numbers:
            at[:8] = number.to_bytes(8, "little")
            content = case(name, seed, number)
            bounded(SECONDS)
            found = problem(form, folder, content)
            if found and (n_wrong := n_wrong + 1) <= MOST_TOLD:
                click.echo(f"{name} --seed {seed} --first {number} --n 1: {found}")
    return n_wrong


def fuzz(name: str, n: int, seed: int, first: int) -> bool:
    """Read the files of a format in a process of its own; return whether all went well."""
    at = mmap.mmap(-1, 8)
    child = os.fork()
    if not child:
        n_wrong = 1
        try:
            n_wrong = read_all(name, seed, range(first, first + n), at)
        finally:
            sys.stdout.flush()
            os._exit(n_wrong > 0)
    _, status, usage = os.wait4(child, 0)
    if os.WIFSIGNALED(status):
        number, killed = int.from_bytes(at[:8], "little"), signal.Signals(os.WTERMSIG(status)).name
        click.echo(f"{name} --seed {seed} --first {number} --n 1: {killed} after {SECONDS} s, or for a crash")
    click.echo(f"{name}: {n} files, {usage.ru_utime + usage.ru_stime:.1f} s{', WRONG' if status else ''}")
    return status == 0


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(FORMATS)))
@click.option("--n", default=500, show_default=True, help="Number of files of each format.")
@click.option("--seed", default=0, show_default=True)
@click.option("--first", default=0, show_default=True, help="Number of the first file.")
@click.option("--keep", type=click.Path(path_type=Path), help="Write the first file here instead of reading any.")
def main(names: tuple[str, ...], n: int, seed: int, first: int, keep: Path | None) -> None:
    """Read N damaged files of each format; exit with 1 if one is neither read nor refused as it should be."""
    if keep:
        keep.write_bytes(case(names[0], seed, first))
        return
    went_well = [fuzz(name, n, seed, first) for name in names or FORMATS]
    sys.exit(not all(went_well))


if __name__ == "__main__":
    main()
