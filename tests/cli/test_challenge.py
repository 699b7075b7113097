"""Entries of the data challenges, as the page on them shows and as users get them wrong."""

import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

PAGE = (Path(__file__).parents[2] / "docs" / "challenge.md").read_text()
CONSOLE = re.findall(r"```console\n\$ algozoo (.*)\n((?:.*\n)*?)```", PAGE)


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def fits_bytes(values):
    content = io.BytesIO()
    fits.PrimaryHDU(np.asarray(values)).writeto(content)
    return content.getvalue()


def pack(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


@pytest.fixture
def maps(tmp_path, monkeypatch):
    """Make the truth and the entry of the page, and a broken one."""
    monkeypatch.chdir(tmp_path)
    Path("truth.toml").write_text(blocks("toml")[0])
    exec(blocks("python")[0], {})  # noqa: S102 - our own page
    with zipfile.ZipFile("entry.zip") as entry:
        files = {name: entry.read(name) for name in entry.namelist()}
    files["irdis_detmap_01.fits"] = files.pop("irdis_detmap_1.fits")
    files["maps/irdis_detmap_2.fits"] = files.pop("irdis_detmap_2.fits")
    files["irdis_detmap_3.fits"] = fits_bytes(np.zeros((100, 101)))
    files["detection_threshold.fits"] = fits_bytes([3.5])
    files["npix.fits"] = b"2"
    pack("broken.zip", files)
    return tmp_path


@pytest.fixture
def spectra(tmp_path, monkeypatch):
    """Make the truth and the entry of the page."""
    monkeypatch.chdir(tmp_path)
    Path("truth.toml").write_text(blocks("toml")[1])
    exec(blocks("python")[1], {})  # noqa: S102 - our own page
    return tmp_path


def assert_as_shown(ended, shown):
    assert (ended.out + ended.err).split() == shown.split()


@pytest.mark.usefixtures("maps")
def test_the_page_shows_the_scores_of_its_entry(algozoo):
    command, shown = CONSOLE[0]
    ended = algozoo(*command.split())
    assert ended.code == 0
    assert_as_shown(ended, shown)


@pytest.mark.usefixtures("maps")
def test_the_page_shows_all_mistakes_of_a_broken_entry(algozoo):
    command, shown = CONSOLE[1]
    ended = algozoo(*command.split())
    assert ended.code == 2
    assert ended.out == ""
    assert_as_shown(ended, shown)


@pytest.mark.usefixtures("spectra")
def test_the_page_shows_the_errors_of_its_spectra(algozoo):
    command, shown = CONSOLE[2]
    ended = algozoo(*command.split())
    assert ended.code == 0
    assert_as_shown(ended, shown)


@pytest.mark.usefixtures("maps")
def test_numbers_of_the_challenge_are_marked_in_the_table_and_beside_it(algozoo):
    ended = algozoo("score-maps", "entry.zip", "--truth", "truth.toml", "--format", "json")
    rows = json.loads(ended.out)
    assert {row["for_rank"] for row in rows if row["counter"].startswith("challenge")} == {"never"}
    assert {row["for_rank"] for row in rows if row["counter"].startswith("AlgoZoo")} == {"within its interval"}
    assert "never for rank" in ended.err


@pytest.mark.usefixtures("maps")
def test_sets_are_counted_one_by_one(algozoo):
    ended = algozoo("score-maps", "entry.zip", "--truth", "truth.toml", "--by-set", "--format", "json")
    rows = json.loads(ended.out)
    assert [(row["set"], row["companions"]) for row in rows] == [("irdis_1", 2), ("irdis_2", 1), ("irdis_3", 0)]
    assert rows[0]["peak_detections"] == 2
    assert rows[2]["blob_f1"] is None


@pytest.mark.usefixtures("maps")
def test_settings_of_the_entry_reach_the_blob_counter_and_nothing_else(algozoo):
    def scores(counter):
        rows = json.loads(algozoo("score-maps", "entry.zip", "--truth", "truth.toml", "--format", "json").out)
        return [row["value"] for row in rows if row["counter"] == counter]

    before = scores("challenge, blobs"), scores("challenge, mended"), scores("AlgoZoo, peaks")
    with zipfile.ZipFile("entry.zip", "a") as entry:
        entry.writestr("npix.fits", fits_bytes([[5000]]))
        entry.writestr("overlap_threshold.fits", fits_bytes([[0.9]]))
        entry.writestr("max_blob_fact.fits", fits_bytes([[1.0]]))
        entry.writestr("irdis_fwhm_1.fits", fits_bytes([[5.0]]))
    assert scores("challenge, blobs") != before[0]
    assert scores("challenge, blobs")[:2] == [0, 0]
    assert (scores("challenge, mended"), scores("AlgoZoo, peaks")) == before[1:]


@pytest.mark.usefixtures("spectra")
def test_swapped_axes_are_noticed(algozoo):
    swapped = {"sphere1": [[-5.0, 12.0], [20.0, 0.5], [8.0, -30.0]], "gpi1": [[9.0, 7.0]]}
    pack("swapped.zip", {f"astrometry_{name}.fits": fits_bytes(values) for name, values in swapped.items()})
    ended = algozoo("score-characterisation", "--astrometry", "swapped.zip", "--truth", "truth.toml")
    assert ended.code == 0
    assert "with x and y swapped the mean distance would be 0 px" in ended.err


@pytest.mark.usefixtures("spectra")
def test_mistakes_of_spectra_are_told_at_once(algozoo):
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
