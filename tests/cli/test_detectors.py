import csv
import io
import json


def test_detectors_are_listed_in_three_formats(algozoo):
    table, as_json, as_csv = (algozoo("detectors", "--format", style).out for style in ("table", "json", "csv"))
    names = {"blank", "median", "oracle", "pca", "random"}
    assert names <= {row["name"] for row in json.loads(as_json)}
    assert names <= {row["name"] for row in csv.DictReader(io.StringIO(as_csv))}
    assert all(name in table for name in names)


def test_a_detector_shows_its_parameters_and_reference(algozoo):
    shown = {row["field"]: row["value"] for row in json.loads(algozoo("detectors", "pca", "--format", "json").out)}
    assert shown["parameter n_components"] == "10"
    assert "Soummer et al. 2012" in shown["reference"]


def test_an_unknown_name_ends_with_2_and_the_nearest(algozoo):
    ended = algozoo("detectors", "pcaa")
    assert ended.code == 2
    assert "did you mean 'pca'" in ended.err
