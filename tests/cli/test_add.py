import shutil

import numpy as np
import pytest
import tomlkit
from astropy.io import fits

from algozoo.datasets import load_dataset, load_manifest


@pytest.fixture
def folder(tmp_path, star):
    """Make a folder with a sequence whose PSF is not in the unit of its cube, and whose pixel scale is not told."""
    rows, columns = np.mgrid[:61, :61] - 30
    halo = 1000 / (1 + np.hypot(rows, columns) ** 2 / 16)
    noise = np.random.default_rng(0).normal(scale=2, size=(12, 61, 61))
    data = {"cube": halo + noise, "pa": np.linspace(10, 70, 12), "psf": star}
    for part, values in data.items():
        fits.PrimaryHDU(values).writeto(tmp_path / f"star_{part}.fits")
    return tmp_path


def test_what_is_missing_is_said_when_nobody_can_be_asked(algozoo, folder):
    before = sorted(folder.iterdir())
    ended = algozoo("datasets", "add", folder, "--name", "mine")
    assert ended.code == 2
    assert "--pixel-scale: arcseconds per pixel" in ended.err
    assert "--star-flux: the star's flux" in ended.err
    assert "shape: 12 frames of 61x61 px" in ended.out
    assert sorted(folder.iterdir()) == before


def test_what_is_missing_is_asked_for_on_a_terminal(algozoo, folder, monkeypatch):
    answers = iter(["0.02", "1e6"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(answers))
    ended = algozoo("datasets", "add", folder, "--name", "mine")
    assert ended.code == 0, ended.err
    manifest = load_manifest(folder / "mine.toml")
    assert (manifest.pixel_scale, manifest.star_flux) == (0.02, 1e6)


def test_a_dataset_is_added_shown_and_drawn(algozoo, folder, tmp_path_factory):
    manifest = tmp_path_factory.mktemp("elsewhere") / "mine.toml"
    given = ["--pixel-scale", 0.02, "--star-flux", 1e6]
    ended = algozoo("datasets", "add", folder, "--name", "mine", *given, "-o", manifest)
    assert ended.code == 0, ended.err
    assert f"Written: {manifest}" in ended.out
    assert "Warning: reversed angles make no null" in ended.err
    assert "12 frames of 61x61 px" in algozoo("datasets", "check", manifest).out
    assert "cube.url" in algozoo("datasets", "show", manifest, "--format", "csv").out
    picture = manifest.with_suffix(".png")
    assert algozoo("datasets", "show", manifest, "-o", picture).code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in manifest.parent.iterdir()) == ["mine.png", "mine.toml"]


def test_a_dataset_whose_files_lie_with_its_manifest_is_drawn_when_it_is_shown(algozoo, folder):
    ended = algozoo("datasets", "add", folder, "--name", "mine", "--pixel-scale", 0.02, "--star-flux", 1e6)
    assert ended.code == 0, ended.err
    assert "The median of the first sequence:" in algozoo("datasets", "show", folder / "mine.toml").out


def test_frames_of_a_reference_star_are_found_by_their_name(algozoo, folder):
    frames = np.random.default_rng(1).normal(size=(9, 61, 61))
    fits.PrimaryHDU(frames).writeto(folder / "star_reference.fits")
    given = ["--pixel-scale", 0.02, "--star-flux", 1e6]
    ended = algozoo("datasets", "add", folder, "--name", "mine", *given)
    assert ended.code == 0, ended.err
    assert "reference: star_reference.fits" in ended.out
    assert load_dataset(str(folder / "mine.toml")).sequence(0).reference.shape == (9, 61, 61)


def test_units_are_told(algozoo, folder):
    with fits.open(folder / "star_cube.fits", mode="update") as hdus:
        hdus[0].header["BUNIT"] = "adu"
    told = algozoo("datasets", "add", folder, "--name", "mine", "--pixel-scale", 0.02, "--star-flux", 1e6).out
    assert "units: cube adu, psf not stated; the PSF is not in that of the cube" in told


