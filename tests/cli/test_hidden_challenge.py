"""The page "Run a hidden challenge" is run from its first command to its last."""

import re
import shlex
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "hidden-challenge.md").read_text()
HEXADECIMAL = r"[0-9a-f]{32,}"
COMMAND = r"^\$ algozoo (.*)\n((?:(?!\$ ).*\n)*)"


def likeness(line: str) -> str:
    """Return a pattern of a line: its numbers and spaces may be others, and anything may stand for an ellipsis."""
    patterns = {r"…": ".*", HEXADECIMAL: HEXADECIMAL, r"\d+(?:\.\d+)?": r"\d+(\.\d+)?", r"\s+": r"\s+"}
    parts = re.split(f"({'|'.join(patterns)})", line.strip())
    return "".join(
        next((new for old, new in patterns.items() if re.fullmatch(old, part)), re.escape(part)) for part in parts
    )


def holds(shown: str, printed: str) -> bool:
    """Tell whether the lines that are shown were printed, and no others unless a line is an ellipsis."""
    patterns = [likeness(line) for line in shown.splitlines()]
    lines = [line.strip() for line in printed.splitlines()]
    there = all(any(re.fullmatch(pattern, line) for line in lines) for pattern in patterns)
    return there and ("…" in shown.splitlines() or len(lines) == len(patterns))


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_every_command_of_the_page_prints_what_the_page_shows(algozoo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    actual: dict[str, str] = {}
    for language, block in re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        if language == "toml":
            Path("hidden.toml").write_text(block)
        elif language == "python":
            exec(block, {})  # noqa: S102 - our own page
        for command, shown in re.findall(COMMAND, block, re.MULTILINE):
            words = [actual.get(word, word) for word in shlex.split(command)]
            here = ["--workers", "0"] if words[0] in {"run", "submit"} else []
            ended = algozoo(*words, *here)
            assert ended.code == 0, ended.err
            assert holds(shown, ended.err + ended.out), f"{command}\n{ended.err}{ended.out}"
            actual |= dict(zip(re.findall(HEXADECIMAL, shown), re.findall(HEXADECIMAL, ended.out), strict=False))


@pytest.mark.parametrize(
    ("shown", "printed"),
    [("ready 0.14 s\n", "not ready 0.14 s\n"), ("a 1\n", "a 1\nb\n"), ("a 1\nb\n", "a 1\n"), ("id 5\n", "id x\n")],
)
def test_other_output_would_be_noticed(shown, printed):
    assert holds(shown, shown)
    assert not holds(shown, printed)
