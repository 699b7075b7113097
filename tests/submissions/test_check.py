from pathlib import Path
from time import monotonic

import pytest

from algozoo.errors import InputError
from algozoo.submissions.check import SHORTEST_SECONDS, admit, within
from algozoo.submissions.template import new_submission

FACTS = {"name": "mine", "title": "Mine", "authors": ["A"], "reference": "none", "licence": "MIT", "kind": "snr"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Make a new submission, and go to where its author works."""
    monkeypatch.chdir(tmp_path)
    return new_submission(FACTS, Path("submissions"))


def test_a_submission_is_admitted_without_a_look_at_its_code(folder):
    (folder / "detector.py").write_text("raise RuntimeError('imported')\n")
    assert admit(folder).name == "mine"


def test_a_folder_elsewhere_or_nowhere_is_refused_with_what_to_do(folder):
    folder.rename("mine")
    with pytest.raises(InputError, match=r"mine: lies outside of .*; move it there"):
        admit(Path("mine"))
    with pytest.raises(InputError, match="there is no such folder; `algozoo new mine` makes one"):
        admit(folder)


def test_a_detector_never_has_more_time_than_it_asks_for_nor_than_is_left(folder):
    detector = admit(folder)
    asked = detector.manifest.needs.minutes
    assert within(detector, monotonic() + 1e6).manifest.needs.minutes == asked
    assert within(detector, monotonic() + 30).manifest.needs.minutes == pytest.approx(0.5, abs=0.1)
    assert within(detector, monotonic() - 30).manifest.needs.minutes == pytest.approx(SHORTEST_SECONDS / 60)
