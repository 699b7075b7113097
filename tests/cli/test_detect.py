import json

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from algozoo.companions import Companion, inject

BETAPIC = {"--pixel-scale": 0.02719, "--angle-offset": -104.39}


@pytest.fixture
def files(tmp_path, make_sequence):
    """Write a sequence of noise with a bright planet as an astronomer's own files, and return the options."""
    sequence = inject(make_sequence(n_frames=20), [Companion(separation=12, azimuth=180, contrast=0.03)])
    arrays = {"cube": sequence.cube, "angles": sequence.parallactic_angles, "psf": 1000 * sequence.psf}
    for name, array in arrays.items():
        fits.writeto(tmp_path / f"{name}.fits", np.asarray(array, dtype=np.float32))
    options = {f"--{name}": tmp_path / f"{name}.fits" for name in arrays}
    return options | {"--pixel-scale": 0.02, "--angle-offset": 0, "--output": tmp_path / "out"}


def flat(options):
    return [part for option in options.items() for part in option]


def test_frames_of_a_reference_star_are_used(algozoo, files, make_sequence, tmp_path):
    fits.writeto(tmp_path / "stars.fits", make_sequence(n_frames=9, seed=3).cube)
    given = files | {"--reference": tmp_path / "stars.fits", "--parameter": "library=reference"}
    ended = algozoo("detect", *flat(given), "--parameter", "n_components=3")
    assert ended.code == 0, ended.err
    assert fits.getheader(tmp_path / "out" / "detection_map.fits")["FILE REFERENCE"] == "stars.fits"
    without = algozoo("detect", *flat(files), "--parameter", "library=reference")
    assert without.code == 1
    assert "declines this sequence" in without.err


def test_training_on_another_sequence_is_refused_where_there_is_none(algozoo, files):
    ended = algozoo("detect", *flat(files), "--detector", "sodirf", "--parameter", "train=transfer")
    assert ended.code == 2
    assert "train='transfer': there is one sequence only, expected 'flipped'" in ended.err


def test_a_cube_with_wavelengths_is_searched(algozoo, make_sequence, tmp_path):
    one = make_sequence(n_frames=12)
    arrays = {
        "cube": np.stack([one.cube, make_sequence(n_frames=12, seed=1).cube]),
        "angles": one.parallactic_angles,
        "psf": np.stack([1000 * one.psf] * 2),
        "wavelengths": np.array([1.0, 1.5]),
    }
    for name, array in arrays.items():
        fits.writeto(tmp_path / f"{name}.fits", np.asarray(array, dtype=np.float32))
    options = {f"--{name}": tmp_path / f"{name}.fits" for name in arrays} | {"--pixel-scale": 0.02}
    ended = algozoo("detect", *flat(options), "-o", tmp_path / "out", "--parameter", "n_components=2")
    assert ended.code == 0, ended.err


@pytest.mark.parametrize("components", [5, 10, 20])
def test_beta_pic_b_is_the_best_candidate_at_its_place_on_the_sky(algozoo, shared_data, tmp_path, components):
    """Within 30 mas and 3 degrees of 452 mas, 211.2 degrees (Absil et al. 2013); the files are cut so that the star
    is in the centre.
    """
    folder = shared_data / "naco_betapic"
    cube = fits.getdata(folder / "naco_betapic_cube.fits")[:, 2:, 2:]
    fits.writeto(tmp_path / "cube.fits", cube)
    options = BETAPIC | {
        "--cube": tmp_path / "cube.fits",
        "--angles": folder / "naco_betapic_pa.fits",
        "--psf": folder / "naco_betapic_psf.fits",
        "--parameter": f"n_components={components}",
        "--output": tmp_path / "out",
        "--format": "json",
    }
    ended = algozoo("detect", *flat(options))
    assert ended.code == 0, ended.err
    best = json.loads(ended.out)[0]
    assert best["separation_arcsec"] == pytest.approx(0.452, abs=0.030)
    assert best["position_angle_deg"] == pytest.approx(211.2, abs=3)
    assert best["snr"] > 6


@pytest.mark.torch
def test_a_network_tells_how_far_its_training_is_and_leaves_its_learning_curve(algozoo, files, tmp_path, monkeypatch):
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path / "cache"))
    few = ("n_levels=4", "n_samples=20", "patch_width=1.5", "epochs=2", 'architecture="conv3d"')
    settings = [part for value in few for part in ("--parameter", value)]
    ended = algozoo("detect", *flat(files), "--detector", "sodinn", *settings)
    assert ended.code == 0, ended.err
    assert "Training: annuli sampled 1/" in ended.err
    assert "Training: epochs 2/2, loss" in ended.err
    curve = pd.read_csv(files["--output"] / "learning_curve.csv")
    assert list(curve.columns) == ["epoch", "loss", "validation_loss", "validation_auc"]
    assert len(curve) == 2
    assert "Training" not in algozoo("detect", *flat(files), "--detector", "sodinn", *settings).err


