import shutil

import numpy as np
import pytest
from astropy.io import fits

from algozoo.benchmark.runner import write_preview
from algozoo.benchmark.shard import run_shard
from algozoo.benchmark.store import Store
from algozoo.datasets import load_dataset
from algozoo.errors import InputError
from algozoo.leaderboard import build_site
from algozoo.submissions.returned import TURNS, how_it_is_turned, maps_only, read_maps, refuse_replacing
from algozoo.submissions.sealed import Control, shards_of

ABOUT = {"name": "elsewhere", "title": "Made elsewhere", "reference": "none", "kind": "snr"}


def test_maps_made_elsewhere_score_as_the_detector_here(exported, truth, suite, tmp_path):
    detector = maps_only(read_maps(exported, truth, None), truth, **ABOUT)
    store = Store(tmp_path)
    here, there = shards_of(truth, "median", None), shards_of(truth, "elsewhere", None)
    for shard, other in zip(here, there, strict=True):
        run_shard(shard, tmp_path)
        assert run_shard(other, tmp_path, detector=detector).n_failed == 0
    outcomes, records = store.read(suite.name, suite.version)
    ours, theirs = (
        outcomes[outcomes["detector"] == label].sort_values(["sequence", "trial"], ignore_index=True)
        for label in ("median", "elsewhere (maps only)")
    )
    assert len(ours) == 12
    for column in ("trial_kind", "x", "y", "candidate_x", "candidate_y", "candidate_score"):
        assert all(map(np.array_equal, ours[column], theirs[column])) or ours[column].equals(theirs[column]), column
    assert theirs["seconds"].isna().all()
    assert len({record.trials for record in records}) == 1
    write_preview(load_dataset(suite.datasets[0].name), store)
    page = build_site(store, suite.name, suite.version, tmp_path / "site")
    assert "elsewhere (maps only)" in page.read_text()
    assert "nan" not in page.read_text()


def test_missing_maps_and_files_too_many_are_all_listed(returned, truth):
    first, second, third = sorted((returned / "maps").iterdir())[:3]
    first.unlink()
    second.unlink()
    third.rename(third.with_name("other.fits"))
    with pytest.raises(InputError) as refusal:
        read_maps(returned, truth, None)
    assert f"3 of 13 maps are missing: {first.stem}, {second.stem}, {third.stem}" in str(refusal.value)
    assert "1 files have names of no trial: other" in str(refusal.value)


def test_two_files_of_one_trial_are_told(returned, truth):
    first = min((returned / "maps").iterdir())
    shutil.copy(first, first.with_name(f"{first.stem}.v2.fits"))
    with pytest.raises(InputError, match=rf"2 files are of one trial: {first.stem}.fits, {first.stem}.v2.fits"):
        read_maps(returned, truth, None)


def test_names_of_files_may_end_in_any_case(returned, truth):
    for path in (returned / "maps").iterdir():
        path.rename(path.with_suffix(".FITS"))
    assert len(read_maps(returned, truth, None)) == 13


@pytest.mark.parametrize("name", ["", "My Algo", "../../../evil"])
def test_the_name_of_a_row_is_one_for_a_detector(exported, truth, name):
    with pytest.raises(InputError, match=r"name = .*expected lower-case letters, digits and hyphens"):
        maps_only(read_maps(exported, truth, None), truth, **{**ABOUT, "name": name})


def test_a_row_has_a_title(exported, truth):
    with pytest.raises(InputError, match="title = ''"):
        maps_only(read_maps(exported, truth, None), truth, **{**ABOUT, "title": ""})


def test_other_maps_do_not_replace_a_row(exported, truth, suite, tmp_path):
    maps = read_maps(exported, truth, None)
    detector = maps_only(maps, truth, **ABOUT)
    store = Store(tmp_path)
    refuse_replacing(detector, suite, store)
    run_shard(shards_of(truth, "elsewhere", None)[0], tmp_path, detector=detector)
    refuse_replacing(detector, suite, store)
    other = maps_only({name: 2 * scores for name, scores in maps.items()}, truth, **ABOUT)
    with pytest.raises(InputError, match=r"has results of elsewhere \(maps only\) on suite small.*--name elsewhere-2"):
        refuse_replacing(other, suite, store)


def test_all_maps_of_another_shape_or_that_cannot_be_read_are_listed(returned, truth):
    cropped, stacked, broken = sorted((returned / "maps").iterdir())[:3]
    fits.writeto(cropped, fits.getdata(cropped)[1:-1, 1:-1], overwrite=True)
    fits.writeto(stacked, np.stack([fits.getdata(stacked)] * 2), overwrite=True)
    broken.write_bytes(b"nothing")
    with pytest.raises(InputError) as refusal:
        read_maps(returned, truth, None)
    assert f"{cropped.name}: has shape (59, 59), expected (61, 61)" in str(refusal.value)
    assert f"{stacked.name}: has shape (2, 61, 61), expected (61, 61)" in str(refusal.value)
    assert f"{broken.name}: is not a FITS file" in str(refusal.value)


@pytest.mark.parametrize("turn", TURNS)
def test_maps_that_come_back_turned_are_told_how(returned, truth, turn):
    undo = TURNS[turn]
    for path in (returned / "maps").iterdir():
        scores = fits.getdata(path)
        turned = next(
            other(scores) for other in TURNS.values() if np.array_equal(undo(other(scores)), scores, equal_nan=True)
        )
        fits.writeto(path, turned, overwrite=True)
    with pytest.raises(InputError) as refusal:
        read_maps(returned, truth, None)
    assert f"is {turn}; turn all maps back" in str(refusal.value)


def test_turns_are_called_as_an_astronomer_calls_them():
    """A control to the right of the star, x to the right and y up."""
    scores = np.zeros((61, 61))
    scores[31, 40] = 1
    control = Control(id="a", dataset="b", x=40, y=31)
    assert how_it_is_turned(scores, control, 4.0) == ""
    for x, y, name in (
        (29, 40, "turned by 90 degrees counter-clockwise"),
        (31, 20, "turned by 90 degrees clockwise"),
        (20, 31, "mirrored left to right"),
        (40, 29, "mirrored top to bottom"),
        (31, 40, "transposed (rows for columns)"),
    ):
        turned = np.zeros((61, 61))
        turned[y, x] = 1
        assert f"is {name}" in how_it_is_turned(turned, control, 1.0)


def test_maps_that_do_not_show_the_obvious_companion_are_refused(returned, truth):
    for path in (returned / "maps").iterdir():
        fits.writeto(path, -fits.getdata(path), overwrite=True)
    with pytest.raises(InputError, match="its highest score is not at the companion"):
        read_maps(returned, truth, None)
    for path in (returned / "maps").iterdir():
        fits.writeto(path, np.full((61, 61), np.nan), overwrite=True)
    with pytest.raises(InputError, match="its highest score is not at the companion"):
        read_maps(returned, truth, None)


def test_maps_may_not_stand_under_the_name_of_a_detector(exported, truth):
    with pytest.raises(InputError, match="the name 'pca' is taken: built-in"):
        maps_only(read_maps(exported, truth, None), truth, **{**ABOUT, "name": "pca"})
