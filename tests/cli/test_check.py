import re
import time
from pathlib import Path

import numpy as np
import pytest

from algozoo.benchmark.suite import load_suite
from algozoo.datasets import load_dataset
from algozoo.detectors.submitted import detector as submitted
from algozoo.errors import AlgoZooError
from algozoo.sandbox.choice import APPARMOR_FIX
from algozoo.submissions.template import new_submission

FACTS = {"title": "Mine", "authors": ["A. Person"], "reference": "none", "licence": "MIT", "kind": "snr"}
HEAD = "def detect(cube, angles, psf, smoothing):\n"


@pytest.fixture
def mine(tmp_path, monkeypatch) -> Path:
    """Make a new submission below the current folder."""
    monkeypatch.chdir(tmp_path)
    return new_submission({"name": "mine", **FACTS}, Path("submissions"))


def write(folder, code):
    (folder / "detector.py").write_text(code)


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_a_new_submission_is_ready_and_scored_beside_others(algozoo, mine):
    ended = algozoo("check", mine)
    assert ended.code == 0, ended.out
    assert re.search(r"first map +\d+\.\d\d s of 300 s, \d+ MB of 2048 MB", ended.out)
    assert len(re.findall("^contract ", ended.out, re.MULTILINE)) == 6
    scores = re.findall(r"^tiny +(\S+) +0\.\d\d \[0\.\d\d, \d\.\d\d\]", ended.out, re.MULTILINE)
    assert sorted(scores) == ["median", "mine", "pca", "random"]
    assert re.search(r"READY \(\d+ s\). Next: algozoo submit submissions/mine$", ended.out.strip())


def test_all_mistakes_of_the_manifest_are_told_with_their_lines(algozoo, mine):
    manifest = mine / "submission.toml"
    text = manifest.read_text().replace('kind = "snr"', 'kind = "sigma"').replace("minutes = 5.0", "minutes = -1")
    manifest.write_text(text.replace('licence = "MIT"\n', ""))
    ended = algozoo("check", mine)
    assert ended.code == 2
    assert "submissions/mine/submission.toml: 3 mistakes" in ended.err
    assert "licence: missing" in ended.err
    assert re.search(r"kind = 'sigma': .*\(line 5\)", ended.err)
    assert re.search(r"needs.minutes = -1.*\(line \d+\)", ended.err)


def test_a_folder_that_is_no_submission_is_told_what_is_missing(algozoo, mine):
    assert algozoo("check", "submissions/yours").err.startswith(
        "Error: submissions/yours: there is no such folder; `al"
    )
    assert "mine: there is no such folder; did you mean submissions/mine?" in algozoo("check", "mine").err
    (mine / "submission.toml").unlink()
    ended = algozoo("check", mine)
    assert ended.code == 2
    assert "has no submission.toml; a submission is a folder with" in ended.err


def test_the_folder_of_all_submissions_is_told_from_one_of_them(algozoo, mine):
    ended = algozoo("check", "submissions")
    assert ended.code == 2
    assert "submissions: is the folder of all submissions, expected one of them: submissions/mine" in ended.err
    (mine / "submission.toml").unlink()
    assert "there is none yet; `algozoo new NAME` makes one" in algozoo("submit", "submissions").err


def test_mistakes_of_every_kind_are_told_at_once(algozoo, mine):
    manifest = mine / "submission.toml"
    text = manifest.read_text().replace('kind = "snr"', 'kind = "sigma"').replace('name = "mine"', 'name = "yours"')
    for name in ("cube", "class", "_private"):
        text = f"{text}\n[parameters.{name}]\ndefault = 1\ndescription = 'It.'\n"
    manifest.write_text(text)
    (mine / "detector.py").unlink()
    ended = algozoo("check", mine)
    assert ended.code == 2
    assert "submissions/mine: has no detector.py" in ended.err
    assert "submission.toml: 5 mistakes" in ended.err
    assert "name = 'yours': expected that of its folder, 'mine' (line 1)" in ended.err
    assert re.search(r"parameters.cube = 'cube': is what the detector gets as data.*\(line \d+\)", ended.err)
    assert re.search(r"parameters.class = 'class': expected a name that Python allows.*\(line \d+\)", ended.err)
    assert "parameters._private = '_private': expected a name" in ended.err
    assert "kind = 'sigma'" in ended.err


def delay(folder, condition, seconds):
    """Let the detector of a new submission sleep."""
    text = (folder / "detector.py").read_text().replace("import numpy", "import time\n\nimport numpy")
    write(folder, text.replace("    residuals", f"    time.sleep({seconds} if {condition} else 0)\n    residuals", 1))


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("seconds", "code", "told"),
    [
        (0.8, 0, [r"score +[123] companions and [12] empty", r"READY, but slow \(\d+ s\): [2-4] maps of 24 were"]),
        (3.0, 0, ["unchecked +same input gives", "unchecked +score", r"READY, but slow \(\d+ s\): 0 maps were scored"]),
        (60, 1, [r"not there after 5 s of the 300 s", "Not checked: first map, contract", r"\nNOT CHECKED \(\d+ s\)"]),
    ],
)
def test_a_slow_detector_is_told_what_was_not_checked(algozoo, mine, monkeypatch, seconds, code, told):
    """With a budget of 5 s."""
    monkeypatch.setattr("algozoo.submissions.check.BUDGET_SECONDS", 5.0)
    delay(mine, "True", seconds)
    ended = algozoo("check", mine)
    assert ended.code == code, ended.out
    for line in told:
        assert re.search(line, ended.out), ended.out


