"""The two ways in which AlgoZoo fails on purpose; the command line turns them into exit codes 1 and 2."""

from collections.abc import Iterable
from difflib import get_close_matches

from algozoo.text import printable


class AlgoZooError(Exception):
    """The work could not be done: a download failed, a disk is full, a record is damaged. Exit code 1.

    Messages quote what strangers wrote; as text they have no character that a terminal would obey.
    """

    def __str__(self) -> str:
        return printable(super().__str__())


class InputError(AlgoZooError):
    """What the user gave cannot be used; the message says what, why and how to fix it. Exit code 2."""


def unknown(kind: str, name: str, known: Iterable[str]) -> InputError:
    """Make the error for a name that does not exist, with the nearest that do."""
    names = sorted(known)
    near = get_close_matches(name, names, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"there are: {', '.join(names)}"
    return InputError(f"no {kind} is called {name!r}; {hint}")
