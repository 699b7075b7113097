import numpy as np
from astropy.io import fits
from astropy.table import Table

from algozoo.benchmark import night


def test_detectors_are_compared_on_files(algozoo, make_sequence, tmp_path, monkeypatch):
    monkeypatch.setattr(night, "N_COMPANIONS", 2)
    sequence = make_sequence(n_frames=10, parallactic_angles=np.linspace(0, 140, 10))
    arrays = {"cube": sequence.cube, "angles": sequence.parallactic_angles, "psf": 1000 * sequence.psf}
    for name, array in arrays.items():
        fits.writeto(tmp_path / f"{name}.fits", np.asarray(array, dtype=np.float32))
    files = [part for name in arrays for part in (f"--{name}", tmp_path / f"{name}.fits")]
    given = [*files, "--pixel-scale", 0.02, "--angle-offset", 0, "--companion", "0.2,30,1e-3", "--injections", 2]
    ended = algozoo("compare", *given, "--detector", "median", "--detector", "blank", "-o", tmp_path / "out")
    assert ended.code == 0, ended.err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "scores.ecsv",
        "curves.ecsv",
        "outcomes.parquet",
        "curves.png",
    }
    scores = Table.read(tmp_path / "out" / "scores.ecsv")
    assert set(scores["detector"]) == {"median", "blank"}
    assert scores["seconds"].unit == "s"
    assert "median" in ended.out
    wrong = algozoo("compare", *given, "--detector", "medain", "-o", tmp_path / "none")
    assert wrong.code == 2
    assert "did you mean 'median'" in wrong.err
    assert not (tmp_path / "none").exists()


def test_the_centre_is_a_word_or_a_pixel(algozoo, make_sequence, tmp_path):
    sequence = make_sequence(n_frames=10)
    arrays = {"cube": sequence.cube, "angles": sequence.parallactic_angles, "psf": 1000 * sequence.psf}
    for name, array in arrays.items():
        fits.writeto(tmp_path / f"{name}.fits", np.asarray(array, dtype=np.float32))
    files = [part for name in arrays for part in (f"--{name}", tmp_path / f"{name}.fits")]
    given = ["detect", *files, "--pixel-scale", 0.02, "-p", "n_components=2", "--overwrite"]
    given += ["-o", tmp_path / "out"]
    assert "37x37 px" in algozoo(*given, "--centre", "18.2,20").err
    refused = algozoo(*given, "--centre", "middle")
    assert refused.code == 2
    assert "centre is 'middle', expected 'auto'" in refused.err


def test_contrasts_without_a_known_star_flux_are_refused(algozoo, make_sequence, tmp_path):
    sequence = make_sequence(n_frames=10)
    arrays = {"cube": 5000 + sequence.cube, "angles": sequence.parallactic_angles, "psf": sequence.psf}
    for name, array in arrays.items():
        fits.writeto(tmp_path / f"{name}.fits", np.asarray(array, dtype=np.float32))
    files = [part for name in arrays for part in (f"--{name}", tmp_path / f"{name}.fits")]
    for command in (["compare", "-d", "median"], ["limits"]):
        refused = algozoo(*command, *files, "--pixel-scale", 0.02, "-o", tmp_path / "out")
        assert refused.code == 2
        assert "the star's flux is not known: the PSF has 1 in one FWHM" in refused.err
        assert "--star-flux" in refused.err
        assert "--nd-transmission" in refused.err
        assert not (tmp_path / "out").exists()
    assert algozoo("detect", *files, "--pixel-scale", 0.02, "--detector", "median", "-o", tmp_path / "out").code == 0
