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
description = "Seven mistakes: format, name, colour, pixel_scale, size, field_rotation_deg, seeing_rms missing."

[simulation]
n_frames = 20
n_reference_frames = 0
size = "61"
telescope_diameter_m = 8.0
wavelength_um = { low = 3.6, high = 4.0 }
n_channels = 1
n_subbands = 1
declination_deg = -51.0
latitude_deg = -24.6
hour_angle_h = { low = -0.5, high = 0.5 }
field_rotation_deg = { low = 80.0, high = 60.0 }
n_actuators = 14
ao_residual_nm = { low = 300.0, high = 350.0 }
fresh_fraction = 0.02
static_opd_nm = 30.0
chromatic_opd_nm = 10.0
slow_opd_nm = 200.0
slow_lifetime_frames = 50.0
fast_opd_nm = 20.0
fast_lifetime_frames = 3.0
waffle_opd_nm = 10.0
pointing_rms_lambda_over_d = 0.02
jitter_rms_lambda_over_d = 0.1
coronagraph_order = 2
coronagraph_leak = 0.05
star_electrons = 1000000000.0
transparency_rms = 0.05
sky_electrons = 100000.0
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
        "  format = 2: expected 1 (line 2)",
        "  name = 'My dataset': expected lower-case letters, digits and hyphens (line 4)",
        "  pixel_scale = -0.01: expected more than 0 (line 12)",
        "  simulation.size = '61': expected an integer (line 21)",
        "  simulation.field_rotation_deg.high = 60.0: expected at least low, which is 80 (line 29)",
        "  simulation.seeing_rms: missing; add it (line 18)",
        "  colour = 'blue': no such field; correct its name or remove it (line 11)",
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
        ("crop = { x = 0, y = 0 }", "crop = { x = -1, y = 0 }", "crop.x ... expected 0 or more"),
        ("crop =", "companions = [{ name = 'b' }]\ncrop =", "companions[0].contrast ... missing"),
        ('title = "Mine"', 'title = ""', "title = '' ... expected 1 or more characters"),
        ('version = "1"', "version = 1", "version = 1 ... expected text in quotes"),
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


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("outer = 6.0", "outer = 7.0", "simulation: expected frames that hold the valid field"),
        ("size = 61", "size = 31", "simulation: expected size to be at least 8 lambda/D and one pixel, 33.6"),
        ("pixel_scale = 0.02719", "pixel_scale = 0.06", "simulation: expected at least 2 pixels per lambda/D"),
        ("latitude_deg = -24.63", "latitude_deg = 85.0", "simulation.field_rotation_deg: expected high to be at most"),
        ("coronagraph_order = 2", "coronagraph_order = 3", "simulation.coronagraph_order = 3: expected 0, 2 or 4"),
        ("latitude_deg = -24.63", "latitude_deg = -90.0", "simulation.latitude_deg = -90.0: expected more than -90"),
    ],
)
def test_what_cannot_be_observed_is_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    text = (Path(__file__).parents[2] / "datasets" / "tiny.toml").read_text(encoding="utf-8")
    assert old in text
    (mistake,) = refusal(tmp_path / "mine.toml", text.replace(old, new)).splitlines()[1:]
    assert expected in mistake


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
    with pytest.raises(InputError, match="is a folder, a pipe or a device"):
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


@pytest.mark.parametrize(
    ("annulus", "mistake"),
    [
        ("{ inner = 3.0, outer = 2.0 }", "inner is 3 and outer 2 FWHM, expected inner < outer"),
        ("{ inner = 1.5, outer = 7.0 }", "annulus 1.5 to 7 FWHM reaches beyond the valid field, 1 to 6 FWHM"),
        ("{ inner = 1.5, outer = 3.0, contrast = [1e-3, 1e-4] }", "expected the fainter end first"),
        ("{ inner = 1.5, outer = 3.0, contrast = [1e-3, 2.0] }", "annuli[0].contrast[1] = 2.0: expected less than 1"),
    ],
)
def test_an_annulus_that_cannot_be_is_refused(tmp_path: Path, annulus: str, mistake: str) -> None:
    tiny = (Path(__file__).parents[2] / "datasets" / "tiny.toml").read_text()
    text = re.sub(r"annuli = \[.*?\n\]\n", f"annuli = [{annulus}]\n", tiny, flags=re.DOTALL)
    assert mistake in refusal(tmp_path / "tiny.toml", text)