def test_frames_without_a_star_are_refused(algozoo, folder):
    fits.PrimaryHDU(np.ones((12, 61, 61))).writeto(folder / "star_cube.fits", overwrite=True)
    ended = algozoo("datasets", "add", folder, "--name", "mine", "--pixel-scale", 0.02, "--star-flux", 1e6)
    assert ended.code == 2
    assert "every pixel of the median frame is 1: there is no star in it" in ended.err


SUITE = """
format = 1
name = "mine"
version = "1"
title = "Mine"
description = "An added dataset."
seed = 1
[[datasets]]
name = "{manifest}"
injections = 1
[[detectors]]
name = "median"
"""


def test_an_added_dataset_runs_in_a_suite(algozoo, folder, tmp_path_factory):
    given = ["--pixel-scale", 0.02, "--star-flux", 1e6]
    assert algozoo("datasets", "add", folder, "--name", "mine", *given).code == 0
    out = tmp_path_factory.mktemp("run")
    manifest = folder / "mine.toml"
    document = tomlkit.parse(manifest.read_text())
    for annulus in document["annuli"]:
        annulus["contrast"] = [1e-3, 1e-2]
    manifest.write_text(tomlkit.dumps(document))
    (out / "suite.toml").write_text(SUITE.format(manifest=folder / "mine.toml"))
    ended = algozoo("run", out / "suite.toml", "--store", out / "results", "--site", out / "site", "--workers", 0)
    assert ended.code == 0, ended.err
    assert list((out / "results").rglob("*.parquet"))


def test_a_simulated_dataset_is_drawn(algozoo, tmp_path):
    ended = algozoo("datasets", "tiny", "-o", tmp_path / "tiny.png")
    assert ended.code == 0
    assert "Tiny simulated ensemble" in ended.out
    assert (tmp_path / "tiny.png").stat().st_size > 10_000


def test_a_picture_that_cannot_be_written_ends_with_1(algozoo, tmp_path):
    (tmp_path / "file").touch()
    ended = algozoo("datasets", "show", "tiny", "-o", tmp_path / "file" / "tiny.png")
    assert ended.code == 1
    assert "file: not written (Not a directory)" in ended.err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--name", "My data"], "name = 'My data': expected lower-case letters"),
        (["--name", "mine", "--companion", "here"], "--companion 'here': expected SEPARATION,ANGLE"),
        (["--name", "mine", "--pixel-scale", "-1"], "Invalid value for '--pixel-scale': -1.0 is not in the range x>0"),
        (["--name", "mine", "--star-flux", "0"], "Invalid value for '--star-flux': 0.0 is not in the range x>0"),
        (["--name", "mine", "--cube", "none.fits"], "none.fits: cannot be read (No such file or directory)"),
        (["--name", "mine", "--angle-offset", "0", "--companion", "0.01,30"], "cannot be measured, expected"),
        (
            ["--name", "mine", "--angle-offset", "0", "--companion", "0.3,30"],
            "no companion within one FWHM of 0.300 arcsec",
        ),
        (["--name", "mine", "--companion", "0.3,30"], "needs the direction of North: give --angle-offset"),
        (["--name", "mine", "--pixel-scale", "20"], "if it was meant in mas, give 0.02"),
        (["--name", "mine", "--centre", "10,10"], "21 px around the star are"),
        (["--name", "mine", "--nd-transmission", "2"], "star_flux is the flux of the star"),
        ([], "Missing option '--name'"),
    ],
)
def test_bad_input_ends_with_2_and_writes_nothing(algozoo, folder, arguments, expected):
    before = sorted(folder.iterdir())
    good = ["--pixel-scale", 0.02, "--star-flux", 1e6]
    ended = algozoo("datasets", "add", folder, *good, *arguments)
    assert ended.code == 2
    assert expected in ended.err
    assert "Traceback" not in ended.err
    assert sorted(folder.iterdir()) == before


def test_a_manifest_is_not_overwritten(algozoo, folder):
    (folder / "mine.toml").write_text("mine")
    ended = algozoo("datasets", "add", folder, "--name", "mine")
    assert ended.code == 2
    assert "mine.toml: exists already" in ended.err
    assert (folder / "mine.toml").read_text() == "mine"


def test_a_folder_without_a_sequence_ends_with_2(algozoo, tmp_path):
    ended = algozoo("datasets", "add", tmp_path, "--name", "mine")
    assert ended.code == 2
    assert "no file looks like the cube" in ended.err


