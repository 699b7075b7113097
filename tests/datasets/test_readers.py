import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from algozoo.datasets.front import read as read_aloud
from algozoo.datasets.lists import read_wavelengths
from algozoo.datasets.psfs import read_psf
from algozoo.datasets.tables import read_number
from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_sum
from algozoo.reporter import Reporter
from algozoo.sequence import ADISequence

Write = Callable[..., Path]


class Silent(Reporter):
    """Says nothing."""

    def say(self, text: str) -> None:
        pass


def read(**arguments: Any) -> ADISequence:
    return read_aloud(**arguments, report=Silent())


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


def spoiled(array: np.ndarray, index: object, value: float) -> np.ndarray:
    array = array.copy()
    array[index] = value
    return array


@pytest.mark.parametrize(
    ("field", "data", "expected"),
    [
        ("cube", spoiled(CUBE, np.s_[2:4, 5], np.nan), "NaN or infinite pixels in 2 of 6 frames, first in frame 2"),
        ("cube", CUBE * np.float64(1e60), "NaN or infinite pixels in 6 of 6 frames"),
        ("cube", CUBE[:, 10:25, 10:25], "wide"),
        ("angles", ANGLES[:-1], "has shape (5,), expected (6,)"),
        ("angles", ANGLES.reshape(2, 3), "expected one for each frame"),
        ("angles", spoiled(ANGLES, 3, np.nan), "NaN or infinite values, first at 3"),
        ("angles", spoiled(ANGLES, 0, np.inf), "NaN or infinite values, first at 0"),
        ("psf", PSF[0], "shape (29,)"),
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
        ("psf", np.stack([PSF, PSF]), "one for each of the 4 channels"),
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


def test_the_challenge_s_files_are_read(shared_data: Path) -> None:
    folder = shared_data / "sphere_ifs_v471tau"
    psf = read_psf(folder / "sphere_v471tau_psf.fits", 39)
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
