import sys

import pytest
from click.testing import CliRunner

from algozoo.cli.new import new
from algozoo.detectors.submitted.manifest import Needs, read_submission


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
    ended = CliRunner().invoke(
        new, ["my-algo", "--licence", "GPL-3.0"], input="Best of all\nA, B\n\nlog_odds\n\n12\na==1.0, b==2\n"
    )
    assert ended.exit_code == 0, ended.output
    assert "Licence" not in ended.output
    text = (tmp_path / "submissions" / "my-algo" / "submission.toml").read_text()
    assert 'title = "Best of all"' in text
    assert 'authors = ["A", "B"]' in text
    assert 'reference = "in preparation"' in text
    assert 'kind = "log_odds"' in text
    assert "memory_mb = 2048\nminutes = 12.0" in text
    assert 'requirements = ["a==1.0", "b==2"]' in text


def test_on_a_terminal_enter_takes_what_is_sensible(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[new.callback.__module__], "is_terminal", lambda: True)
    ended = CliRunner().invoke(new, ["my-algo", "--authors", "A"], input="\n" * 7)
    assert ended.exit_code == 0, ended.output
    manifest = read_submission(tmp_path / "submissions" / "my-algo")
    assert (manifest.title, manifest.kind, manifest.requirements) == ("My algo", "snr", ())
    assert manifest.needs == Needs()


def test_needs_and_requirements_may_be_flags(algozoo, tmp_path):
    said = ["--memory", 512, "--minutes", 0.5, "--requirements", "a==1.0"]
    assert algozoo("new", "my-algo", "--authors", "A", *said).code == 0
    manifest = read_submission(tmp_path / "submissions" / "my-algo")
    assert (manifest.needs.memory_mb, manifest.needs.minutes, manifest.requirements) == (512, 0.5, ("a==1.0",))
    ended = algozoo("new", "other", "--authors", "A", "--requirements", "a")
    assert ended.code == 2
    assert "expected one pinned version" in ended.err


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
