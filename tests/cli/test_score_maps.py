"""Entries of the data challenges, as the page on them shows and as users get them wrong."""

import json
import zipfile

import pytest


@pytest.mark.usefixtures("maps")
def test_the_page_shows_the_scores_of_its_entry(algozoo, shown):
    command, expected = shown[0]
    ended = algozoo(*command.split())
    assert ended.code == 0
    assert (ended.out + ended.err).split() == expected.split()


@pytest.mark.usefixtures("maps")
def test_the_page_shows_all_mistakes_of_a_broken_entry(algozoo, shown):
    command, expected = shown[1]
    ended = algozoo(*command.split())
    assert ended.code == 2
    assert ended.out == ""
    assert (ended.out + ended.err).split() == expected.split()


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
def test_settings_of_the_entry_reach_the_blob_counter_and_nothing_else(algozoo, fits_bytes):
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
