import pandas as pd

from algozoo.cli.scores import print_scores

ROW = {
    "dataset": "night",
    "detector": "pca",
    "partial_auc": 0.5,
    "partial_auc_low": 0.4,
    "partial_auc_high": 0.625,
    "tpr": 0.25,
    "tpr_low": 0.125,
    "tpr_high": 0.5,
    "seconds": 0.0123,
    "status": "ok",
    "reason": "",
}


def test_a_score_has_its_interval_and_a_missing_one_its_reason(capsys):
    failed = ROW | {"detector": "loci", "partial_auc": float("nan"), "status": "failed", "reason": "no luck"}
    print_scores(pd.DataFrame([ROW, failed]))
    _, scored, without = capsys.readouterr().out.splitlines()
    assert scored.split() == ["night", "pca", "0.50", "[0.40,", "0.62]", "0.25", "[0.12,", "0.50]", "0.012"]
    assert without.split() == ["night", "loci", "failed:", "no", "luck"]
