import re
import subprocess
from pathlib import Path

import pytest

from algozoo.submissions.template import new_submission


@pytest.fixture
def published(algozoo, suite_file, tmp_path, monkeypatch):
    """Submit a new submission in a repository of its own."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)  # noqa: S607
    Path(".gitignore").write_text("leaderboard/results/*\n!leaderboard/results/ledger.jsonl\n")
    facts = {"name": "mine", "title": "Mine", "authors": ["A"], "reference": "none", "licence": "MIT", "kind": "snr"}
    new_submission(facts, Path("submissions"))
    return algozoo("submit", "submissions/mine", "--suite", suite_file, "--workers", 0)


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_a_submission_is_run_published_verified_and_withdrawn(algozoo, published, suite_file):
    assert published.code == 0, published.err
    assert "2 shards, 0 done before, 2 to run" in published.err
    assert re.search(r"^small +mine +\d\.\d\d \[", published.out, re.MULTILINE)
    assert "mine" in Path("leaderboard/site/small/index.html").read_text()

    steps = [line for line in published.out.splitlines() if line.startswith("git add")]
    subprocess.run(["bash", "-e"], input="\n".join(steps), text=True, check=True)  # noqa: S607
    status = subprocess.run(["git", "status", "--short"], capture_output=True, text=True, check=True)  # noqa: S607
    added = [line[3:] for line in status.stdout.splitlines() if line.startswith("A ")]
    assert "submissions/mine/detector.py" in added
    assert len([path for path in added if re.match(r"leaderboard/results/shards/\w{64}\.parquet", path)]) == 2
    assert {"leaderboard/results/datasets/small-1.fits", "leaderboard/results/datasets/small-1.json"} <= set(added)

    verified = algozoo("verify", "mine", "--suite", suite_file)
    assert verified.code == 0, verified.out
    assert re.search(r"mine +small +12 +identical +confirmed +the same", verified.out)

    Path("submissions/mine/README.md").write_text("More.")
    assert algozoo("verify", "mine", "--suite", suite_file).code == 0
    changed = algozoo("verify", "mine", "--suite", suite_file, "--same-code")
    assert changed.code == 1
    assert re.search(r"mine +small +0 +differs +the code is no longer the one that made the row", changed.out)
    assert "again," not in changed.err

    detector = Path("submissions/mine/detector.py")
    detector.write_text(detector.read_text().replace("return image", "return -image"))
    differs = algozoo("verify", "mine", "--suite", suite_file)
    assert differs.code == 1
    assert re.search(r"mine +small +12 +differs +candidate_x .*\(12 of 12 trials differ\)", differs.out)

    algozoo("ledger", "add", "withdraw", "mine", "--author", "A", "--reason", "a mistake in the angles")
    built = algozoo("leaderboard", "build", suite_file)
    assert built.code == 2
    assert "all results of this suite are withdrawn" in built.err
    assert len(list(Path("leaderboard/results/shards").iterdir())) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_an_author_sees_what_fresh_nights_will_show_and_gets_no_badge(algozoo, published, suite_file):
    assert published.code == 0
    ended = algozoo("submit", "submissions/mine", "--suite", suite_file, "--workers", 0, "--fresh")
    assert ended.code == 3  # two public nights tell nothing
    assert "Fresh nights: undecided" in ended.out
    assert "Not recorded: it gives no badge." in ended.out
    assert not Path("leaderboard/results/ledger.jsonl").exists()


@pytest.mark.usefixtures("sandbox")
def test_one_that_makes_no_map_says_why_and_is_not_to_be_published(algozoo, suite_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    facts = {"name": "mine", "title": "Mine", "authors": ["A"], "reference": "none", "licence": "MIT", "kind": "snr"}
    folder = new_submission(facts, Path("submissions"))
    (folder / "detector.py").write_text("def detect(cube, smoothing):\n    raise ValueError('no luck')\n")
    ended = algozoo("submit", folder, "--suite", suite_file, "--workers", 0)
    assert ended.code == 1
    assert re.search(r"small +mine +failed: ValueError: no luck", ended.out)
    assert "It made no map. Fix it" in ended.out
    assert "nan" not in ended.out
    assert "git" not in ended.out
