import pytest
from astropy.io import fits

from algozoo.errors import InputError
from algozoo.submissions.export import export_trials


def test_nothing_in_the_folder_tells_which_trial_a_file_is(exported, suite):
    files = sorted((exported / "trials").iterdir())
    assert len(files) == 2 * 6 + 1
    assert len({path.stat().st_mtime for path in files}) == 1
    assert {path.name for path in exported.iterdir()} == {"trials", "maps", "README.txt", "commitment.txt"}
    headers = [set(fits.getheader(path)) - {"COMMENT"} for path in files]
    assert all(header == headers[0] for header in headers)
    for text in (exported / "README.txt", exported / "commitment.txt"):
        assert suite.datasets[0].name not in text.read_text()


def test_names_differ_from_export_to_export(exported, suite, tmp_path):
    again = export_trials(suite, tmp_path / "out", tmp_path / "out.truth")
    assert not {trial.id for trial in again.trials} & {path.stem for path in (exported / "trials").iterdir()}


def test_nothing_is_written_over_and_the_truth_stays_outside(exported, suite, tmp_path):
    with pytest.raises(InputError, match="out: exists already"):
        export_trials(suite, exported, tmp_path / "truth")
    with pytest.raises(InputError, match=r"out\.truth: exists already"):
        export_trials(suite, tmp_path / "new", exported.with_name("out.truth"))
    with pytest.raises(InputError, match=r"lies in .*, which you will give away"):
        export_trials(suite, tmp_path / "new", tmp_path / "new" / "truth")
    assert not (tmp_path / "new").exists()
