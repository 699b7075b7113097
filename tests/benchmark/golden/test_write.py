import pytest
from click.testing import CliRunner

from algozoo.benchmark.golden import __main__ as command
from algozoo.benchmark.golden import numbers
from algozoo.benchmark.golden.numbers import Case, read, summary
from algozoo.detectors.contract import DetectionMap
from algozoo.detectors.controls import Blank


@pytest.fixture
def golden(tmp_path, monkeypatch):
    """Run the command on an empty folder; both kernels differ by 3e-8."""
    monkeypatch.setattr(numbers, "folder", lambda: tmp_path / "golden")
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(command, "_computed_with", lambda _, names, __: {name: rounded(name) for name in names})

    def rounded(name):
        cases = command.part(name).compute()
        return {k: Case(nan=v.nan, values=tuple(x * (1 + 3e-8) for x in v.values)) for k, v in cases.items()}

    return lambda *arguments: CliRunner().invoke(command.main, arguments)


def score(monkeypatch, height):
    """Make the blank map one of another height."""
    scores = DetectionMap(scores=[[height] * 9] * 9, kind="ratio")
    monkeypatch.setattr(Blank, "detect", lambda *_: scores)


def test_numbers_are_written_once_with_the_spread_of_two_kernels_rounded_up(golden, monkeypatch):
    score(monkeypatch, 1.0)
    assert golden("write", "blank").exit_code == 0
    first = read("blank")
    assert (first.version, first.tolerance) == ("1", pytest.approx(1e-7))
    score(monkeypatch, 1 + 5e-8)
    assert golden("write", "blank").exit_code == 0
    assert read("blank") == first
    assert golden("check", "blank").exit_code == 0


def test_moved_numbers_under_an_unchanged_version_are_refused(golden, monkeypatch):
    score(monkeypatch, 1.0)
    golden("write", "blank", "oracle")
    before = read("blank")
    score(monkeypatch, 1.5)
    for name in ("check", "write"):
        done = golden(name, "blank", "oracle")
        assert done.exit_code == 1
        assert "the numbers of blank are not those of its version 1" in done.output
        assert " by 0.5" in done.output
        assert "raise Blank.version in algozoo/detectors/controls.py" in done.output
        assert "numbers of oracle are not" not in done.output
    assert read("blank") == before


def test_with_the_version_raised_they_are_written(golden, monkeypatch):
    score(monkeypatch, 1.0)
    golden("write", "blank")
    score(monkeypatch, 1.5)
    monkeypatch.setattr(Blank, "version", "2")
    assert golden("write", "blank").exit_code == 0
    assert read("blank").version == "2"
    assert golden("check", "blank").exit_code == 0


def test_new_inputs_are_added_and_others_kept(golden):
    golden("write", "blank")
    was = read("blank")
    cases = dict(list(was.cases.items())[1:]) | {"of a parameter that is no more": summary([1.0])}
    numbers.write("blank", was.model_copy(update={"cases": cases}))
    assert "inputs changed" in golden("write", "blank").output
    assert read("blank") == was


def test_an_unknown_part_is_named(golden):
    done = golden("write", "blanc")
    assert done.exit_code == 1
    assert "did you mean 'blank'" in done.output
