import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from algozoo.datasets.arrays import read_number
from algozoo.datasets.psfs import read_spectral_psf
from algozoo.datasets.readers import read, read_angles, read_cube, read_wavelengths
from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_sum

Write = Callable[..., Path]

ANGLES = np.linspace(10, 70, 6)
CUBE = np.random.default_rng(1).normal(size=(6, 35, 35)).astype(np.float32)
STAR = np.exp(-4 * np.log(2) * np.hypot(*np.mgrid[-14:15, -14:15]) ** 2 / 4.0**2)
PSF = STAR / aperture_sum(STAR, 14, 14, 2.0)


@pytest.fixture(scope="session")
def files(write_fits: Write) -> dict[str, Path]:
    return {"cube": write_fits(CUBE), "angles": write_fits(ANGLES), "psf": write_fits(3.0 * PSF)}


def test_a_sequence_is_read_as_written(files: dict[str, Path]) -> None:
    sequence = read(**files, pixel_scale=0.01, name="mine")
    assert np.array_equal(sequence.cube, CUBE)
    assert np.array_equal(sequence.parallactic_angles, ANGLES)
    assert sequence.fwhm == pytest.approx(4, rel=0.03)
    assert sequence.star_flux == pytest.approx(3, rel=0.03)
    assert sequence.name == "mine"
    assert read(**files, pixel_scale=0.01, star_flux=7.0).star_flux == 7


@pytest.mark.parametrize("dtype", ["<f4", ">f4", ">f8", "<i2", ">i4", "u1"])
def test_any_number_type_becomes_native_float32(write_fits: Write, dtype: str) -> None:
    cube = np.arange(3 * 5 * 5).reshape(3, 5, 5)
    read = read_cube(write_fits(cube.astype(dtype)))
    assert read.dtype == np.dtype("=f4")
    assert np.array_equal(read, cube)


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


@pytest.mark.parametrize("shape", [(35, 35), (2, 3, 4, 35, 35), (1, 6, 35, 35)])
def test_an_image_that_is_no_cube_is_refused(write_fits: Write, shape: tuple[int, ...], refusal) -> None:
    assert f"{len(shape)} axes" in refusal(lambda: read_cube(write_fits(np.ones(shape))))


def spoiled(array: np.ndarray, index: object, value: float) -> np.ndarray:
    array = array.copy()
    array[index] = value
    return array


