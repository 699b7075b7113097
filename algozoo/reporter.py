"""How long work reports what it does: lines of text, unless a subclass shows them in another way."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic
from typing import TypeVar

Step = TypeVar("Step")


class Reporter:
    """Print each line as it comes, as suits a notebook."""

    def say(self, text: str) -> None:
        """Report one line of text."""
        print(text, flush=True)  # noqa: T201 - to print is its purpose

    def steps(self, total: int) -> AbstractContextManager[Callable[[str], None]]:
        """Count the steps of one long computation; what the `with` block gets is called with a text after each step."""
        return self._lines(total)

    def track(self, done: Iterable[Step], total: int) -> Iterator[Step]:
        """Yield the results of steps as they end, and report each by its text."""
        with self.steps(total) as report:
            for step in done:
                report(str(step))
                yield step

    @contextmanager
    def _lines(self, total: int) -> Iterator[Callable[[str], None]]:
        start, n_done = monotonic(), 0

        def report(text: str) -> None:
            nonlocal n_done
            n_done += 1
            seconds = monotonic() - start
            left = seconds / n_done * (total - n_done)
            self.say(f"[{n_done}/{total}] {text}; {seconds:.0f} s, {left:.0f} s left")

        yield report
