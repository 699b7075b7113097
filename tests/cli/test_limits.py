import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

FILES = {"limits.ecsv", "completeness.ecsv", "closure.ecsv", "limits.png"}


@pytest.fixture
def options(tmp_path, make_sequence):
    sequence = make_sequence(n_frames=20, parallactic_angles=np.linspace(0, 120, 20))
    arrays = {"cube": sequence.cube, "angles": sequence.parallactic_angles, "psf": 1000 * sequence.psf}
    for name, array in arrays.items():
        fits.writeto(tmp_path / f"{name}.fits", np.asarray(array, dtype=np.float32))
    named = {f"--{name}": tmp_path / f"{name}.fits" for name in arrays}
    return named | {"--pixel-scale": 0.02, "--detector": "median", "-s": 3, "-o": tmp_path / "out"}


def flat(options):
    return [part for option in options.items() for part in option]


def test_tables_figure_and_closure_are_written(algozoo, options):
    ended = algozoo("limits", *flat(options | {"--injections": 18, "--format": "json"}))
    assert ended.code == 0, ended.err
    folder = options["-o"]
    assert {path.name for path in folder.iterdir()} == FILES
    table = Table.read(folder / "limits.ecsv")
    assert table["separation_arcsec"][0] == pytest.approx(0.24, abs=0.002)
    assert str(table["separation_arcsec"].unit) == "arcsec"
    assert table["contrast_student"][0] > table["contrast_50"][0] > 0
    assert table.meta["detector"] == "median"
    assert table.meta["command"].startswith("algozoo limits --cube")
    assert "per map" in table.meta["notes"][0]
    claims = json.loads(ended.out)
    assert [claim["claim"] for claim in claims] == [
        "5 sigma, student",
        "5 sigma, laplace",
        "50% found",
        "90% found",
        "95% found",
    ]
    assert (claims[0]["closes"], claims[0]["n"]) == ("yes", 6)
    assert claims[0]["low"] < claims[0]["expected"] < claims[0]["high"]
    assert "[1/1] 3 FWHM (0.240 arcsec): 5 sigma at" in ended.err
    assert fits.getdata(options["--cube"]).shape == (20, 41, 41)


def test_same_command_gives_the_same_limits(algozoo, options):
    written = []
    for _ in range(2):
        ended = algozoo("limits", *flat(options | {"--injections": 15}), "--overwrite")
        assert ended.code == 0, ended.err
        written.append((options["-o"] / "limits.ecsv").read_bytes())
    assert written[0] == written[1]


WRONG = {
    "separation outside the field": ({"-s": 9}, "separation 9: outside the field"),
    "too few injections": ({"--injections": 3}, "3 injections are too few"),
    "control": ({"--detector": "oracle"}, "is a control"),
    "companion without contrast": ({"--companion": "0.3,20"}, "expected SEPARATION,ANGLE,CONTRAST"),
    "parameter without value": ({"-p": "combine"}, "expected NAME=VALUE"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_ends_with_2_and_no_files(algozoo, options, case):
    changes, message = WRONG[case]
    ended = algozoo("limits", *flat(options | changes))
    assert ended.code == 2
    assert message in ended.err
    assert "Traceback" not in ended.err
    assert not options["-o"].exists()


def test_missing_files_are_named(algozoo, options):
    ended = algozoo("limits", "--cube", options["--cube"], "-o", options["-o"])
    assert ended.code == 2
    assert "name a dataset (see `algozoo datasets`), or give --angles, --psf, --pixel-scale" in ended.err


def test_dataset_and_own_files_exclude_each_other(algozoo, options):
    ended = algozoo("limits", "tiny", *flat(options))
    assert ended.code == 2
    assert "tiny is a dataset, whose manifest describes its files" in ended.err


def test_interrupted_it_leaves_nothing(algozoo, options, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("algozoo.limits.measure.close", interrupt)
    ended = algozoo("limits", *flat(options))
    assert ended.code == 1
    assert "Interrupted" in ended.err
    assert not options["-o"].exists()
