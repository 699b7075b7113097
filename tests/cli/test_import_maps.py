import re

import numpy as np
from astropy.io import fits

from algozoo.imaging.rotate import derotate

ABOUT = ["--name", "elsewhere", "--title", "Made elsewhere", "--paper", "none", "--kind", "ratio"]


def test_trials_go_out_and_maps_come_back_as_a_row(algozoo, suite_file, tmp_path):
    folder, board = tmp_path / "out", ["--store", tmp_path / "results", "--site", tmp_path / "site"]
    out = algozoo("export-trials", folder, "--suite", suite_file)
    assert out.code == 0, out.err
    commitment = (folder / "commitment.txt").read_text().strip()
    assert out.out.splitlines()[-1] == f"small 1 {commitment}"
    assert "Keep" in out.err
    assert re.search(r"\[1/\d\] \S+/0 written; \d+ s, \d+ s left", out.err)

    nothing = algozoo("import-maps", folder, *ABOUT, *board)
    assert nothing.code == 2
    assert "13 of 13 maps are missing" in nothing.err

    (folder / "maps").mkdir()
    for path in (folder / "trials").iterdir():
        with fits.open(path) as hdus:
            residuals = hdus["CUBE"].data - np.median(hdus["CUBE"].data, axis=0)
            fits.writeto(folder / "maps" / path.name, derotate(residuals, hdus["ANGLES"].data).mean(axis=0))
    back = algozoo("import-maps", folder, *ABOUT, *board)
    assert back.code == 0, back.err
    assert "12 maps scored as elsewhere (maps only)" in back.out
    assert re.search(r"\[1/\d\] .*: \d+ maps", back.err)
    assert "elsewhere (maps only)" in (tmp_path / "site" / "small" / "index.html").read_text()

    verified = algozoo("verify", "elsewhere", "--suite", suite_file, *board[:2])
    assert verified.code == 0
    assert "not run again  its maps were made elsewhere" in verified.out
