import sys

import pytest
from click.testing import CliRunner

from algozoo.cli.new import new


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_flags_say_all(algozoo, tmp_path):
    ended = algozoo("new", "my-algo", "--authors", "A. Person, B. Other", "--licence", "GPL-3.0", "--kind", "ratio")
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[-1] == "It works as it stands: algozoo check submissions/my-algo"
    text = (tmp_path / "submissions" / "my-algo" / "submission.toml").read_text()
    for line in ('title = "My algo"', 'authors = ["A. Person", "B. Other"]', 'licence = "GPL-3.0"', 'kind = "ratio"'):
        assert line in text


def test_a_terminal_is_asked_for_what_was_not_said(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[new.callback.__module__], "is_terminal", lambda: True)
    ended = CliRunner().invoke(new, ["my-algo", "--licence", "GPL-3.0"], input="Best of all\nA, B\n\n")
    assert ended.exit_code == 0, ended.output
    assert "Licence" not in ended.output
    text = (tmp_path / "submissions" / "my-algo" / "submission.toml").read_text()
    assert 'title = "Best of all"' in text
    assert 'authors = ["A", "B"]' in text
    assert 'reference = "in preparation"' in text


def test_nobody_to_ask_says_what_is_missing(algozoo, tmp_path):
    ended = algozoo("new", "my-algo")
    assert ended.code == 2
    assert "--authors 'A. Person, B. Person'" in ended.err
    assert not (tmp_path / "submissions").exists()


def test_a_name_that_is_taken_is_refused_before_anything_is_asked(algozoo):
    ended = algozoo("new", "pca")
    assert ended.code == 2
    assert "the name 'pca' is taken: built-in" in ended.err
    algozoo("new", "mine", "--authors", "A")
    assert "the name 'mine' is taken: submissions/mine" in algozoo("new", "mine").err
