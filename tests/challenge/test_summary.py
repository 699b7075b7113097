from dataclasses import replace

import numpy as np
import pytest
from numpy.random import Generator

from algozoo.challenge.blobs import BlobRule
from algozoo.challenge.summary import ChallengeMap, by_set, summary
from algozoo.challenge.truth import MapSet
from algozoo.scoring import garwood, wilson

THRESHOLD = 5.0


def one_map(name, companions=(), bright=(), size=61, noise=None):
    """Make a map with a 3x3 px square of 10 at each bright place."""
    scores = np.zeros((size, size)) if noise is None else noise.normal(size=(size, size))
    for x, y in bright:
        scores[y - 1 : y + 2, x - 1 : x + 2] = 10 + 0.01 * x
    truth = MapSet(name=name, size=size, fwhm=4.0, companions=[[float(x), float(y)] for x, y in companions])
    return ChallengeMap(truth=truth, scores=scores, rule=BlobRule(fwhm=4.0))


def values(maps, counter):
    table = summary(maps, THRESHOLD)
    return table[table["counter"] == counter].set_index("number")


def test_each_counter_stands_beside_the_others():
    maps = [
        one_map(
            "irdis_1", [(20, 40), (45, 20)], [(19, 38), (20, 42), (8, 8)]
        ),  # two blobs on one, one missed, one false
        one_map("irdis_2", [], [(10, 50), (50, 10), (50, 50)]),
    ]
    blobs, mended, peaks = (values(maps, c) for c in ("challenge, blobs", "challenge, mended", "AlgoZoo, peaks"))
    assert blobs.loc["detections", "value"] == 4  # two, and once more for the set without companions
    assert blobs.loc["false positives", "value"] == 2
    assert blobs.loc["TPR", "value"] == 2
    assert mended.loc["detections", "value"] == 1
    assert mended.loc["false positives", "value"] == 4
    assert mended.loc["F1", "value"] == pytest.approx(2 / (2 + 4 + 1))
    assert mended.loc["cumulated F1 (of 1)", "value"] == pytest.approx(0.5)  # of the first set alone
    assert peaks.loc["TPR", "value"] == 0.5
    assert peaks.loc["false positives per map", "value"] == 2
    assert peaks.loc["false positives per map without companions", "value"] == 3


def test_our_numbers_have_intervals_and_the_challenge_s_are_never_for_rank():
    maps = [one_map("irdis_1", [(20, 40), (45, 20)], [(20, 40), (8, 8)])]
    table = summary(maps, THRESHOLD)
    challenge = table["counter"].str.startswith("challenge")
    assert (table.loc[challenge, "for_rank"] == "never").all()
    assert table.loc[challenge, ["low", "high"]].isna().all(axis=None)
    ours = table[~challenge].set_index("number")
    assert ours.loc["TPR", ["low", "high"]].tolist() == pytest.approx([*map(float, wilson(1, 2))])
    assert ours.loc["TPR", "n"] == 2
    assert ours.loc["false positives per map", ["low", "high"]].tolist() == pytest.approx([*map(float, garwood(1, 1))])


def test_nothing_right_stopped_the_server_and_is_zero_when_mended():
    maps = [one_map("irdis_1", [(20, 40)], [(45, 20)])]
    assert np.isnan(values(maps, "challenge, blobs").loc["F1", "value"])
    assert values(maps, "challenge, mended").loc["F1", "value"] == 0


def test_an_entry_that_says_nothing_scores_zero():
    silent = one_map("irdis_1", [(20, 40)])
    maps = [silent, one_map("irdis_2", [(20, 40)])]
    assert values(maps, "challenge, blobs").loc["F1", "value"] == 0
    assert values(maps, "AlgoZoo, peaks").loc[["TPR", "TPR at 1 false positive per map"], "value"].tolist() == [0, 0]


def test_a_map_of_nan_is_a_miss():
    scores = np.full((61, 61), np.nan)
    missing = one_map("irdis_1", [(20, 40)])
    maps = [replace(missing, scores=scores), one_map("irdis_2", [(20, 40)], [(20, 40)])]
    for counter in ("challenge, blobs", "challenge, mended", "AlgoZoo, peaks"):
        assert values(maps, counter).loc["TPR", "value"] == 0.5


def test_without_companions_there_is_no_tpr():
    maps = [one_map("irdis_1", [], [(20, 40)])]
    peaks = values(maps, "AlgoZoo, peaks")
    assert np.isnan(peaks.loc["TPR", "value"])
    assert peaks.loc["TPR", ["low", "high"]].tolist() == [0, 1]


def test_counts_of_the_sets_add_up_but_for_the_blobs():
    rng = Generator(np.random.PCG64(1))
    maps = [one_map(f"irdis_{i}", [(20, 40)] * (i < 3), [(20, 40)], noise=rng) for i in range(1, 4)]
    sets, total = by_set(maps, 2.5), summary(maps, 2.5).set_index(["counter", "number"])["value"]
    assert sets["set"].tolist() == ["irdis_1", "irdis_2", "irdis_3"]
    assert sets["companions"].tolist() == [1, 1, 0]
    assert sets["element_detections"].sum() == total["challenge, mended", "detections"]
    assert sets["element_false_positives"].sum() == total["challenge, mended", "false positives"]
    assert sets["peak_false_positives"].mean() == pytest.approx(total["AlgoZoo, peaks", "false positives per map"])
    assert sets["blob_f1"].isna().tolist() == [False, False, True]


def test_peaks_do_not_change_when_maps_and_threshold_are_stretched():
    rng = Generator(np.random.PCG64(2))
    maps = [one_map("irdis_1", [(20, 40)], [(20, 40)], noise=rng), one_map("irdis_2", [(9, 40)], noise=rng)]
    stretched = [replace(m, scores=np.exp(m.scores)) for m in maps]
    before, after = summary(maps, 2.0), summary(stretched, np.exp(2.0))
    same = ~before["number"].str.startswith("area")
    np.testing.assert_allclose(after.loc[same, "value"], before.loc[same, "value"])
