"""Draw the figures of docs/supervised.md on samples and training, from the first development sequence of naco-lp.

Usage: python docs/figures/supervised.py
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from algozoo.datasets import load_dataset
from algozoo.detectors.registry import create
from algozoo.detectors.supervised.residuals import annular_residuals, patch_size
from algozoo.detectors.supervised.samples import KINDS, draw_samples

PAGES = Path(__file__).parents[1]
SHOWN_LEVELS = (0, 2, 5, 9, 14, 19)
ANNULI = (0, 2, 5)


def main() -> None:
    """Draw the explained variance, some samples, the fits of flux and a learning curve."""
    sequence = load_dataset("naco-lp").development_sequence(0)
    residuals = annular_residuals(sequence, 20, patch_size(sequence.fwhm))

    figure, axis = plt.subplots(figsize=(5.5, 3.6), layout="constrained")
    for number in ANNULI:
        ring = residuals[number]
        explained = ring.variances.explained
        [line] = axis.plot(np.arange(1, len(explained) + 1), explained, label=str(ring.annulus))
        axis.plot(ring.levels, explained[ring.levels - 1], "o", color=line.get_color(), ms=4)
    axis.axhline(0.5, color="0.7", lw=0.8)
    axis.axhline(0.99, color="0.7", lw=0.8)
    axis.set(xlabel="components", ylabel="fraction of the variance explained", xscale="log")
    axis.legend(title="annulus; dots: levels")
    figure.savefig(PAGES / "supervised-cevr.png", dpi=80)

    drawn, fits = draw_samples(
        [residuals[n] for n in ANNULI], 60, np.random.default_rng(0), snr=(3.0, 10.0), normalisation="noise"
    )
    rows = [np.flatnonzero(drawn.kind == kind)[i] for kind in (0, 1, 2) for i in range(2)]
    figure, axes = plt.subplots(len(rows), len(SHOWN_LEVELS), figsize=(6, 6.2), layout="constrained")
    for line, row in zip(axes, rows, strict=True):
        for axis, level in zip(line, SHOWN_LEVELS, strict=True):
            axis.imshow(drawn.patches[row, level], origin="lower", vmin=-4, vmax=8)
            axis.set(xticks=[], yticks=[])
        sign = "C+" if drawn.labels[row] else "C-"
        line[0].set_ylabel(f"{sign}\n{KINDS[drawn.kind[row]]}", fontsize=8)
    for axis, level in zip(axes[0], SHOWN_LEVELS, strict=True):
        axis.set_title(f"level {level + 1}", fontsize=8)
    figure.savefig(PAGES / "supervised-samples.png", dpi=80)

    figure, axes = plt.subplots(1, len(fits), figsize=(8.5, 2.9), layout="constrained")
    for axis, fit in zip(axes, fits, strict=True):
        axis.plot(fit.contrasts, fit.snr, ".")
        axis.plot([0, fit.contrasts.max()], [0, fit.slope * fit.contrasts.max()])
        axis.axhline(1, color="0.7", lw=0.8)
        axis.set(xlabel="contrast", title=f"{fit.annulus}, {fit.components} components")
        axis.title.set_fontsize(9)
        axis.ticklabel_format(axis="x", style="sci", scilimits=(0, 0))
    axes[0].set_ylabel("S/N in an aperture")
    figure.savefig(PAGES / "supervised-flux.png", dpi=80)

    small = {"n_samples": 150, "n_levels": 8, "patch_width": 1.5, "architecture": "conv3d", "epochs": 12}
    state = create("sodinn", **small).fit(sequence).state()
    curve = state["learning_curve"]
    figure, axis = plt.subplots(figsize=(5.5, 3.2), layout="constrained")
    axis.plot(curve[:, 0], curve[:, 1], label="training")
    axis.plot(curve[:, 0], curve[:, 2], label="validation")
    axis.plot(curve[:, 2].argmin() + 1, curve[:, 2].min(), "o", mfc="none", label="weights that are kept")
    axis.set(xlabel="epoch", ylabel="cross-entropy")
    axis.legend()
    figure.savefig(PAGES / "supervised-learning.png", dpi=80)


if __name__ == "__main__":
    main()
