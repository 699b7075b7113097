import gzip

import numpy as np
import pytest
from astropy.io import fits

from algozoo.datasets.tables import read_list

KNOWN = frozenset({"angle"})
VALUES = np.array([10.0, 20.0, 30.0])


def write(path, *columns, pack=bytes, **cards):
    """Write columns to a table behind an empty HDU, whose header says what is given, however wrong it is."""
    table = fits.BinTableHDU.from_columns(columns, name="FRAMES")
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
    content = path.read_bytes()
    for key, value in cards.items():
        start = content.index(f"{key:<8}= ".encode(), 2880)
        content = content[:start] + f"{key:<8}= {value!s:>20}".ljust(80).encode() + content[start + 80 :]
    path.write_bytes(pack(content))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "table.fits"


@pytest.mark.parametrize("format_", ["B", "I", "J", "K", "E", "D"])
def test_a_column_of_any_kind_of_number_is_read(path, format_):
    write(path, fits.Column("time", "8A", array=["a", "b", "c"]), fits.Column("Angle", format_, "deg", array=VALUES))
    values, unit = read_list(path, KNOWN)
    assert np.array_equal(values, VALUES)
    assert unit == "deg"


def test_numbers_are_scaled_and_those_without_a_value_are_none(path):
    column = fits.Column("angle", "I", array=np.array([2, -1, 6]), null=-1)
    write(path, column)
    assert np.array_equal(read_list(path, KNOWN).values, [2, np.nan, 6], equal_nan=True)
    scaled = path.with_name("scaled.fits")
    write(scaled, fits.Column("angle", "E", array=np.array([2.0, 2.5, 6.0]), bscale=0.5, bzero=1.0))
    assert np.array_equal(read_list(scaled, KNOWN).values, [2.0, 2.5, 6.0])


@pytest.mark.parametrize(
    ("column", "cards", "expected"),
    [
        (fits.Column("angle", "D", array=VALUES), {"NAXIS2": 10**9}, "announces 8000000000 bytes"),
        (fits.Column("angle", "D", array=VALUES), {"PCOUNT": 10**12}, "announces"),
        (fits.Column("angle", "D", array=VALUES), {"NAXIS1": 4}, "rows of 4 bytes, and columns of 8"),
        (fits.Column("angle", "D", array=VALUES), {"TFIELDS": 10**9}, "has 1000000000 columns, expected at most 999"),
        (fits.Column("angle", "D", array=VALUES), {"TFORM1": "'1000D'"}, "columns of 8000"),
        (fits.Column("angle", "D", array=VALUES[:0]), {}, "has 0 rows"),
        (fits.Column("angle", "2D", array=np.ones((3, 2))), {}, "of format 2D, expected one number in each"),
        (fits.Column("angle", "3A", array=["a", "b", "c"]), {}, "of format 3A"),
        (fits.Column("angle", "PD()", array=np.array([VALUES, VALUES[:1]], dtype=object)), {}, "of format PD"),
        (fits.Column("angle", "QD()", array=np.array([VALUES, VALUES[:1]], dtype=object)), {}, "of format QD"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_a_table_announces_is_held_against_the_file(path, refusal, column, cards, expected, pack):
    write(path, column, pack=pack, **cards)
    for place, chosen in ((path, None), (f"{path}[FRAMES]", "1")):
        told = refusal(lambda place=place, chosen=chosen: read_list(place, KNOWN, chosen))
        assert told.startswith(f"{place}: ")
        assert expected in told


def test_a_file_without_a_table_is_refused(path, refusal):
    fits.PrimaryHDU().writeto(path)
    assert "has no image or binary table" in refusal(lambda: read_list(path, KNOWN))
    assert "has no table, expected one with a column 'PA'" in refusal(lambda: read_list(path, KNOWN, "PA"))


def test_text_is_read_to_its_largest_size_and_told_in_short(tmp_path, refusal):
    path = tmp_path / "angles.csv"
    path.write_bytes(gzip.compress(b"1" * 5 * 10**6))
    assert "has more than 4 MiB of text" in refusal(lambda: read_list(path, KNOWN))
    path.write_text(",".join(["x" * 1000] * 3000) + 2 * ("\n" + ",".join("1" * 3000)), encoding="utf-8")
    assert len(refusal(lambda: read_list(path, KNOWN))) < 4000
    path.write_bytes(b"1 2\n1 \xc3")
    assert "is not text in UTF-8" in refusal(lambda: read_list(path, KNOWN))
