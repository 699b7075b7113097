"""Draw docs/simulator.png and print the table of docs/simulator.md: a real night and three simulated ones.

Usage: python docs/figures/simulator.py MIRROR, where MIRROR is the folder with the files of `betapic`.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from realism import FRESH_NIGHTS, LAGS, RINGS, Array, statistics, temporal_statistics

from algozoo.datasets import load_dataset
from algozoo.sequence import ADISequence

SHOWN = ("mean halo", "temporal standard deviation", "residual of a frame, PCA(10)", "final image, PCA(10)")


def main(mirror: str) -> None:
    """Compare the real night with the mean of three simulated ones."""
    real = load_dataset("betapic", mirror=mirror).null_sequence(0)
    simulated = [load_dataset("naco-lp").sequence(index) for index in FRESH_NIGHTS]
    of_real = statistics(real) | temporal_statistics(real)
    nights = [statistics(sequence) | temporal_statistics(sequence) for sequence in simulated]
    of_simulated = {name: np.mean([night[name] for night in nights], axis=0) for name in of_real}
    sys.stdout.write(table(of_real, of_simulated))
    figure, axes = plt.subplots(2, 3, figsize=(13, 8.5), layout="constrained")
    draw_frame(axes[0, 0], real, "real: beta Pictoris")
    draw_frame(axes[0, 1], simulated[0], f"simulated: naco-lp/{FRESH_NIGHTS[0]}")
    draw_correlation(axes[0, 2], of_real, of_simulated)
    for axis, names in zip(axes[1], (SHOWN[:1], SHOWN[1:3], SHOWN[3:]), strict=True):
        draw_rings(axis, names, of_real, of_simulated)
    figure.savefig(Path(__file__).parents[1] / "simulator.png", dpi=90)


def table(real: dict[str, Array], simulated: dict[str, Array]) -> str:
    """Markdown table of both."""
    rows = [
        f"| {name} | {numbers(values)} | {numbers(simulated[name])} | {numbers(simulated[name] / values, 2)} |"
        for name, values in real.items()
    ]
    return "\n".join(["| statistic | real | simulated | ratio |", "|---|---|---|---|", *rows]) + "\n"


def numbers(values: Array, digits: int = 3) -> str:
    """Write an array in few digits."""
    return " ".join(f"{value:.{digits}g}" for value in values)


def draw_frame(axis: Axes, sequence: ADISequence, title: str) -> None:
    """Show the first frame relative to the star's peak."""
    half = sequence.centre * sequence.pixel_scale
    frame = sequence.cube[0] / (sequence.star_flux * sequence.psf.max())
    shown = axis.imshow(
        frame.clip(1e-5), norm=LogNorm(1e-4, 5e-2), cmap="inferno", origin="lower", extent=(-half, half, -half, half)
    )
    axis.set(title=title, xlabel="arcsec")
    axis.figure.colorbar(shown, ax=axis, label="relative to the star's peak", shrink=0.8)


def draw_correlation(axis: Axes, real: dict[str, Array], simulated: dict[str, Array]) -> None:
    """Show how frames grow unlike."""
    for colour, field in (("C0", "1-4 FWHM"), ("C1", "4-9 FWHM")):
        axis.plot(LAGS, real[f"frame correlation, {field}"], colour + "o-", label=f"real, {field}")
        axis.plot(LAGS, simulated[f"frame correlation, {field}"], colour + "s--", label=f"simulated, {field}")
    axis.set(xlabel="lag / frames", ylabel="correlation of frames", ylim=(0, 1))
    axis.legend()


def draw_rings(axis: Axes, names: tuple[str, ...], real: dict[str, Array], simulated: dict[str, Array]) -> None:
    """Show statistics against separation."""
    for index, name in enumerate(names):
        axis.semilogy(RINGS, real[name], f"C{index}o-", label=f"real: {name}")
        axis.semilogy(RINGS, simulated[name], f"C{index}s--", label=f"simulated: {name}")
    axis.set(xlabel="separation / FWHM", ylabel="relative to the star's peak")
    axis.legend(fontsize="small", loc="lower left", bbox_to_anchor=(0, 1), frameon=False)


if __name__ == "__main__":
    main(sys.argv[1])