def test_map_table_and_picture_are_written(algozoo, files):
    ended = algozoo("detect", *flat(files), "--detector", "median")
    assert ended.code == 0, ended.err
    folder = files["--output"]
    assert {path.name for path in folder.iterdir()} == {"detection_map.fits", "detection_map.png", "candidates.csv"}
    with fits.open(folder / "detection_map.fits") as hdus:
        header = hdus[0].header
        assert hdus[0].data.shape == (41, 41)
        assert (header["BUNIT"], header["DETECTOR"], header["CRPIX1"]) == ("S/N", "median", 21)
        assert (header["CDELT1"], header["CDELT2"]) == (-0.02, 0.02)
        assert (header["CTYPE1"], header["FILE CUBE"], header["ANGOFF"]) == ("EAST", "cube.fits", 0)
        assert header["PARAM COMBINE"] == "median"
        assert hdus["RESIDUAL"].data.shape == (41, 41)
    best = pd.read_csv(folder / "candidates.csv").iloc[0]
    assert best["separation_arcsec"] == pytest.approx(0.24, abs=0.01)
    assert best["position_angle_deg"] == pytest.approx(90, abs=3)
    assert 3 < best["sigma"] < best["snr"]


def test_angle_offset_turns_the_sky(algozoo, files):
    algozoo("detect", *flat(files | {"--angle-offset": 30}), "--detector", "median")
    best = pd.read_csv(files["--output"] / "candidates.csv").iloc[0]
    assert best["position_angle_deg"] == pytest.approx(120, abs=3)


def test_too_many_components_are_declined_and_nothing_is_written(algozoo, files):
    ended = algozoo("detect", *flat(files), "-p", "n_components=30")
    assert ended.code == 1
    assert "30 components cannot be had from 20 frames" in ended.err
    assert not files["--output"].exists()


def write(path, array):
    fits.writeto(path, np.asarray(array), overwrite=True)
    return path


def nan_rows(path):
    cube = fits.getdata(path)
    cube[3, 5] = np.nan
    return write(path, cube)