@pytest.mark.slow
def test_a_new_user_adds_beta_pictoris_and_gets_our_manifest(algozoo, shared_data, tmp_path):
    for path in (shared_data / "naco_betapic").iterdir():
        shutil.copy(path, tmp_path)
    given = ["--pixel-scale", 0.02719, "--star-flux", 764939.6, "--star-flux-aperture", 4.8, "--angle-offset", -104.39]
    given = ["datasets", "add", tmp_path, "--name", "mine", *given, "--companion", "0.45,211"]
    refused = algozoo(*given)
    assert refused.code == 2
    assert "px off the centre" in refused.err
    ended = algozoo(*given, "--centre", "51,51")
    assert ended.code == 0, ended.err
    assert "star, by the symmetry of its halo: at x = 51.1" in ended.out
    assert "a source adds up with these angles, so their sign is right" in ended.out
    assert "reversed angles make" not in ended.err
    mine, ours = load_manifest(tmp_path / "mine.toml"), load_dataset("betapic", mirror=shared_data).manifest
    assert (mine.crop, mine.angle_offset, mine.pixel_scale) == (ours.crop, ours.angle_offset, ours.pixel_scale)
    assert [file.sha256 for _, file in mine.files if file] == [file.sha256 for _, file in ours.files if file]
    assert mine.valid_field.inner == ours.valid_field.inner
    assert [(a.inner, a.outer) for a in mine.annuli] == [(a.inner, a.outer) for a in ours.annuli]
    (found,), (known,) = mine.companions, ours.companions
    for field in ("separation", "position_angle", "contrast"):
        assert abs(getattr(found, field) - getattr(known, field)) < getattr(found, f"{field}_error")
    my, our = load_dataset(tmp_path / "mine.toml").sequence(0), load_dataset("betapic", mirror=shared_data).sequence(0)
    assert np.array_equal(my.cube, our.cube)
    assert np.array_equal(my.parallactic_angles, our.parallactic_angles)
    assert (my.fwhm, my.star_flux) == (our.fwhm, our.star_flux)


def test_the_exposure_and_the_filter_of_the_psf_give_the_star_s_flux(algozoo, folder):
    given = ["--pixel-scale", 0.02, "--exposure-ratio", 100, "--nd-transmission", 1e-4]
    ended = algozoo("datasets", "add", folder, "--name", "mine", *given)
    assert ended.code == 0, ended.err
    assert load_manifest(folder / "mine.toml").star_flux == pytest.approx(1e6, rel=0.02)


def test_the_unit_that_is_given_overrides_that_of_the_file_of_angles(algozoo, folder):
    with fits.open(folder / "star_pa.fits", mode="update") as hdus:
        hdus[0].header["BUNIT"] = "ADU"
    given = ["datasets", "add", folder, "--name", "mine", "--pixel-scale", 0.02, "--star-flux", 1e6]
    assert "BUNIT is 'ADU', expected 'deg' or 'rad'" in algozoo(*given).err
    ended = algozoo(*given, "--angle-unit", "deg")
    assert ended.code == 0, ended.err
    assert load_dataset(str(folder / "mine.toml")).sequence(0).field_rotation == pytest.approx(60)


def test_one_hdu_of_a_file_makes_no_dataset(algozoo, folder):
    given = ["--name", "mine", "--pixel-scale", 0.02, "--star-flux", 1e6, "--cube", f"{folder / 'star_cube.fits'}[0]"]
    ended = algozoo("datasets", "add", folder, *given)
    assert ended.code == 2
    assert "save this HDU as a file of its own" in ended.err
    assert not (folder / "mine.toml").exists()


def test_a_dataset_of_files_without_north_has_no_position_angles(algozoo, folder):
    given = ["--pixel-scale", 0.02, "--star-flux", 1e6]
    assert algozoo("datasets", "add", folder, "--name", "mine", *given).code == 0
    assert load_dataset(str(folder / "mine.toml")).sequence(0).north_angle is None
    assert algozoo("datasets", "add", folder, "--name", "ours", *given, "--angle-offset", 0).code == 0
    assert load_dataset(str(folder / "ours.toml")).sequence(0).north_angle == 0
