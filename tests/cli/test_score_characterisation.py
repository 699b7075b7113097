import numpy as np
import pytest


@pytest.mark.usefixtures("spectra")
def test_the_page_shows_the_errors_of_its_spectra(algozoo, shown):
    command, expected = shown[2]
    ended = algozoo(*command.split())
    assert ended.code == 0
    assert (ended.out + ended.err).split() == expected.split()


@pytest.mark.usefixtures("spectra")
def test_swapped_axes_are_noticed(algozoo, fits_bytes, pack):
    swapped = {"sphere1": [[-5.0, 12.0], [20.0, 0.5], [8.0, -30.0]], "gpi1": [[9.0, 7.0]]}
    pack("swapped.zip", {f"astrometry_{name}.fits": fits_bytes(values) for name, values in swapped.items()})
    ended = algozoo("score-characterisation", "--astrometry", "swapped.zip", "--truth", "truth.toml")
    assert ended.code == 0
    assert "with x and y swapped the mean distance would be 0 px" in ended.err


@pytest.mark.usefixtures("spectra")
def test_mistakes_of_spectra_are_told_at_once(algozoo, fits_bytes, pack):
    pack("bad.zip", {"photometry_sphere1.mef": fits_bytes(np.ones((2, 3))), "photometry_gpi2.fits": b"x"})
    ended = algozoo("score-characterisation", "--photometry", "bad.zip", "--truth", "truth.toml")
    assert ended.code == 2
    assert "bad.zip: 2 mistakes" in ended.err
    assert "photometry_sphere1.mef: estimates have shape (2, 3), expected (3, 3)" in ended.err
    assert "photometry_gpi1.fits: missing; is it photometry_gpi2.fits?" in ended.err


@pytest.mark.usefixtures("spectra")
def test_nothing_to_score_is_wrong_usage(algozoo):
    ended = algozoo("score-characterisation", "--truth", "truth.toml")
    assert ended.code == 2
    assert "give --astrometry FILE, --photometry FILE, or both" in ended.err
