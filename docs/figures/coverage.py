"""Draw how often the 95 % intervals hold the truth: ``python docs/figures/coverage.py`` (five minutes on one core).

The suites are those of the test of the coverage, tests/scoring/test_coverage.py, whose truth is known.
"""

import importlib.util
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from algozoo.scoring import wilson

ROOT = Path(__file__).parents[2]
N_SUITES = 250
SEQUENCES = (2, 3, 5, 10, 20)
N_INJECTED = 10


def main() -> None:
    """Simulate, and draw."""
    mpl.use("Agg")
    found = importlib.util.spec_from_file_location("coverage", ROOT / "tests" / "scoring" / "test_coverage.py")
    test = importlib.util.module_from_spec(found)
    found.loader.exec_module(test)
    figure, axes = plt.subplots(figsize=(5.5, 3.4), layout="constrained")
    axes.axhspan(0.93, 0.97, color="0.9", label="95 % within 2 %")
    for spread, label, shift in ((0.0, "sequences alike", 0.96), (0.7, "sequences that differ", 1.04)):
        shares = [coverage(test, n, spread) for n in SEQUENCES]
        middle, low, high = (np.array(column) for column in zip(*shares, strict=True))
        x = np.array(SEQUENCES) * shift
        axes.errorbar(x, middle, (middle - low, high - middle), fmt="o", capsize=3, label=label)
    axes.set(xscale="log", ylim=(0.85, 1), xlabel="Sequences", ylabel="Share of intervals that hold the truth")
    axes.set_xticks(SEQUENCES, [str(n) for n in SEQUENCES])
    axes.minorticks_off()
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(ROOT / "docs" / "method-coverage.png", dpi=110, metadata={"Software": None})


def coverage(test: object, n_sequences: int, spread: float) -> tuple[float, float, float]:
    """Share of the intervals of the partial AUC of all detectors that hold the truth, with its own interval."""
    rng = np.random.default_rng(n_sequences)
    size = {"n_sequences": n_sequences, "n_injected": N_INJECTED, "spread": spread}
    suites = [test.measured(rng, **size) for _ in range(N_SUITES)]
    held = []
    for label in test.STRENGTH:
        value = test.truth(label, spread, suites[0].low)["partial_auc"]
        bounds = np.array([one.intervals[label]["partial_auc"] for one in suites])
        held.append(np.mean((bounds[:, 1] <= value) & (value <= bounds[:, 2])))
    share = float(np.mean(held))
    low, high = wilson(share * N_SUITES, N_SUITES)
    return share, float(low), float(high)


if __name__ == "__main__":
    main()
