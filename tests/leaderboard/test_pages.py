from pathlib import Path

import pandas as pd


def test_a_detector_that_claims_too_much_is_flagged_in_the_notes(site: Path) -> None:
    claims = pd.read_csv(site / "data" / "alpha-calibration.csv")
    text = (site / "index.html").read_text(encoding="utf-8")
    flagged = set(claims.loc[claims["over_confident"], "detector"])
    assert flagged == {"pca"}
    assert "pca is over-confident" in text
    assert "median is over-confident" not in text


def test_the_note_of_an_over_confident_detector_tells_the_most_significant_threshold(site: Path) -> None:
    claims = pd.read_csv(site / "data" / "alpha-calibration.csv")
    own = claims[claims["detector"] == "pca"].set_index("threshold")
    threshold = own["p"].idxmin()
    assert threshold > own.index.min()  # or the first row would do
    counted, claimed = own.loc[threshold, ["counted", "claimed"]]
    sigma = "\N{GREEK SMALL LETTER SIGMA}"
    told = f"{counted:.3g} per map above {threshold:g}&nbsp;{sigma} where {claimed:.2g}"
    assert told in (site / "index.html").read_text(encoding="utf-8")


def test_few_sequences_are_said_to_give_intervals_that_hold_less_than_they_say(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert text.count("held 0.94 to 1.00 of the truths") == 1  # alpha
    assert text.count("held 0.90 to 0.99 of the truths") == 1  # beta


def test_a_single_sequence_is_said_to_show_no_spread_between_nights(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert text.count("do <strong>not</strong> include how much results differ from night to night") == 1
    assert text.count("with two, those of 95 % held 0.84 to 0.95 of the truths") == 1
    assert "known companion star b was subtracted" in text


def test_a_row_that_cannot_be_run_again_says_what_checks_it(site: Path) -> None:
    told = "checked by fresh nights alone"
    index = (site / "index.html").read_text(encoding="utf-8")
    rows = [line for line in index.splitlines() if told in line]
    assert len(rows) == 4  # one on each dataset, and on the average of two
    assert all('data-value="picky"' in row for row in rows)
    for name, stated in (("picky", 1), ("pca", 0)):
        page = (site / "detectors" / f"{name}.html").read_text(encoding="utf-8")
        assert page.count("<dt>Checked</dt><dd>by fresh nights alone") == stated


def test_a_run_record_names_the_machine_and_the_state_of_the_code(site: Path) -> None:
    text = (site / "detectors" / "pca.html").read_text(encoding="utf-8")
    for fact in ("A processor", "0123456789abcdef with uncommitted changes", "numpy 2.4.6", "2026-01-01 10:00"):
        assert fact in text
    assert 'href="https://doi.org/10.1000/xyz.123"' in text
