from pathlib import Path

import pandas as pd
import pytest

from algozoo.benchmark.store import Store
from algozoo.leaderboard.tables import csv, latex


def test_downloads_hold_the_numbers_of_the_board(site: Path, store: Store, board_of) -> None:
    scores = board_of(store).scores
    own = scores[scores["dataset"] == "beta"].reset_index(drop=True)
    written = pd.read_csv(site / "data" / "beta-board.csv")
    assert written["detector"].tolist() == own["detector"].tolist()
    assert written["partial_auc"].to_numpy() == pytest.approx(own["partial_auc"].to_numpy(float), abs=1e-5, nan_ok=True)
    latex = (site / "data" / "beta-board.tex").read_text(encoding="utf-8")
    assert latex.count(r"\\") == 1 + len(own)
    assert r"pca(n\_components=20)" in latex
    assert (site / "figures" / "beta-froc.pdf").read_bytes().startswith(b"%PDF")
    assert (site / "figures" / "beta-froc.png").read_bytes().startswith(b"\x89PNG")


def test_text_of_strangers_is_no_formula_in_a_spreadsheet() -> None:
    table = pd.DataFrame({"reason": ["=1+1", "+1", "-1", "@x", "a = b", "'"], "number": [-1.0, 2.5, 0, 1, 1, 1]})
    written = csv(table).splitlines()
    assert [line.split(",")[0] for line in written[1:]] == ["'=1+1", "'+1", "'-1", "'@x", "a = b", "'"]
    assert written[1].split(",")[1] == "-1"


def test_latex_escapes_names_and_marks_what_has_no_result() -> None:
    row = {"rank": pd.NA, "detector": "a_b & 100%", "partial_auc": float("nan"), "status": "declined"}
    text = latex(pd.DataFrame([row]), "tiny")
    assert r"-- & a\_b \& 100\% & \multicolumn{4}{l}{declined} \\" in text
    assert r"\input" not in latex(pd.DataFrame([row | {"status": r"\input{/etc/passwd}"}]), "tiny")
