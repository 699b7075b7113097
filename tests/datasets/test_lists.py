from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from algozoo.datasets.lists import read_angles, read_wavelengths

Write = Callable[..., Path]

ANGLES = np.linspace(10, 70, 6)


@pytest.mark.parametrize("shape", [(6,), (1, 6), (6, 1)])
def test_angles_may_stand_in_a_row_or_a_column(write_fits: Write, shape: tuple[int, ...]) -> None:
    assert np.array_equal(read_angles(write_fits(ANGLES.reshape(shape))), ANGLES)


@pytest.mark.parametrize("separator", ["\n", " ", ", ", ",\n"])
def test_angles_may_be_text(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "angles.csv"
    path.write_text("# degrees\n" + separator.join(map(str, ANGLES)) + " # end\n", encoding="utf-8")
    assert np.array_equal(read_angles(path), ANGLES)


@pytest.mark.parametrize("unit", ["rad", "radian", "RADIANS"])
def test_angles_in_radians_are_converted(write_fits: Write, unit: str) -> None:
    assert read_angles(write_fits(np.deg2rad(ANGLES), BUNIT=unit)) == pytest.approx(ANGLES)
    assert read_angles(write_fits(np.deg2rad(ANGLES)), "rad") == pytest.approx(ANGLES)


def test_small_angles_are_believed_when_their_unit_is_stated(write_fits: Write) -> None:
    small = np.linspace(-3, 3, 6)
    assert np.array_equal(read_angles(write_fits(small, BUNIT="deg")), small)
    assert np.array_equal(read_angles(write_fits(small), "deg"), small)


def test_small_angles_without_a_unit_are_refused(write_fits: Write, refusal) -> None:
    message = refusal(lambda: read_angles(write_fits(np.linspace(-3, 3, 6))))
    assert "may be radians" in message
    assert "angle_unit = 'deg' or 'rad'" in message


def test_an_unknown_unit_of_angles_is_refused(write_fits: Write, refusal) -> None:
    assert "BUNIT is 'adu', expected 'deg' or 'rad'" in refusal(lambda: read_angles(write_fits(ANGLES, BUNIT="adu")))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("none.fits", None, "No such file"),
        ("empty.fits", b"", "not a FITS file"),
        ("text.fits", b"not a FITS file at all", "not a FITS file"),
        ("angles.txt", b"1.0\ntwo\n", "line 2: 'two' is not a number"),
        ("angles.txt", b"# nothing\n", "has no numbers"),
        ("angles.txt", b"\xff\xfe\x00", "is not text"),
        ("angles.txt", None, "No such file"),
    ],
)
def test_files_that_hold_no_numbers_are_refused(
    tmp_path: Path, name: str, content: bytes | None, expected: str, refusal
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    message = refusal(lambda: read_angles(tmp_path / name))
    assert message.startswith(str(tmp_path / name))
    assert expected in message


@pytest.mark.parametrize("columns", [True, False])
def test_airmasses_beside_the_angles_are_left_out(write_fits: Write, *, columns: bool) -> None:
    both = np.stack([ANGLES, np.linspace(1.1, 1.4, 6)])
    assert np.array_equal(read_angles(write_fits(both.T if columns else both)), ANGLES)


def test_the_unit_that_is_given_overrides_that_of_the_file(write_fits: Write) -> None:
    assert np.array_equal(read_angles(write_fits(ANGLES, BUNIT="adu"), "deg"), ANGLES)


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Write columns to a FITS table behind an empty primary HDU."""

    def table(**columns: tuple[str | None, np.ndarray]) -> Path:
        listed = [fits.Column(name, "D", unit, array=values) for name, (unit, values) in columns.items()]
        path = tmp_path / "table.fits"
        hdus = [fits.PrimaryHDU(), fits.BinTableHDU.from_columns(listed, name="FRAMES")]
        fits.HDUList(hdus).writeto(path, overwrite=True)
        return path

    return table


def test_angles_are_a_column_of_a_table_that_is_known_by_its_name_or_named(table, refusal) -> None:
    others = 59000 + np.arange(6)
    path = table(MJD=(None, others), PARANG=("rad", np.deg2rad(ANGLES)))
    assert read_angles(path) == pytest.approx(ANGLES)
    assert read_angles(f"{path}[FRAMES]") == pytest.approx(ANGLES)
    path = table(MJD=(None, others), ROT=("deg", ANGLES))
    message = refusal(lambda: read_angles(path))
    assert "a table with the columns MJD, ROT; which one holds the numbers is not known" in message
    assert "--angle-column" in message
    for column in ("ROT", "rot", "2"):
        assert read_angles(path, column=column) == pytest.approx(ANGLES)
    assert "none is 'PA'" in refusal(lambda: read_angles(path, column="PA"))
    two = table(PARANG=("deg", ANGLES), DEROT_ANGLE=("deg", ANGLES + 1))
    assert "PARANG, DEROT_ANGLE" in refusal(lambda: read_angles(two))


ROWS = [(str(59000 + k), f"2020-01-01T00:0{k}:00", str(angle)) for k, angle in enumerate(ANGLES)]


@pytest.mark.parametrize("separator", [",", "\t", ";", "  ", ", "])
@pytest.mark.parametrize("head", [("MJD", "DATE", "DEROT ANGLE"), None])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_angles_are_a_column_of_text(tmp_path: Path, refusal, separator: str, head, encoding: str) -> None:
    if head and not separator.strip(" "):
        head = ("MJD", "DATE", "PARANG")
    lines = [separator.join(row) for row in ([head] if head else []) + ROWS]
    path = tmp_path / "angles.tsv"
    path.write_text("\r\n".join(lines), encoding=encoding)
    if head:
        assert read_angles(path) == pytest.approx(ANGLES)
    else:
        assert "is not a number" in refusal(lambda: read_angles(path))
    assert read_angles(path, column="3") == pytest.approx(ANGLES)


def test_names_of_columns_may_stand_in_a_comment(tmp_path: Path, refusal) -> None:
    rows = "\n".join(f"{59000 + k} {angle}" for k, angle in enumerate(ANGLES))
    path = tmp_path / "angles.txt"
    path.write_text(f"# made by hand\n# MJD PARANG\n{rows}\n", encoding="utf-8")
    assert read_angles(path) == pytest.approx(ANGLES)
    path.write_text(rows, encoding="utf-8")
    assert "--angle-column" in refusal(lambda: read_angles(path))
    assert read_angles(path, column="2") == pytest.approx(ANGLES)


def test_wavelengths_are_read_from_a_table(table) -> None:
    path = table(channel=(None, np.arange(3)), wavelength=("um", np.array([1.0, 1.2, 1.4])))
    assert read_wavelengths(path) == pytest.approx([1.0, 1.2, 1.4])
