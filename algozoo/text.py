"""Text that others wrote, made fit for a terminal, a message and a spreadsheet."""

from typing import Any


def printable(text: str) -> str:
    """Replace what a terminal would obey and what no file can hold, except line breaks."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def in_line(text: object) -> str:
    """Replace line breaks too: names of files and of what is in them stay in their line."""
    return printable(str(text).replace("\n", "\N{REPLACEMENT CHARACTER}"))


def no_formula(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value
