"""Tables: for templates, for papers (LaTeX) and for further work (CSV)."""

from typing import Any

import pandas as pd

from algozoo.scoring.scores import Score, shown_on
from algozoo.text import no_formula

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{character: f"\\{character}" for character in "&%$#_{}"},
    }
)


def rows(table: pd.DataFrame) -> list[dict[Any, Any]]:
    """Turn a table into dictionaries, with None where there is no value."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def csv(table: pd.DataFrame) -> str:
    """Write a table with six significant digits; an apostrophe precedes what a spreadsheet takes for a formula."""
    return table.map(no_formula).to_csv(index=False, lineterminator="\n", float_format="%.6g")


def latex(table: pd.DataFrame, dataset: str) -> str:
    """Write the board of a dataset as a `tabular` for the package booktabs."""
    scores = shown_on("board")
    columns = "".join("c" if f"{score.key}_low" in table else "r" for score in scores)
    titles = " & ".join(["Rank", "Detector", *(score.title.translate(_LATEX) for score in scores)])
    lines = [
        rf"% AlgoZoo, dataset {dataset}; intervals are 95 %; needs \usepackage{{booktabs}}",
        rf"\begin{{tabular}}{{rl{columns}}}",
        r"\toprule",
        rf"{titles} \\",
        r"\midrule",
        *(_latex_row(row, scores) for row in rows(table)),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _latex_row(row: dict[str, Any], scores: list[Score]) -> str:
    label = row["detector"].translate(_LATEX)
    if row["partial_auc"] is None:
        return rf"-- & {label} & \multicolumn{{{len(scores)}}}{{l}}{{{row['status'].translate(_LATEX)}}} \\"
    rank = "--" if row["rank"] is None else str(row["rank"])
    return " & ".join([rank, label, *(_latex_cell(row, score) for score in scores)]) + r" \\"


def _latex_cell(row: dict[str, Any], score: Score) -> str:
    value, low, high = row[score.key], row.get(f"{score.key}_low"), row.get(f"{score.key}_high")
    if value is None:
        return "--"
    if low is None or high is None:
        return f"{value:.3g}" if score.digits is None else f"${value:.{score.digits}f}$"
    digits = 2 if score.digits is None else score.digits
    return f"${value:.{digits}f}_{{-{value - low:.{digits}f}}}^{{+{high - value:.{digits}f}}}$"
