import sys

import pytest

from algozoo.cli.progress import Terminal


def test_reports_do_not_mix_with_results(capsys):
    Terminal().say("half is done")
    assert list(Terminal().track("ab", 2)) == ["a", "b"]
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines()[0] == "half is done"
    assert printed.err.splitlines()[1].startswith("[1/2] a")


@pytest.mark.parametrize("text", ["shard [1/2] of night[0]", "[bold]not markup[/bold]"])
def test_a_bar_writes_each_step_as_it_is(monkeypatch, capsys, text):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Terminal().steps(1) as report:
        report(text)
    assert text in capsys.readouterr().err
