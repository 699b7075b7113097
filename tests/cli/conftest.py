import sys
from typing import NamedTuple

import pytest

from algozoo.cli import main


class Ended(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def algozoo(monkeypatch, capsys):
    """Run the command line in this process."""

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["algozoo", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return Ended(int(stop.value.code or 0), captured.out, captured.err)

    return run
