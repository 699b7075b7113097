"""Tables: for templates, for papers (LaTeX) and for further work (CSV)."""

from typing import Any

import pandas as pd

from algozoo.leaderboard.text import fixed

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{character: f"\\{character}" for character in "&%$#_{}"},
    }
)


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a table into dictionaries, with None where there is no value."""
    return table.astype(object).where(table.notna(), None).to_dict("records")  # type: ignore[return-value]


def csv(table: pd.DataFrame) -> str:
    """Write a table with six significant digits."""
    return table.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def latex(scores: pd.DataFrame, dataset: str) -> str:
    """Write the board of a dataset as a `tabular` for the package booktabs."""
    lines = [
        rf"% AlgoZoo, dataset {dataset}; intervals are 95 %; needs \usepackage{{booktabs}}",
        r"\begin{tabular}{rlccrr}",
        r"\toprule",
        r"Rank & Detector & Partial AUC & TPR at 1 FP per map & Error (px) & s per map \\",
        r"\midrule",
        *(_latex_row(row) for row in rows(scores)),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _latex_row(row: dict[str, Any]) -> str:
    label = row["detector"].translate(_LATEX)
    if row["partial_auc"] is None:
        return rf"-- & {label} & \multicolumn{{4}}{{l}}{{{row['status']}}} \\"
    cells = [
        "--" if row["rank"] is None else str(row["rank"]),
        label,
        _with_bounds(row, "partial_auc"),
        _with_bounds(row, "tpr"),
        "--" if row["position_error"] is None else fixed(row["position_error"]),
        "--" if row["seconds"] is None else f"{row['seconds']:.3g}",
    ]
    return " & ".join(cells) + r" \\"


def _with_bounds(row: dict[str, Any], name: str) -> str:
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    return "--" if value is None else f"${value:.2f}_{{-{value - low:.2f}}}^{{+{high - value:.2f}}}$"
