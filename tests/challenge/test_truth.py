import numpy as np
import pytest

from algozoo.challenge.truth import MapTruth, SpectrumTruth
from algozoo.errors import InputError
from algozoo.toml import read_toml

MAPS = """
format = 1
[[sets]]
name = "sphere_irdis_1"
size = 41
fwhm = 4.0
companions = [[30, 12.5], [10.0, 20.0]]
[[sets]]
name = "nirc2_1"
size = 40
fwhm = 6.5
inner = 10
outer = 15
companions = []
"""
SPECTRA = """
format = 1
[[sets]]
name = "gpi1"
companions = [{ offset = [3, -4.5], contrast = [1e-5, 2e-5] }, { offset = [0.0, 9.0], contrast = [1e-6, 1e-6] }]
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        (tmp_path / "truth.toml").write_text(text)
        return tmp_path / "truth.toml"

    return write


def test_positions_are_columns_and_rows_of_the_map(write):
    first, second = read_toml(write(MAPS), MapTruth).sets
    assert first.x.tolist() == [30, 10]
    assert first.y.tolist() == [12.5, 20]
    assert first.file("detmap") == "sphere_irdis_detmap_1.fits"
    assert second.file("fwhm") == "nirc2_fwhm_1.fits"
    assert second.x.size == 0


def test_the_field_is_an_annulus_about_the_middle_of_the_map(write):
    first, second = read_toml(write(MAPS), MapTruth).sets
    assert first.valid.shape == (41, 41)
    assert not first.valid[20, 23]  # three px from the middle, under one FWHM
    assert first.valid[20, 24]
    assert first.valid[0, 0]
    rows, columns = np.nonzero(second.valid)
    distance = np.hypot(rows - 19.5, columns - 19.5)
    assert 10 <= distance.min() < 10.5
    assert 14.5 < distance.max() <= 15
    assert (second.valid == second.valid[::-1, ::-1]).all()


def test_all_mistakes_of_a_truth_are_told_at_once(write):
    text = MAPS.replace("size = 41", "size = 1").replace('"nirc2_1"', '"NIRC2"').replace("inner = 10", "iner = 10")
    with pytest.raises(InputError, match="3 mistakes") as error:
        read_toml(write(text), MapTruth)
    for place in ("sets[0].size = 1", "sets[1].name = 'NIRC2'", "sets[1].iner = 10: no such field"):
        assert place in str(error.value)


@pytest.mark.parametrize("place", ["[41.0, 3.0]", "[-3.0, 3.0]", "[20.0, 21.0]", "[3.0]"])
def test_a_companion_must_lie_in_the_field(write, place):
    with pytest.raises(InputError, match=r"sets\[0\].companions"):
        read_toml(write(MAPS.replace("[10.0, 20.0]", place)), MapTruth)


def test_a_set_is_there_once(write):
    with pytest.raises(InputError, match="nirc2_1 is there more often"):
        read_toml(write(MAPS.replace("sphere_irdis_1", "nirc2_1")), MapTruth)


def test_a_truth_of_spectra_has_offsets_and_contrasts(write):
    (only,) = read_toml(write(SPECTRA), SpectrumTruth).sets
    assert only.offsets.tolist() == [[3, -4.5], [0, 9]]
    assert only.contrasts.shape == (2, 2)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[1e-6, 1e-6]", "[1e-6]", r"as many channels for each companion, there are \[1, 2\]"),
        ("[1e-6, 1e-6]", "[1e-6, -1.0]", r"contrast\[1\] = -1.0: expected more than 0"),
        ("[3, -4.5]", "[3]", "offset"),
        ("format = 1", "format = 2", "format = 2"),
    ],
)
def test_mistakes_of_spectra_are_named(write, old, new, expected):
    with pytest.raises(InputError, match=expected):
        read_toml(write(SPECTRA.replace(old, new)), SpectrumTruth)


@pytest.mark.parametrize("size", [2049, 200_000, 2**62])
def test_a_map_has_a_size_that_can_be_computed(write, size):
    with pytest.raises(InputError, match="expected 2048 or less"):
        read_toml(write(MAPS.replace("size = 41", f"size = {size}")), MapTruth)
