import hashlib

import pytest

from algozoo.errors import InputError
from algozoo.submissions.export import export_trials
from algozoo.submissions.sealed import read_truth


def test_the_commitment_is_that_of_the_truth_and_of_no_other(exported, suite, tmp_path):
    export_trials(suite, tmp_path / "other", tmp_path / "other.truth")
    with pytest.raises(InputError, match="is not the truth of the trials in"):
        read_truth(tmp_path / "other.truth", exported, None)
    changed = tmp_path / "changed.truth"
    text = exported.with_name("out.truth").read_text()
    changed.write_text(text.replace('"x": ', '"x": 1'))
    with pytest.raises(InputError, match="is not the truth"):
        read_truth(changed, exported, None)
    changed.write_text("{}")
    with pytest.raises(InputError, match="was not made by `algozoo export-trials`"):
        read_truth(changed, exported, None)
    with pytest.raises(InputError, match=r"gone\.truth: cannot be read"):
        read_truth(tmp_path / "gone.truth", exported, None)
    with pytest.raises(InputError, match=r"commitment\.txt: cannot be read"):
        read_truth(exported.with_name("out.truth"), tmp_path, None)


def test_trials_of_another_version_are_refused(exported, monkeypatch):
    monkeypatch.setattr("algozoo.submissions.sealed.trials_digest", lambda _: hashlib.sha256().hexdigest())
    with pytest.raises(InputError, match="were made by another version of AlgoZoo"):
        read_truth(exported.with_name("out.truth"), exported, None)