@pytest.mark.parametrize(
    ("field", "data", "expected"),
    [
        ("cube", CUBE[:, :, :33], "35x33 pixels, expected square"),
        ("cube", spoiled(CUBE, np.s_[2:4, 5], np.nan), "NaN or infinite pixels in 2 of 6 frames, first in frame 2"),
        ("cube", CUBE * np.float64(1e60), "NaN or infinite pixels in 6 of 6 frames"),
        ("cube", CUBE[:, 10:25, 10:25], "wide"),
        ("angles", ANGLES[:-1], "has shape (5,), expected (6,)"),
        ("angles", ANGLES.reshape(2, 3), "expected one for each frame"),
        ("angles", spoiled(ANGLES, 3, np.nan), "NaN or infinite values, first at 3"),
        ("psf", PSF[:-1, :-1], "m odd"),
        ("psf", PSF[:-2], "shape (27, 29)"),
        ("psf", PSF[None], "shape (1, 29, 29)"),
        ("psf", 0 * PSF, "empty"),
        ("psf", -PSF, "empty"),
        ("psf", PSF * np.nan, "841 NaN"),
        ("psf", np.roll(PSF, 2, axis=1), "brightest pixel of the PSF is at x = 16, y = 14"),
        ("psf", spoiled(0 * PSF, np.s_[14, 14], 1), "does not look like one star"),
        ("psf", np.pad(PSF, 4), "37 pixels wide, wider than the frames (35)"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(
    files: dict[str, Path], write_fits: Write, field: str, data: np.ndarray, expected: str, refusal
) -> None:
    path = write_fits(data)
    message = refusal(lambda: read(**(files | {field: path}), pixel_scale=0.01))
    assert expected in message
    assert str(path) in message


@pytest.mark.parametrize("pixel_scale", [0, -0.01, np.nan, np.inf])
def test_a_pixel_scale_must_be_positive(files: dict[str, Path], pixel_scale: float, refusal) -> None:
    assert "pixel_scale" in refusal(lambda: read(**files, pixel_scale=pixel_scale))


def test_truncated_files_are_named_as_such(files: dict[str, Path], tmp_path: Path, refusal) -> None:
    path = tmp_path / "half.fits"
    path.write_bytes(files["cube"].read_bytes()[:20000])
    assert "is truncated" in refusal(lambda: read_cube(path))


def test_compressed_fits_is_read(files: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "cube.fits.gz"
    path.write_bytes(gzip.compress(files["cube"].read_bytes()))
    assert np.array_equal(read_cube(path), CUBE)
    tiled = tmp_path / "cube.fits.fz"
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(CUBE, compression_type="GZIP_2", quantize_level=0)]).writeto(
        tiled
    )
    assert np.array_equal(read_cube(tiled), CUBE)


def test_truncated_gzip_is_named_as_such(files: dict[str, Path], tmp_path: Path, refusal) -> None:
    path = tmp_path / "cube.fits.gz"
    path.write_bytes(gzip.compress(files["cube"].read_bytes())[:-9])
    assert "truncated or damaged (gzip)" in refusal(lambda: read_cube(path))


fields = st.sampled_from(["cube", "angles", "psf"])


def sequence_or_refusal(files: dict[str, Path], field: str, content: bytes, folder: Path) -> None:
    """Read a sequence of finite numbers, one of whose files has other content, or be refused with that file's name."""
    path = folder / "fuzzed.fits"
    path.write_bytes(content)
    try:
        sequence = read(**(files | {field: path}), pixel_scale=0.01)
    except InputError as refused:
        assert "fuzzed.fits" in str(refused)  # noqa: PT017 - most contents are refused, some are read
        return
    for values in (sequence.cube, sequence.parallactic_angles, sequence.psf, sequence.star_flux):
        assert np.isfinite(values).all()
    assert sequence.n_frames == len(sequence.parallactic_angles)
    assert np.min(sequence.star_flux) > 0


@given(fields, st.binary(max_size=4000))
def test_random_bytes_are_refused(
    files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, field: str, content: bytes
) -> None:
    sequence_or_refusal(files, field, content, tmp_path_factory.getbasetemp())


@given(fields, st.floats(0, 1))
def test_a_file_truncated_at_any_byte_is_refused(
    files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, field: str, fraction: float
) -> None:
    content = files[field].read_bytes()
    content = content[: int(fraction * len(content))]
    sequence_or_refusal(files, field, content, tmp_path_factory.getbasetemp())


@given(fields, st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=5), st.booleans())
def test_a_damaged_header_gives_a_sequence_or_a_refusal(
    files: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    field: str,
    changes: list[tuple[int, int]],
    compress: bool,  # noqa: FBT001 - hypothesis passes by name
) -> None:
    content = bytearray(files[field].read_bytes())
    for place, byte in changes:
        content[place] = byte
    packed = gzip.compress(bytes(content)) if compress else bytes(content)
    sequence_or_refusal(files, field, packed, tmp_path_factory.getbasetemp())


@given(
    fields,
    arrays.arrays(
        dtype=st.sampled_from([np.uint8, np.int16, np.int64, np.float32, np.float64]),
        shape=arrays.array_shapes(min_dims=1, max_dims=5, max_side=9),
    ),
)
def test_any_image_gives_a_sequence_or_a_refusal(
    files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, field: str, data: np.ndarray
) -> None:
    path = tmp_path_factory.getbasetemp() / "image.fits"
    fits.PrimaryHDU(data).writeto(path, overwrite=True)
    sequence_or_refusal(files, field, path.read_bytes(), tmp_path_factory.getbasetemp())


WAVELENGTHS = np.array([0.95, 1.1, 1.25, 1.33])
SPECTRAL_CUBE = np.random.default_rng(2).normal(size=(4, 6, 35, 35)).astype(np.float32)


@pytest.fixture(scope="session")
def spectral_files(files: dict[str, Path], write_fits: Write) -> dict[str, Path]:
    psfs = np.stack([factor * PSF for factor in (1.0, 2.0, 3.0, 4.0)])
    return files | {"psf": write_fits(psfs), "wavelengths": write_fits(WAVELENGTHS), "cube": write_fits(SPECTRAL_CUBE)}


@pytest.mark.parametrize("frames_first", [True, False])
def test_a_cube_with_wavelengths_is_read_in_either_order(
    spectral_files: dict[str, Path], write_fits: Write, *, frames_first: bool
) -> None:
    cube = write_fits(SPECTRAL_CUBE.swapaxes(0, 1) if frames_first else SPECTRAL_CUBE)
    sequence = read(**(spectral_files | {"cube": cube}), pixel_scale=0.01)
    assert np.array_equal(sequence.cube, SPECTRAL_CUBE)
    assert np.array_equal(sequence.wavelengths, WAVELENGTHS)
    assert sequence.star_flux == pytest.approx([1, 2, 3, 4], rel=0.03)
    scaled = read(**(spectral_files | {"cube": cube}), pixel_scale=0.01, star_flux=100.0)
    assert scaled.star_flux == pytest.approx([40, 80, 120, 160])


def test_axes_that_cannot_be_told_apart_are_refused(write_fits: Write, refusal) -> None:
    cube = write_fits(np.ones((4, 4, 9, 9)))
    assert "which axis is which cannot be told" in refusal(lambda: read_cube(cube, 4, 4))
    assert "with 5 wavelengths and 4 frames" in refusal(lambda: read_cube(cube, 4, 5))
    assert "has shape (6, 35, 35)" in refusal(lambda: read_cube(write_fits(CUBE), 6, 5))


@pytest.mark.parametrize(
    ("field", "data", "expected"),
    [
        ("wavelengths", 1000 * WAVELENGTHS, "divide nanometres by 1000"),
        ("wavelengths", 1e-6 * WAVELENGTHS, "multiply metres by 1e6"),
        ("wavelengths", np.full(4, 1.1), "4 wavelengths of which 1 differ"),
        ("wavelengths", -WAVELENGTHS, "positive numbers"),
        ("wavelengths", np.ones((2, 2)), "positive numbers"),
        ("wavelengths", WAVELENGTHS[:3], "with 3 wavelengths and 6 frames"),
        ("psf", PSF, "expected (n_wavelengths, m, m)"),
        ("psf", np.stack([PSF, PSF, 0 * PSF, PSF]), "channel 2: the PSF is empty"),
        ("psf", np.stack([PSF, PSF]), "psf"),
    ],
)
def test_wavelengths_and_their_psfs_are_checked(
    spectral_files: dict[str, Path], write_fits: Write, field: str, data: np.ndarray, expected: str, refusal
) -> None:
    path = write_fits(data)
    message = refusal(lambda: read(**(spectral_files | {field: path}), pixel_scale=0.01))
    assert expected in message


def test_frames_of_a_reference_star_are_cut_as_those_of_the_cube(
    files: dict[str, Path], write_fits: Write, refusal
) -> None:
    others = np.random.default_rng(5).normal(size=(9, *CUBE.shape[1:])).astype(np.float32)
    sequence = read(**files, reference=write_fits(others), pixel_scale=0.01, crop=(2, 1, 31))
    assert np.array_equal(sequence.reference, others[:, 1:32, 2:33])
    other_size = write_fits(others[..., 1:])
    message = refusal(lambda: read(**files, reference=other_size, pixel_scale=0.01))
    assert "frames of 34x35 px, expected those of" in message
    assert "cut both alike" in message


def test_a_cube_with_wavelengths_without_their_file_is_known_for_what_it_is(
    spectral_files: dict[str, Path], refusal
) -> None:
    without = {part: path for part, path in spectral_files.items() if part != "wavelengths"}
    assert "give the file of the wavelengths too" in refusal(lambda: read(**without, pixel_scale=0.01))


@pytest.mark.parametrize("columns", [True, False])
def test_airmasses_beside_the_angles_are_left_out(write_fits: Write, *, columns: bool) -> None:
    both = np.stack([ANGLES, np.linspace(1.1, 1.4, 6)])
    assert np.array_equal(read_angles(write_fits(both.T if columns else both)), ANGLES)


def test_the_challenge_s_files_are_read(shared_data: Path) -> None:
    folder = shared_data / "sphere_ifs_v471tau"
    psf = read_spectral_psf(folder / "sphere_v471tau_psf.fits")
    assert psf.psf.shape == (39, 25, 25)
    assert psf.fwhm == pytest.approx(5.4, abs=0.1)
    assert read_number(folder / "sphere_v471tau_plsc.fits") == 0.0074
    assert read_wavelengths(folder / "sphere_v471tau_wl.fits")[[0, -1]] == pytest.approx([0.9576, 1.3288], abs=1e-4)


def test_angles_that_jump_by_a_turn_are_read_without(files: dict[str, Path], write_fits: Write) -> None:
    angles = write_fits(np.array([356, 358, 359, 1, 2, 4.0]))
    sequence = read(**(files | {"angles": angles}), pixel_scale=0.01, angle_offset=-10)
    assert sequence.parallactic_angles == pytest.approx([346, 348, 349, 351, 352, 354])


@given(
    arrays.arrays(
        dtype=st.sampled_from([np.int16, np.float32, np.float64]), shape=arrays.array_shapes(max_dims=5, max_side=7)
    ),
    st.sampled_from(["cube", "angles", "psf", "wavelengths"]),
)
def test_any_image_gives_a_spectral_sequence_or_a_refusal(
    spectral_files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, data: np.ndarray, field: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "spectral.fits"
    fits.PrimaryHDU(data).writeto(path, overwrite=True)
    sequence_or_refusal(spectral_files, field, path.read_bytes(), path.parent)
