import json
import os
import shlex

import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from matplotlib.figure import Figure

from algozoo.companions import Companion, inject
from algozoo.detectors.median import Median

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
    without = algozoo("detect", *flat(files), "--parameter", "library=reference", "--overwrite")
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
    curve = Table.read(files["--output"] / "learning_curve.ecsv")
    assert curve.colnames == ["epoch", "loss", "validation_loss", "validation_auc"]
    assert len(curve) == 2
    assert "Training" not in algozoo("detect", *flat(files), "--detector", "sodinn", *settings, "--overwrite").err


def test_map_table_and_picture_are_written(algozoo, files):
    ended = algozoo("detect", *flat(files), "--detector", "median")
    assert ended.code == 0, ended.err
    folder = files["--output"]
    assert {path.name for path in folder.iterdir()} == {"detection_map.fits", "detection_map.png", "candidates.ecsv"}
    with fits.open(folder / "detection_map.fits") as hdus:
        header = hdus[0].header
        assert hdus[0].data.shape == (41, 41)
        assert (header["BUNIT"], header["DETECTOR"], header["CRPIX1"]) == ("S/N", "median", 21)
        assert (header["CDELT1"], header["CDELT2"]) == (-0.02, 0.02)
        assert (header["CTYPE1"], header["FILE CUBE"], header["ANGOFF"]) == ("EAST", "cube.fits", 0)
        assert header["PARAM COMBINE"] == "median"
        assert hdus["RESIDUAL"].data.shape == (41, 41)
    table = Table.read(folder / "candidates.ecsv")
    assert {name: str(column.unit) for name, column in table.columns.items()} == {
        "x_px": "pix",
        "y_px": "pix",
        "separation_arcsec": "arcsec",
        "position_angle_deg": "deg",
        "snr": "None",
        "sigma": "None",
    }
    best = table[0]
    assert best["separation_arcsec"] == pytest.approx(0.24, abs=0.01)
    assert best["position_angle_deg"] == pytest.approx(90, abs=3)
    assert 3 < best["sigma"] < best["snr"]


def test_files_say_by_which_command_and_versions_they_were_made(algozoo, files):
    algozoo("detect", *flat(files), "--detector", "median")
    header = fits.getheader(files["--output"] / "detection_map.fits")
    table = Table.read(files["--output"] / "candidates.ecsv")
    assert shlex.split(header["COMMAND"]) == ["algozoo", "detect", *map(str, flat(files)), "--detector", "median"]
    assert table.meta["command"] == header["COMMAND"]
    assert header["DETVERS"] == Median.version
    assert table.meta["versions"]["numpy"] == header["VERSION NUMPY"] == np.__version__


def test_tables_are_csv_on_request(algozoo, files):
    algozoo("detect", *flat(files), "--detector", "median", "--csv")
    assert not (files["--output"] / "candidates.ecsv").exists()
    assert list(pd.read_csv(files["--output"] / "candidates.csv"))[:3] == ["x_px", "y_px", "separation_arcsec"]


def test_the_header_of_the_cube_is_carried_over_and_leads_to_the_candidate(algozoo, files):
    stated = {"OBJECT": "beta Pic", "TELESCOP": "VLT", "INSTRUME": "NACO", "DATE-OBS": "2013-02-01T01:02:03"}
    with fits.open(files["--cube"], mode="update") as hdus:
        hdus[0].header.update(stated | {"RA": "05:47:17.088", "DEC": "-51:03:59.44", "BUNIT": "adu"})
    ended = algozoo("detect", *flat(files | {"--angle-offset": 30}), "--detector", "median")
    assert ended.code == 0, ended.err
    best = Table.read(files["--output"] / "candidates.ecsv")[0]
    star = SkyCoord("05:47:17.088", "-51:03:59.44", unit=("hourangle", "deg"))
    with fits.open(files["--output"] / "detection_map.fits") as hdus:
        assert [hdu.header["BUNIT"] for hdu in hdus] == ["S/N", "adu", "adu"]
        assert {key: hdus[0].header[key] for key in stated} == stated
        assert (hdus[0].header["RA"], hdus[0].header["DEC"]) == ("05:47:17.088", "-51:03:59.44")
        for hdu in hdus:
            place = WCS(hdu.header, fix=False).pixel_to_world(best["x_px"], best["y_px"])
            assert star.separation(place).arcsec == pytest.approx(best["separation_arcsec"], abs=1e-3)
            assert star.position_angle(place).deg == pytest.approx(best["position_angle_deg"], abs=0.05)