BAD = {
    "cube is missing": ("--cube", lambda p: p.with_name("none.fits"), "none.fits"),
    "cube is truncated": ("--cube", lambda p: p.write_bytes(p.read_bytes()[:9000]) and p, "truncated"),
    "cube is no FITS": ("--cube", lambda p: p.write_bytes(b"hello") and p, "FITS"),
    "cube is an image": ("--cube", lambda p: write(p, np.zeros((41, 41))), "(41, 41)"),
    "cube has five axes": ("--cube", lambda p: write(p, np.zeros((1, 1, 2, 9, 9))), "(1, 1, 2, 9, 9)"),
    "cube has NaN rows": ("--cube", nan_rows, "1 of 20 frames"),
    "angles are too few": ("--angles", lambda p: write(p, np.linspace(0, 60, 19)), "19"),
    "angles are in radians": ("--angles", lambda p: write(p, np.linspace(0, 1, 20)), "radians"),
    "psf is empty": ("--psf", lambda p: write(p, np.zeros((21, 21))), "PSF"),
    "psf is a list": ("--psf", lambda p: write(p, np.ones(21)), "(m, m)"),
    "psf is larger than a frame": ("--psf", lambda p: write(p, np.pad(fits.getdata(p), 20)), "61"),
    "psf is off centre": ("--psf", lambda p: write(p, np.roll(fits.getdata(p), 5)), "centre"),
    "pixel scale is zero": ("--pixel-scale", lambda _: 0, "--pixel-scale"),
    "pixel scale is in mas": ("--pixel-scale", lambda _: 27, "if it was meant in mas, give 0.027"),
    "cube is empty": ("--cube", lambda p: write(p, np.ones((20, 41, 41))), "there is no star in it"),
    "axes are others": ("--axes", lambda _: "wtyx", "expected one letter for each axis"),
    "angle column is none": ("--angle-column", lambda _: "PARANG", "has no table, expected one with a column 'PARANG'"),
    "transmission is a density": ("--nd-transmission", lambda _: 2, "No such option"),
    "detector is unknown": ("--detector", lambda _: "medain", "did you mean 'median'"),
    "parameter is unknown": ("--parameter", lambda _: "n_component=3", "did you mean 'n_components'"),
    "parameter is no setting": ("--parameter", lambda _: "20", "NAME=VALUE"),
    "parameter is out of range": ("--parameter", lambda _: "n_components=-1", "n_components is -1"),
    "parameter is text": (
        "--parameter",
        lambda _: "n_components=many",
        "n_components is 'many', expected an integer",
    ),
    "combination is unknown": (
        "--parameter",
        lambda _: "combine=mode",
        "combine is 'mode', expected 'median' or 'mean' or 'trimmed-mean'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_ends_with_2_a_clear_message_and_no_files(algozoo, files, case):
    option, spoil, message = BAD[case]
    ended = algozoo("detect", *flat(files | {option: spoil(files.get(option))}))
    assert ended.code == 2
    assert message in ended.err
    assert "Traceback" not in ended.err
    assert not files["--output"].exists()


def test_a_folder_that_cannot_be_written_ends_with_1(algozoo, files, tmp_path):
    (tmp_path / "file").write_text("in the way")
    ended = algozoo("detect", *flat(files | {"--output": tmp_path / "file" / "out"}))
    assert ended.code == 1
    assert "not written" in ended.err


def test_a_full_disk_leaves_old_results_whole(algozoo, files, monkeypatch):
    algozoo("detect", *flat(files), "--detector", "median")
    before = {path.name: path.read_bytes() for path in files["--output"].iterdir()}

    def full(_, path, **__):
        path.write_bytes(b"half")
        raise OSError("3721 requested and 1200 written")

    monkeypatch.setattr(fits.HDUList, "writeto", full)
    ended = algozoo("detect", *flat(files), "--detector", "pca")
    assert ended.code == 1
    assert "is the disk full?" in ended.err
    assert {path.name: path.read_bytes() for path in files["--output"].iterdir()} == before


def test_a_field_that_hardly_rotates_is_a_warning(algozoo, files, tmp_path):
    still = write(tmp_path / "still.fits", np.full(20, 77.0))
    ended = algozoo("detect", *flat(files | {"--angles": still}), "--detector", "median")
    assert ended.code == 0
    assert "Warning: the field turns by 0.0 deg only" in ended.err


def test_without_north_there_are_no_position_angles(algozoo, files):
    given = {option: value for option, value in files.items() if option != "--angle-offset"}
    ended = algozoo("detect", *flat(given), "--detector", "median")
    assert ended.code == 0, ended.err
    assert "Warning: North is not known" in ended.err
    table = pd.read_csv(files["--output"] / "candidates.csv")
    assert "position_angle_deg" not in table
    assert table["angle_from_up_deg"][0] == pytest.approx(90, abs=3)
    header = fits.getheader(files["--output"] / "detection_map.fits")
    assert (header["CTYPE1"], header["CTYPE2"], header["NORTHANG"]) == ("LEFT", "UP", "unknown")
    assert "ANGOFF" not in header


@pytest.fixture
def betapic(shared_data):
    folder = shared_data / "naco_betapic"
    return {
        f"--{part}": folder / f"naco_betapic_{name}.fits"
        for part, name in {"cube": "cube", "angles": "pa", "psf": "psf"}.items()
    }


def test_the_public_files_of_beta_pictoris_are_refused_until_the_star_is_centred(algozoo, betapic, tmp_path):
    given = BETAPIC | betapic | {"-o": tmp_path / "out", "--format": "json"}
    refused = algozoo("detect", *flat(given))
    assert refused.code == 2
    assert "the star is 1.5" in refused.err
    assert "--centre auto" in refused.err
    assert not (tmp_path / "out").exists()
    ended = algozoo("detect", *flat(given), "--centre", "auto")
    assert ended.code == 0, ended.err
    assert "at x = 51.1" in ended.err
    assert "a source adds up with these angles" in ended.err
    best = json.loads(ended.out)[0]
    assert best["separation_arcsec"] == pytest.approx(0.453, abs=0.010)
    assert best["position_angle_deg"] == pytest.approx(210.8, abs=1)


def test_negative_angles_of_beta_pictoris_are_a_warning_with_both_numbers(algozoo, betapic, tmp_path):
    angles = write(tmp_path / "negative.fits", -fits.getdata(betapic["--angles"]))
    given = BETAPIC | betapic | {"--angles": angles, "--centre": "auto", "-o": tmp_path / "out"}
    ended = algozoo("detect", *flat(given))
    assert ended.code == 0, ended.err
    assert "Warning: the angles seem to have the wrong sign" in ended.err
    assert "sigma with these angles" in ended.err


def test_a_dataset_is_searched_by_its_name(algozoo, tmp_path):
    ended = algozoo("detect", "tiny", "--detector", "median", "-o", tmp_path / "out")
    assert ended.code == 0, ended.err
    assert "shape: 25 frames of 61x61 px" in ended.err
    assert "position_angle_deg" in ended.out
    both = algozoo("detect", "tiny", "--cube", "cube.fits", "-o", tmp_path / "out")
    assert both.code == 2
    assert "tiny is a dataset, whose manifest describes its files" in both.err


def test_names_outside_ascii_are_read_and_written(algozoo, files, tmp_path):
    cube = tmp_path / "β Pic, Würfel.fits"
    files["--cube"].rename(cube)
    ended = algozoo("detect", *flat(files | {"--cube": cube}), "--detector", "median")
    assert ended.code == 0, ended.err
    assert "Pic" in fits.getheader(files["--output"] / "detection_map.fits")["FILE CUBE"]


def test_controls_do_not_search(algozoo, files):
    ended = algozoo("detect", *flat(files), "--detector", "oracle")
    assert ended.code == 2
    assert "is a control" in ended.err
