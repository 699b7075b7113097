import csv
import io
import json
from pathlib import Path

from algozoo.submissions.template import new_submission

FACTS = {"title": "Mine", "authors": ["A. Person"], "reference": "none", "licence": "MIT", "kind": "probability"}


def listed(algozoo):
    return {row["name"]: row for row in json.loads(algozoo("detectors", "--format", "json").out)}


def test_detectors_are_listed_in_three_formats(algozoo):
    table, as_json, as_csv = (algozoo("detectors", "--format", style).out for style in ("table", "json", "csv"))
    names = {"blank", "median", "oracle", "pca", "random"}
    assert names <= {row["name"] for row in json.loads(as_json)}
    assert names <= {row["name"] for row in csv.DictReader(io.StringIO(as_csv))}
    assert all(name in table for name in names)


def test_the_list_says_what_a_map_holds_what_a_detector_takes_and_what_it_costs(algozoo):
    rows = listed(algozoo)
    assert rows["pca"]["title"].startswith("Full-frame principal component analysis")
    assert {name: rows[name]["map"] for name in ("pca", "stim", "sodirf", "oracle")} == {
        "pca": "snr",
        "stim": "ratio",
        "sodirf": "log_odds",
        "oracle": "probability",
    }
    assert rows["pca"]["also takes"] == "a reference star"
    assert rows["sodinn"]["also takes"] == "training, torch"
    assert rows["llsg"]["also takes"] is None
    assert 0 < rows["pca"]["CPU s per map"] < rows["sodinn"]["CPU s per map"]
    assert rows["blank"]["CPU s per map"] is None
    assert "61 frames of 101 x 101 pixels" in algozoo("detectors").err


def test_a_submission_is_listed_by_its_manifest_and_one_with_mistakes_by_its_name(algozoo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    new_submission({"name": "mine", **FACTS}, Path("submissions"))
    row = listed(algozoo)["mine"]
    assert (row["title"], row["map"], row["origin"]) == ("Mine", "probability", "submissions/mine")
    shown = {row["field"]: row["value"] for row in json.loads(algozoo("detectors", "mine", "--format", "json").out)}
    assert shown["parameter smoothing"].startswith("an integer or a number; 0.4 by default. Width of")
    assert shown["summary"] == "Mine"
    Path("submissions/mine/submission.toml").write_text('name = "mine"')
    assert "cannot be used: submissions/mine/submission.toml: " in listed(algozoo)["mine"]["title"]


def test_a_detector_shows_its_parameters_its_reference_and_its_cost(algozoo):
    shown = {row["field"]: row["value"] for row in json.loads(algozoo("detectors", "pca", "--format", "json").out)}
    assert shown["parameter n_components"].startswith(
        "an integer (1 or more) or a number (more than 0, less than 1); 10 by default. Number of components, or"
    )
    assert "How the derotated residual frames become one image." in shown["parameter combine"]
    assert "CPU s for 61 frames of 101 x 101 pixels" in shown["cost with n_components=20"]
    assert "Soummer et al. 2012" in shown["reference"]


def test_an_unknown_name_ends_with_2_and_the_nearest(algozoo):
    ended = algozoo("detectors", "pcaa")
    assert ended.code == 2
    assert "did you mean 'pca'" in ended.err
