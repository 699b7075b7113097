from pathlib import Path

import pytest

from algozoo.benchmark.store import Store
from algozoo.errors import InputError
from algozoo.pipeline import run
from algozoo.reporter import Reporter


@pytest.fixture
def folders(tmp_path):
    return {"store": tmp_path / "results", "site": str(tmp_path / "site"), "workers": 0}


@pytest.fixture
def without_site(monkeypatch):
    """Build no pages, which take the longest."""
    monkeypatch.setattr("algozoo.pipeline.build_site", lambda *_: Path("index.html"))


class Lines(Reporter):
    """Keep what is reported."""

    def __init__(self):
        self.lines = []

    def say(self, text):
        self.lines.append(text)


def test_a_suite_is_run_from_python_and_prints_lines(suite_file, folders, tmp_path, capsys):
    done = run(suite_file, **folders)
    assert done.page == tmp_path / "site" / "small" / "index.html"
    assert "median" in done.page.read_text()
    assert (len(done.shards), done.n_failed) == (8, 0)
    captured = capsys.readouterr()
    assert "Suite small 1: 8 shards, 0 done before, 8 to run" in captured.out
    assert "[8/8]" in captured.out
    assert captured.err == ""


@pytest.mark.usefixtures("without_site")
def test_a_second_run_finds_nothing_to_do_unless_it_is_again(suite, folders):
    run(suite, detectors=["blank"], report=Lines(), **folders)

    def started():
        return sorted(record.started for record in Store(folders["store"]).records())

    before = started()
    run(suite, detectors=["blank"], report=(second := Lines()), **folders)
    assert "2 shards, 2 done before, 0 to run" in second.lines[0]
    assert started() == before
    run(suite, detectors=["blank"], again=True, report=Lines(), **folders)
    assert len(started()) == 2
    assert started()[0] > before[-1]


def test_an_interrupted_run_says_where_its_results_are_and_stays_interrupted(suite, folders, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("algozoo.pipeline.run_shards", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(suite, report=(report := Lines()), **folders)
    assert f"Finished shards are kept in {folders['store']}" in report.lines[-1]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"suite": "quikc"}, "did you mean 'quick'"),
        ({"workers": -1}, "run: workers is -1, expected an integer, 0 or more"),
        ({"workers": "2"}, "run: workers is '2', expected an integer, 0 or more"),
        ({"workers": True}, "run: workers is True, expected an integer, 0 or more"),
        ({"suite": 3}, "run: suite is 3, expected str or Path or Suite"),
        ({"detectors": "median"}, "run: detectors is 'median', expected a list of names"),
        ({"datasets": 3}, "run: datasets is 3, expected a list of names"),
        ({"report": 3}, "run: report is 3, expected Reporter"),
        ({"mirror": 3}, "run: mirror is 3, expected str or Path"),
        ({"site": 3}, "run: site is 3, expected str or Path"),
    ],
)
def test_wrong_arguments_name_the_right_ones(suite, folders, wrong, message):
    with pytest.raises(InputError, match=message):
        run(**({"suite": suite} | folders | wrong))
