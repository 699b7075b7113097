"""Draw docs/results.png and write docs/results.csv from the tables of a leaderboard of the suite `full`.

Usage: python docs/figures/results.py SITE/full, after algozoo run full --site SITE
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

PAGES = Path(__file__).parents[1]
COLUMNS = [
    *("dataset", "detector", "control", "status", "rank", "group"),
    *(f"{rate}{end}" for rate in ("partial_auc", "tpr") for end in ("", "_low", "_high")),
    *("n_injected", "n_empty_independent", "n_failed", "n_sequences", "seconds"),
]


def main(site: Path) -> None:
    """Read the board of each dataset, and draw the detectors by their mean over the simulated ones."""
    boards = {path.name.removesuffix("-board.csv"): pd.read_csv(path) for path in (site / "data").glob("*-board.csv")}
    average = boards.pop("average-simulated").query("not control")
    names = sorted(boards, key=lambda name: (boards[name]["dataset_kind"].iloc[0] == "real", name))
    pd.concat([boards[name] for name in names])[COLUMNS].round(3).to_csv(PAGES / "results.csv", index=False)

    labels = average["detector"].to_list()[::-1]
    figure, axes = plt.subplots(
        1, len(names), figsize=(1.45 * len(names) + 2.4, 0.28 * len(labels) + 1), sharey=True, layout="constrained"
    )
    for axis, name in zip(axes, names, strict=True):
        board = boards[name].set_index("detector").reindex(labels)
        ranked = board[board["status"] == "ok"]
        places = [labels.index(label) for label in ranked.index]
        axis.hlines(places, ranked["partial_auc_low"], ranked["partial_auc_high"], color="#0a6ebd", lw=1.2)
        axis.plot(ranked["partial_auc"], places, "o", color="#0a6ebd", ms=4)
        axis.set(xlim=(-0.03, 1.03), xticks=[0, 0.5, 1], ylim=(-0.6, len(labels) - 0.4), title=name)
        axis.title.set_fontsize(9)
        axis.grid(axis="y", color="0.92")
        axis.tick_params(labelsize=8)
    axes[0].set_yticks(range(len(labels)), labels)
    figure.supxlabel("partial AUC, 95 % intervals; no dot: the detector declines the dataset", fontsize=9)
    figure.savefig(PAGES / "results.png", dpi=90)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
