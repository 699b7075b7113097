"""What the documentation shows is run."""

import importlib.util
import re
from pathlib import Path

import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import load_suite
from algozoo.datasets import dataset_names, load_dataset
from algozoo.detectors.registry import create, registered
from algozoo.testing import check_detector

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


@pytest.fixture
def quiet_pixels(tmp_path):
    folder = tmp_path / "submissions" / "quiet-pixels"
    folder.mkdir(parents=True)
    (folder / "detector.py").write_text(blocks("write-a-detector.md", "python")[0])
    (folder / "submission.toml").write_text(blocks("write-a-detector.md", "toml")[0])
    return tmp_path


@pytest.mark.usefixtures("sandbox")
def test_the_detector_of_the_tutorial_keeps_the_contract(quiet_pixels, monkeypatch, capsys):
    report = check_detector(registered(quiet_pixels / "submissions")["quiet-pixels"].create())
    assert report.passed, report
    monkeypatch.chdir(quiet_pixels)
    exec(blocks("write-a-detector.md", "python")[2], {})  # noqa: S102 - our own page
    assert "quiet-pixels" in capsys.readouterr().out


def test_the_suite_of_the_page_can_be_planned(tmp_path, shared_data):
    path = tmp_path / "mine.toml"
    path.write_text(blocks("datasets-and-suites.md", "toml")[0])
    shards, left_out = plan(load_suite(str(path)), mirror=shared_data)
    assert len(shards) == 2
    assert left_out == []


def test_results_are_read_as_the_quickstart_does_after_two_suites_were_run(tmp_path, suite, monkeypatch, capsys):
    quick = suite.model_copy(update={"name": "quick", "version": load_suite("quick").version})
    for each in (quick, suite):
        list(run(plan(each)[0], Store(tmp_path / "leaderboard" / "results")))
    monkeypatch.chdir(tmp_path)
    exec(blocks("quickstart.md", "python")[0], {})  # noqa: S102 - our own page
    out = capsys.readouterr().out
    assert "dataset_kind" in out
    assert re.search(r"\[\d+ rows", out)


def script(name):
    """Import one of the scripts that make pages and figures."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "figures" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("name", dataset_names())
def test_the_page_of_each_dataset_is_what_its_manifest_and_its_data_say(name, shared_data):
    """To make it, the first sequence is held against the checksums or the statistics in the manifest."""
    dataset = load_dataset(name, mirror=shared_data)
    assert (DOCS / "datasets" / f"{name}.md").read_text() == script("dataset_pages").page(dataset)
    assert (DOCS / "datasets" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_of_each_detector_is_what_its_code_and_its_costs_say():
    pages = script("detector_pages")
    for name in pages.names():
        assert (DOCS / "detectors" / f"{name}.md").read_text() == pages.page(create(name)), name
        assert (DOCS / "detectors" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert {path.stem for path in (DOCS / "detectors").glob("*.md")} == set(pages.names())


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target