@pytest.mark.usefixtures("sandbox")
def test_a_map_beyond_its_own_limit_is_not_ready(algozoo, mine):
    delay(mine, "True", 60)
    manifest = mine / "submission.toml"
    manifest.write_text(manifest.read_text().replace("minutes = 5.0", "minutes = 0.02"))
    ended = algozoo("check", mine)
    assert ended.code == 1
    assert "timeout: no answer within 1.2 s" in ended.out
    assert "NOT READY" in ended.out


@pytest.mark.usefixtures("sandbox")
def test_a_map_that_hangs_later_costs_no_more_than_the_rest_of_the_time(algozoo, mine, monkeypatch):
    monkeypatch.setattr("algozoo.submissions.check.BUDGET_SECONDS", 5.0)
    smoke = load_suite("smoke")
    nights = load_dataset("tiny"), smoke.load(smoke.datasets[0])
    known = [abs(night.sequence(0).parallactic_angles[0]) for night in nights]
    delay(mine, f"min(abs(abs(angles[0]) - k) for k in {np.array(known).tolist()}) > 1e-3", 60)
    start = time.monotonic()
    ended = algozoo("check", mine)
    assert time.monotonic() - start < 25
    assert ended.code == 0
    assert re.search(r"READY, but slow \(\d+ s\): 6 maps of 24 were scored", ended.out)


def test_a_submission_lies_in_the_folder_of_submissions(algozoo, mine):
    elsewhere = mine.rename("mine")
    ended = algozoo("check", elsewhere)
    assert ended.code == 2
    assert "mine: lies outside of" in ended.err


def test_a_name_that_is_taken_says_by_whom(algozoo, mine):
    other = mine.with_name("pca")
    mine.rename(other)
    (other / "submission.toml").write_text((other / "submission.toml").read_text().replace('"mine"', '"pca"'))
    ended = algozoo("check", other)
    assert ended.code == 2
    assert "two detectors are called 'pca': built-in and submissions/pca" in ended.err


@pytest.mark.usefixtures("sandbox")
def test_a_module_that_fails_to_import_shows_its_own_lines_only(algozoo, mine):
    write(mine, "import numpy as np\n\n\ndef constant():\n    return np.no_such_thing\n\n\nTABLE = constant()\n")
    ended = algozoo("check", mine)
    assert ended.code == 1
    assert "NOT READY" in ended.out
    assert "AttributeError: module 'numpy' has no attribute 'no_such_thing'" in ended.out
    assert re.search(r'File "detector.py", line 8.*\n +TABLE = constant\(\)', ended.out)
    assert re.search(r'File "detector.py", line 5, in constant', ended.out)
    assert "importlib" not in ended.out
    assert "guest" not in ended.out


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "from algozoo.detectors.median import Median\n" + HEAD + "    pass\nclass A(Median):\n    pass\n",
            "2 detectors, detect (line 2), A (line 4): expected one in each folder",
        ),
        ("x = 1\n", "neither a function detect"),
        ("def detect(cube, angles, psf):\n    pass\n", "has parameters that detect does not have: smoothing"),
        ("def detect(cube, smoothing, width):\n    pass\n", "that submission.toml does not have: width"),
        (HEAD + "    return cube.shape\n", "invalid: detection map: scores has shape"),
        (HEAD + "    print('last words')\n    raise SystemExit(3)\n", "last words"),
    ],
)
def test_what_gives_no_map_says_why(algozoo, mine, code, told):
    write(mine, code)
    ended = algozoo("check", mine)
    assert ended.code == 1
    assert told in ended.out
    assert "NOT READY" in ended.out


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return -abs(cube).sum(axis=0)", "larger is better on an obvious planet"),
        (
            "import os\n    return cube.mean(axis=0) + int.from_bytes(os.urandom(2))",
            "FAILED     same input gives the same map: differs by up to",
        ),
        ("return np.full(cube[0].shape, np.inf)", "FAILED     scores are finite where it scores: 3721 infinite"),
    ],
)
def test_a_contract_that_does_not_hold_says_which_clause(algozoo, mine, body, told):
    write(mine, f"import numpy as np\n{HEAD}    {body}\n")
    ended = algozoo("check", mine)
    assert ended.code == 1
    assert told in ended.out
    assert "the contract does not hold" in ended.out


@pytest.mark.usefixtures("sandbox")
def test_a_detector_that_declines_is_told_that_nothing_was_scored(algozoo, mine):
    code = "from algozoo.detectors.contract import Declined\n" + HEAD + "    raise Declined('needs wavelengths')\n"
    write(mine, code)
    ended = algozoo("check", mine)
    assert ended.code == 0
    assert "declined: needs wavelengths" in ended.out
    assert "nothing else can be checked" in ended.out


def test_a_requirement_that_does_not_install_has_the_words_of_pip(algozoo, mine, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    manifest = mine / "submission.toml"
    manifest.write_text(manifest.read_text().replace("requirements = []", 'requirements = ["no-such-package==1.0"]'))
    ended = algozoo("check", mine)
    assert ended.code == 1
    assert "no-such-package==1.0 cannot be installed" in ended.err
    assert "No matching distribution found for no-such-package==1.0" in ended.err


def test_a_machine_that_forbids_sandboxes_says_how_to_mend_it(algozoo, mine, monkeypatch):
    def refuse(_world):
        raise AlgoZooError(f"no sandbox works on this machine: {APPARMOR_FIX}")

    submitted._sandbox.cache_clear()
    monkeypatch.setattr(submitted, "choose", refuse)
    ended = algozoo("check", mine)
    assert ended.code == 1
    assert "kernel.apparmor_restrict_unprivileged_userns=0" in ended.err
