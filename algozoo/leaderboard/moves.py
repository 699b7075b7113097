"""Which ranks moved between two builds of the board, and why."""

from pathlib import Path
from typing import Any

import pandas as pd

from algozoo.leaderboard.tables import rows

COLUMNS = ("dataset", "detector", "before", "after", "reason")
SIZES = ["n_injected", "n_empty", "n_failed", "n_datasets", "n_results"]
NO_RANK = "none"


def published(site: Path, *, averages: bool = False) -> pd.DataFrame:
    """Read the tables of all datasets of a site; no row if there is no site.

    With `averages` also those of the average over the datasets of a kind, as of a dataset called 'average-KIND'.
    """
    tables = []
    for path in sorted((site / "data").glob("*-board.csv")):
        table = pd.read_csv(path, dtype={"scorer": str})
        if "dataset" in table:
            tables.append(table)
        elif averages:
            tables.append(table.assign(dataset=path.name.removesuffix("-board.csv")))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["dataset", "detector"])


def moves(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """List the detectors whose rank on a dataset is another, with the reason.

    Parameters
    ----------
    before, after : DataFrame
        Tables as `published` reads them.

    Returns
    -------
    DataFrame
        dataset, detector, before and after (ranks, or 'none'), and reason: what is new or gone, which results are
        others, or, on as many, what changed in the scores; and the versions of the scorer, where they differ.
    """
    both = before.merge(after, on=["dataset", "detector"], how="outer", suffixes=("_before", "_after"), indicator=True)
    moved = []
    for row in rows(both.astype({"_merge": str})):
        ranks = [_rank(row, "rank_before"), _rank(row, "rank_after")]
        if ranks[0] != ranks[1] and not any(row.get(f"control_{when}") is True for when in ("before", "after")):
            moved.append((row["dataset"], row["detector"], *ranks, _reason(row)))
    return pd.DataFrame(moved, columns=list(COLUMNS))


def _rank(row: dict[str, Any], name: str) -> str:
    return str(int(row[name])) if pd.notna(row.get(name)) else NO_RANK


def _reason(row: dict[str, Any]) -> str:
    if row["_merge"] != "both":
        return "not on the board before" if row["_merge"] == "right_only" else "no longer in the results"
    versions = [row.get(f"scorer_{when}") for when in ("before", "after")]
    scorer = f"scorer {versions[0]} -> {versions[1]}; " if None not in versions and versions[0] != versions[1] else ""
    changed = [name for name in SIZES if row.get(f"{name}_before") != row.get(f"{name}_after")]
    if changed:
        told = (f"{name} {row[f'{name}_before']:.0f} to {row[f'{name}_after']:.0f}" for name in changed)
        return f"{scorer}other results: " + ", ".join(told)
    area, new = row["partial_auc_before"], row["partial_auc_after"]
    if area is not None and new is not None and abs(area - new) > 5e-6:
        of = "trials" if row.get("n_datasets_before") is None else "datasets"
        return f"{scorer}partial AUC {area:.3f} to {new:.3f}, of as many {of}"
    return f"{scorer}same partial AUC: the rule of the ranks, or the detectors that it is compared with"
