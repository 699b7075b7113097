import pytest

from algozoo.cli.nights import open_night
from algozoo.errors import InputError

NOTHING = dict.fromkeys(("cube", "angles", "psf", "pixel_scale", "angle_offset"))


def test_a_dataset_comes_with_its_companions_and_a_report(capsys, shared_data):
    night = open_night("betapic", shared_data, dict(NOTHING))
    assert [round(companion.separation, 1) for companion in night.companions] == [16.6]
    assert night.dataset is not None
    err = capsys.readouterr().err
    assert "a source adds up with these angles" in err
    assert "North is not known" not in err
    assert "off the centre" not in err


def test_what_is_missing_is_named():
    with pytest.raises(InputError, match=r"name a dataset .*, or give --cube, --angles, --psf, --pixel-scale"):
        open_night(None, None, dict(NOTHING))


@pytest.mark.parametrize("files", [{"angle_offset": 0.0}, {"pixel_scale": 0.01}])
def test_a_dataset_and_files_exclude_each_other(files):
    with pytest.raises(InputError, match="tiny is a dataset"):
        open_night("tiny", None, NOTHING | files)