def test_a_header_that_cannot_be_read_costs_nothing(algozoo, files):
    content = bytearray(files["--cube"].read_bytes())
    end = content.index(b"END" + b" " * 77)
    cards = (b"RA      = NaN", b"DEC     = 91.0", "OBJECT  = 'β Pic'".encode(), b"TELESCOP= 'VLT'", b"END")
    for card in cards:
        content[end : end + 80] = card.ljust(80)
        end += 80
    files["--cube"].write_bytes(content)
    ended = algozoo("detect", *flat(files), "--detector", "median")
    assert ended.code == 0, ended.err
    header = fits.getheader(files["--output"] / "detection_map.fits")
    assert (header["CTYPE1"], header["TELESCOP"], header["DEC"]) == ("EAST", "VLT", 91)
    assert "RA" not in header
    assert header["OBJECT"] == "cube"


def test_angle_offset_turns_the_sky(algozoo, files):
    algozoo("detect", *flat(files | {"--angle-offset": 30}), "--detector", "median")
    best = Table.read(files["--output"] / "candidates.ecsv")[0]
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
    assert "cannot be written" in ended.err


def test_a_place_that_cannot_be_written_is_found_out_before_the_work(algozoo, files, monkeypatch):
    monkeypatch.setattr("algozoo.cli.nights.open_night", lambda *_: pytest.fail("it began to work"))
    (files["--output"] / "old").mkdir(parents=True)
    ended = algozoo("detect", *flat(files))
    assert ended.code == 2
    assert "is not empty: give another --output, or --overwrite" in ended.err


def test_a_full_disk_leaves_old_results_whole(algozoo, files, monkeypatch):
    algozoo("detect", *flat(files), "--detector", "median")
    before = {path.name: path.read_bytes() for path in files["--output"].iterdir()}

    def full(_, path, **__):
        path.write_bytes(b"half")
        raise OSError("3721 requested and 1200 written")

    monkeypatch.setattr(Figure, "savefig", full)
    ended = algozoo("detect", *flat(files), "--detector", "pca", "--overwrite")
    assert ended.code == 1
    assert "detection_map.png: not written (is the disk full?" in ended.err
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
    table = Table.read(files["--output"] / "candidates.ecsv")
    assert "position_angle_deg" not in table.colnames
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
    both = algozoo("detect", "tiny", "--cube", "cube.fits", "-o", tmp_path / "none")
    assert both.code == 2
    assert "tiny is a dataset, whose manifest describes its files" in both.err


def test_names_that_no_file_can_hold_are_shown_as_far_as_they_can_be(algozoo, files, tmp_path):
    cube = tmp_path / os.fsdecode(b"\xff\n {$x_.fits")
    files["--cube"].rename(cube)
    ended = algozoo("detect", *flat(files | {"--cube": cube}), "--detector", "median")
    assert ended.code == 0, ended.err
    assert Table.read(files["--output"] / "candidates.ecsv").meta["sequence"].endswith(" {$x_")


def test_names_outside_ascii_are_read_and_written(algozoo, files, tmp_path):
    cube = tmp_path / f"β Pic, $Würfel, {'long ' * 30}.fits"
    files["--cube"].rename(cube)
    ended = algozoo("detect", *flat(files | {"--cube": cube}), "--detector", "median")
    assert ended.code == 0, ended.err
    header = fits.getheader(files["--output"] / "detection_map.fits")
    assert header["FILE CUBE"].encode().decode("unicode_escape") == cube.name
    assert Table.read(files["--output"] / "candidates.ecsv").meta["sequence"] == cube.stem


def test_controls_do_not_search(algozoo, files):
    ended = algozoo("detect", *flat(files), "--detector", "oracle")
    assert ended.code == 2
    assert "is a control" in ended.err
