"""Figures of the page on the method, from a made-up campaign: ``python docs/figures/method.py``."""  # noqa: INP001 - scripts are no package

from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from algozoo.imaging.snr import snr_map
from algozoo.scoring import evaluate, find_candidates, overconfidence, rates

FOLDER = Path(__file__).parents[1]
FWHM, SIZE, N_SEQUENCES, N_INJECTED = 4.0, 81, 12, 10
Y, X = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
SEPARATION = np.hypot(X, Y) / FWHM
VALID = (SEPARATION >= 1.5) & (SEPARATION <= 8)
STRENGTH = {"A": 3.4, "B": 3.1, "C": 2.4, "D": 1.4, "boastful": 2.4}
PNG: dict[str, Any] = {"dpi": 110, "metadata": {"Software": None}}


def campaign(rng: np.random.Generator) -> pd.DataFrame:
    """S/N maps of noise as smooth as the PSF; a companion adds a score of the detector's strength."""
    rows = []
    for sequence in range(N_SEQUENCES):
        for trial in range(N_INJECTED + 2):
            injected = trial < N_INJECTED
            separation, angle = rng.uniform(2, 7.5) * FWHM, rng.uniform(0, 360)
            x, y = (SIZE - 1) / 2 + separation * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
            brightness = rng.normal(0, 0.7)
            common = {
                "suite": "method", "suite_version": "1", "dataset": "night", "dataset_version": "1",
                "dataset_kind": "simulated", "sequence": sequence, "control": False, "trial": trial,
                "trial_kind": "injected" if injected else ("empty", "flipped")[trial - N_INJECTED],
                "annulus": 0 if injected else -1, "separation": separation, "position_angle": angle,
                "contrast": 1e-4, "x": x if injected else np.nan, "y": y if injected else np.nan, "fwhm": FWHM,
                "n_resels": VALID.sum() / (np.pi * FWHM**2 / 4), "status": "ok", "reason": "", "seconds": 1.0,
                "cpu_seconds": 1.0, "map_kind": "snr",
            }  # fmt: skip
            for detector, strength in STRENGTH.items():
                image = np.fft.ifft2(np.fft.fft2(rng.normal(size=(SIZE, SIZE))) * SMOOTH).real
                scores = snr_map(image, FWHM)
                if injected:
                    scores = scores + (strength + brightness) * np.exp(
                        -4 * np.log(2) * (np.hypot(X + (SIZE - 1) / 2 - x, Y + (SIZE - 1) / 2 - y) / FWHM) ** 2
                    )
                found = find_candidates(scores * (1.4 if detector == "boastful" else 1), fwhm=FWHM, valid=VALID)
                peaks = {f"candidate_{axis}": getattr(found, axis) for axis in ("x", "y", "score")}
                rows.append({**common, "detector": detector, **peaks})
    return pd.DataFrame(rows)


FREQUENCY = np.hypot(*np.meshgrid(np.fft.fftfreq(SIZE), np.fft.fftfreq(SIZE)))
SMOOTH = np.exp(-2 * (np.pi * FWHM / np.sqrt(8 * np.log(2)) * FREQUENCY) ** 2)


def draw_froc(outcomes: pd.DataFrame) -> None:
    """Curves with their bands."""
    figure, axes = plt.subplots(figsize=(5.5, 3.4), layout="constrained")
    table = rates(outcomes, rng=np.random.default_rng(1))
    for detector, curve in table[table["detector"].isin(["A", "D"])].groupby("detector"):
        (line,) = axes.plot(curve["fp_per_map"], curve["tpr"], label=detector)
        axes.fill_between(curve["fp_per_map"], curve["tpr_low"], curve["tpr_high"], alpha=0.2, color=line.get_color())
    low = table["fp_per_map"].min()
    axes.axvspan(low / 3, low, color="0.9")
    axes.text(low / 1.7, 0.5, "not measurable", rotation=90, ha="center", va="center", color="0.4")
    axes.set(xscale="log", xlim=(low / 3, 10), ylim=(0, 1))
    axes.set(xlabel="False positives per map", ylabel="True-positive rate")
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(FOLDER / "method-froc.png", **PNG)


def draw_ranks(outcomes: pd.DataFrame) -> None:
    """Scores with their intervals, ranks and letters."""
    scores = evaluate(outcomes, rng=np.random.default_rng(1)).scores
    figure, axes = plt.subplots(figsize=(5.5, 2.6), layout="constrained")
    for place, row in enumerate(scores.itertuples()):
        axes.plot([row.partial_auc_low, row.partial_auc_high], [place, place], color="0.5")
        axes.plot(row.partial_auc, place, "o", color="C0")
        told = f"rank {row.rank} [{row.rank_low}, {row.rank_high}]  {row.group}   P(best) {row.p_best:.2f}"
        axes.text(1.02, place, told, va="center")
    axes.set(xlim=(0, 1), ylim=(len(scores) - 0.5, -0.5), xlabel="Partial AUC")
    axes.set_yticks(range(len(scores)), scores["detector"])
    figure.savefig(FOLDER / "method-ranks.png", **PNG)


def draw_calibration(outcomes: pd.DataFrame) -> None:
    """Claimed against counted false alarms."""
    claims = overconfidence(outcomes)
    figure, axes = plt.subplots(figsize=(5.5, 3.4), layout="constrained")
    first = claims[claims["detector"] == "A"]
    axes.plot(first["threshold"], first["claimed"], "k-", label="claimed")
    axes.plot(first["threshold"], 2 * first["claimed"], "k:", label="twice that")
    for shift, detector in ((-0.03, "A"), (0.03, "boastful")):
        own = claims[(claims["detector"] == detector) & (claims["counted"] > 0)]
        error = [own["counted"] - own["fp_low"], own["fp_high"] - own["counted"]]
        label = detector + (" (over-confident)" if own["over_confident"].any() else "")
        axes.errorbar(own["threshold"] + shift, own["counted"], error, fmt="o", capsize=2, label=label)
    axes.set(yscale="log", xlabel="Threshold (Gaussian standard deviations)", ylabel="False alarms per map")
    axes.legend(frameon=False)
    figure.savefig(FOLDER / "method-calibration.png", **PNG)


def main() -> None:
    """Draw all three."""
    mpl.use("Agg")
    outcomes = campaign(np.random.default_rng(20261122))
    draw_froc(outcomes)
    draw_ranks(outcomes)
    draw_calibration(outcomes)


if __name__ == "__main__":
    main()
