import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.datasets import RealManifest, SimulatedManifest, dataset_names, load_dataset, load_manifest
from algozoo.errors import InputError

SEVEN_MISTAKES = """
format = 2
kind = "simulated"
name = "My dataset"
version = "1"
title = "A title"
instrument = "none"
licence = "MIT"
source = "here"
citation = "none"
colour = "blue"
pixel_scale = -0.01
valid_field = { inner = 1.5, outer = 6.0 }
n_sequences = 2
seed = 1
description = "Seven mistakes: format, name, colour, pixel_scale, size, field_rotation, seeing_rms missing."

[simulation]
n_frames = 20
size = "61"
fwhm = 4.0
field_rotation = { low = 80.0, high = 60.0 }
star_flux_electrons = 1e7
halo_contrast = 0.01
halo_slope = 1.8
speckle_fraction = 0.5
evolving_fraction = 0.1
evolving_modes = 3
lifetime_frames = 20.0
sky_electrons = 100.0
read_noise_electrons = 10.0
"""


def refusal(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_manifest(path)
    return str(caught.value)


@pytest.mark.parametrize("name", dataset_names())
def test_shipped_manifests_are_valid_and_named_as_their_file(name: str) -> None:
    assert load_dataset(name).name == name


def test_every_mistake_is_reported_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    first, *mistakes = refusal(path, SEVEN_MISTAKES).splitlines()
    assert first == f"{path}: 7 mistakes"
    assert mistakes == [
        "  format = 2: expected 1",
        "  name = 'My dataset': expected lower-case letters, digits and hyphens",
        "  pixel_scale = -0.01: expected greater than 0",
        "  simulation.size = '61': expected a valid integer",
        "  simulation.field_rotation.high = 60.0: expected at least low, which is 80",
        "  simulation.seeing_rms: missing; add it",
        "  colour = 'blue': no such field; correct its name or remove it",
    ]


def test_a_wrong_kind_does_not_hide_other_mistakes(tmp_path: Path) -> None:
    message = refusal(tmp_path / "mine.toml", SEVEN_MISTAKES.replace('"simulated"', '"imagined"'))
    assert "kind = 'imagined': expected 'real' or 'simulated'" in message
    assert "pixel_scale = -0.01" in message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("inner = 1.5", "inner = 4.0", "valid_field.outer ... more than inner, which is 4"),
        ('path = "mine/psf.fits"', 'path = "../psf.fits"', "files.psf.path ... inside the mirror folder"),
        ('path = "mine/psf.fits"', 'path = "/psf.fits"', "files.psf.path ... inside the mirror folder"),
        ("https://example.org/psf.fits", "example.org/psf.fits", "files.psf.url ... begins with https://"),
        ("070", "xyz", "files.psf.sha256 ... 64 hexadecimal digits"),
        ("star_flux = 1000.0", "star_flux = nan", "star_flux ... a finite number"),
        ("crop = { x = 0, y = 0 }", "crop = 2", "crop = 2 ... expected a table"),
        ("crop = { x = 0, y = 0 }", "crop = { x = -1, y = 0 }", "crop.x ... greater than or equal to 0"),
        ("crop =", "companions = [{ name = 'b' }]\ncrop =", "companions[0].contrast ... missing"),
        ('title = "Mine"', 'title = ""', "title = '' ... at least 1 character"),
        ('version = "1"', "version = 1", "version = 1 ... a valid string"),
        ('version = "1"', 'version = "one"', "version = 'one' ... numbers and dots"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_remedy(
    tmp_path: Path, real_manifest: str, old: str, new: str, expected: str
) -> None:
    assert old in real_manifest
    message = refusal(tmp_path / "mine.toml", real_manifest.replace(old, new))
    place, remedy = expected.split(" ... ")
    assert any(place in line and remedy in line for line in message.splitlines()[1:]), message


def test_valid_manifests_are_told_apart_by_kind(tmp_path: Path, real_manifest: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(real_manifest, encoding="utf-8")
    assert isinstance(load_manifest(path), RealManifest)
    assert isinstance(load_dataset("tiny").manifest, SimulatedManifest)


def test_the_valid_field_must_lie_in_the_frames(tmp_path: Path) -> None:
    tiny = Path(__file__).parents[2] / "datasets" / "tiny.toml"
    text = tiny.read_text(encoding="utf-8")
    message = refusal(tmp_path / "big.toml", text.replace("outer = 6.0", "outer = 7.0"))
    assert message.splitlines()[1].startswith("  simulation: expected frames that hold the valid field")
    message = refusal(tmp_path / "small.toml", text.replace("size = 61", "size = 31"))
    assert "simulation.size = 31: expected at least 8 FWHM and one pixel, 33" in message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("format = 1\nname = ,\n", "line 2, column 8"),
        ('format = 1\nname = "tiny', "line 2, column 13"),
        ("a", "line 1"),
    ],
)
def test_a_syntax_error_is_named_with_line_and_column(tmp_path: Path, text: str, place: str) -> None:
    message = refusal(tmp_path / "mine.toml", text)
    assert str(tmp_path / "mine.toml") in message
    assert place in message


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        load_manifest(tmp_path / "none.toml")
    with pytest.raises(InputError, match="directory"):
        load_manifest(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"')
    with pytest.raises(InputError, match="not text in UTF-8"):
        load_manifest(tmp_path / "latin.toml")


@given(st.text(max_size=200))
def test_any_text_is_a_manifest_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError, match=re.escape(str(path))):
        load_manifest(path)
