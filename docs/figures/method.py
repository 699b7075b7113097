"""Figures of the page on the method, from a made-up campaign: ``python docs/figures/method.py``."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import vl_convert
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from algozoo.imaging.snr import snr_map
from algozoo.leaderboard.diagrams import critical_differences
from algozoo.scoring import (
    candidate_probabilities,
    evaluate,
    find_candidates,
    friedman,
    match,
    null_quantiles,
    overconfidence,
    probability_claims,
    rates,
    reliability,
    resolvable_difference,
    ring_scores,
    score,
    uniformity,
)
from algozoo.scoring.outcomes import add_hits

FOLDER = Path(__file__).parents[1]
FWHM, SIZE, N_SEQUENCES, N_INJECTED = 4.0, 81, 12, 10
Y, X = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
SEPARATION = np.hypot(X, Y) / FWHM
VALID = (SEPARATION >= 1.5) & (SEPARATION <= 8)
STRENGTH = {"A": 3.4, "B": 3.1, "C": 2.4, "D": 1.4, "boastful": 2.4}
FLUX_LEFT = 0.6
ANNULI = {"night": [(1.5, 4.0), (4.0, 8.0)]}
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
                scores = scores * (1.4 if detector == "boastful" else 1)
                found = find_candidates(scores, fwhm=FWHM, valid=VALID)
                peaks: dict[str, Any] = {f"candidate_{axis}": getattr(found, axis) for axis in ("x", "y", "score")}
                peaks["candidate_flux"] = FLUX_LEFT * found.score / (strength + brightness) * common["contrast"]
                places = (np.empty(0), np.empty(0)) if injected else ring_scores(scores, fwhm=FWHM, valid=VALID)
                nulls = dict(zip(("null_separation", "null_score"), places, strict=True))
                rows.append({**common, "detector": detector, **peaks, **nulls})
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


def draw_candidates(rng: np.random.Generator) -> None:
    """Candidates of a map, and what they are."""
    x, y = (SIZE - 1) / 2 + 4.5 * FWHM * np.array([np.cos(0.7), np.sin(0.7)])
    image = np.fft.ifft2(np.fft.fft2(rng.normal(size=(SIZE, SIZE))) * SMOOTH).real
    companion = np.exp(-4 * np.log(2) * (np.hypot(X + (SIZE - 1) / 2 - x, Y + (SIZE - 1) / 2 - y) / FWHM) ** 2)
    scores = np.where(VALID, snr_map(image, FWHM) + 4 * companion, np.nan)
    found = find_candidates(scores, fwhm=FWHM, valid=VALID)
    matched = match(found, [x], [y], radius=FWHM)
    figure, axes = plt.subplots(figsize=(4.4, 3.8), layout="constrained")
    shown = axes.imshow(scores, origin="lower", cmap="gray")
    figure.colorbar(shown, label="S/N")
    false = matched.false_positive
    axes.plot(found.x[false], found.y[false], "s", color="C1", mfc="none", label="candidate, no companion")
    hit = matched.candidate[0]
    axes.plot(found.x[hit], found.y[hit], "+", color="C2", ms=10, mew=2, label="candidate, found")
    axes.add_patch(plt.Circle((x, y), FWHM, fill=False, color="C0", label="one FWHM around the truth"))
    axes.set(xticks=[], yticks=[])
    axes.legend(fontsize="x-small", loc="lower left", framealpha=0.9)
    figure.savefig(FOLDER / "method-candidates.png", **PNG)


def draw_partial_auc(outcomes: pd.DataFrame) -> None:
    """Area that is averaged, and the two rates at which a curve is also read."""
    curve = rates(outcomes, rng=np.random.default_rng(1)).query("detector == 'B'")
    row = score(outcomes, rng=np.random.default_rng(1)).set_index("detector").loc["B"]
    figure, axes = plt.subplots(figsize=(5.5, 3.2), layout="constrained")
    axes.plot(curve["fp_per_map"], curve["tpr"])
    axes.fill_between(curve["fp_per_map"], 0, curve["tpr"], alpha=0.15, label=f"partial AUC {row['partial_auc']:.2f}")
    for x, name in ((0.1, "tpr_strict"), (1, "tpr")):
        interval = [[row[name] - row[f"{name}_low"]], [row[f"{name}_high"] - row[name]]]
        axes.errorbar(x, row[name], interval, fmt="ko", capsize=3)
        axes.annotate(f"TPR at {x:g}", (x, row[name]), (6, 8), textcoords="offset points")
    axes.set(xscale="log", xlim=(row["fp_low"], 10), ylim=(0, 1))
    axes.set(xlabel="False positives per map", ylabel="True-positive rate")
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(FOLDER / "method-partial-auc.png", **PNG)


def draw_auc_of_maps(outcomes: pd.DataFrame) -> None:
    """Best scores of maps with and without a companion."""
    own = outcomes[outcomes["detector"] == "A"]
    best = own["candidate_score"].map(np.max)
    row = score(own, rng=np.random.default_rng(1)).iloc[0]
    figure, axes = plt.subplots(figsize=(5.5, 2.8), layout="constrained")
    bins = np.linspace(best.min(), best.max(), 25)
    for injected, label in ((False, "without a companion"), (True, "with a companion")):
        of_kind = best[(own["trial_kind"] == "injected") == injected]
        axes.hist(of_kind, bins, density=True, alpha=0.5, label=f"{label} (n = {len(of_kind)})")
    axes.set(xlabel="Best score of the map", ylabel="Density")
    axes.set_title(f"AUC {row['auc_maps']:.2f} [{row['auc_maps_low']:.2f}, {row['auc_maps_high']:.2f}]", fontsize=10)
    axes.legend(frameon=False)
    figure.savefig(FOLDER / "method-auc.png", **PNG)


def draw_position_and_flux(outcomes: pd.DataFrame) -> None:
    """Where and how bright companions are that were found: each of them, and the median with its interval."""
    own = outcomes[outcomes["detector"] == "A"]
    row = score(own, rng=np.random.default_rng(1)).iloc[0]
    hits = add_hits(own)
    figure, pair = plt.subplots(1, 2, figsize=(6.4, 2.7), layout="constrained", sharey=True)
    for axes, name, label in zip(
        pair, ("position_error", "flux_bias"), ("Position error (px)", "Flux bias"), strict=True
    ):
        axes.hist(hits[name], 20, color="0.75")
        axes.axvspan(row[f"{name}_low"], row[f"{name}_high"], alpha=0.3)
        axes.axvline(row[name], label=f"median {row[name]:.2f} [{row[f'{name}_low']:.2f}, {row[f'{name}_high']:.2f}]")
        axes.set(xlabel=label)
        axes.set_title(f"median {row[name]:.2f} [{row[f'{name}_low']:.2f}, {row[f'{name}_high']:.2f}]", fontsize=10)
    pair[0].set(ylabel="Companions found")
    figure.savefig(FOLDER / "method-position-flux.png", **PNG)


def draw_resolvable() -> None:
    """Smallest difference that a suite separates, against its size."""
    trials = np.geomspace(20, 2000, 40).astype(int)
    figure, axes = plt.subplots(figsize=(5.5, 3.0), layout="constrained")
    for comparisons, label in ((1, "one pair"), (66, "all pairs of twelve detectors")):
        differences = [resolvable_difference(n, n, comparisons=comparisons) for n in trials.tolist()]
        axes.plot(trials, differences, label=label)
    axes.set(xscale="log", ylim=(0, 1), xlabel="Companions injected", ylabel="Smallest difference of TPR")
    axes.legend(frameon=False)
    figure.savefig(FOLDER / "method-resolvable.png", **PNG)


def draw_critical_differences(rng: np.random.Generator) -> None:
    """Mean ranks of made-up scores on eight datasets."""
    level = {"A": 0.8, "B": 0.76, "C": 0.6, "D": 0.58, "E": 0.3}
    rows = [
        {"dataset": dataset, "detector": label, "control": False, "partial_auc": mean + rng.normal(0, 0.06)}
        for dataset in range(8)
        for label, mean in level.items()
    ]
    specification = critical_differences(friedman(pd.DataFrame(rows))) | {"background": "white"}
    (FOLDER / "method-critical-difference.png").write_bytes(vl_convert.vegalite_to_png(specification, scale=1.5))


def draw_p_values(outcomes: pd.DataFrame) -> None:
    """Share of empty places above an S/N against what it claims, for Gaussian noise."""
    table = null_quantiles(outcomes, ANNULI).query("annulus == -1 and law == 'student' and observed > 0")
    tests = uniformity(outcomes, ANNULI, rng=np.random.default_rng(1)).query("annulus == -1 and law == 'student'")
    figure, axes = plt.subplots(figsize=(5.5, 3.4), layout="constrained")
    axes.plot(table["sigma"].unique(), table["claimed"].unique(), "k-", label="claimed")
    for detector in ("A", "boastful"):
        own, test = table[table["detector"] == detector], tests[tests["detector"] == detector].iloc[0]
        label = f"{detector}: distance {test['distance']:.3f}, p = {test['p']:.2g} (n = {test['n']})"
        (line,) = axes.plot(own["sigma"], own["observed"], ".-", label=label)
        axes.fill_between(own["sigma"], own["low"].clip(lower=1e-5), own["high"], alpha=0.2, color=line.get_color())
    axes.set(yscale="log", xlabel="Claimed by the S/N (Gaussian standard deviations)", ylabel="Share of places above")
    axes.set(ylim=(table["claimed"].min() / 2, 1))
    axes.legend(frameon=False)
    figure.savefig(FOLDER / "method-p-values.png", **PNG)


def draw_reliability(outcomes: pd.DataFrame) -> None:
    """Probabilities made of S/N in two ways: fitted to what was there, and too sure."""
    own = outcomes[outcomes["detector"] == "A"].assign(map_kind="probability")
    raw = candidate_probabilities(own)  # still the S/N
    fit = LogisticRegression(C=1e6).fit(raw[["probability"]], raw["truth"])
    slope, middle = fit.coef_.item(), -fit.intercept_.item() / fit.coef_.item()
    figure, axes = plt.subplots(figsize=(4.6, 3.6), layout="constrained")
    axes.plot([0, 1], [0, 1], "k-", lw=1)
    for shift, label in ((0, "fitted"), (-1, "too sure")):
        scores = [expit(slope * (one - middle - shift)) for one in own["candidate_score"]]
        candidates = candidate_probabilities(own.assign(candidate_score=scores))
        bins = reliability(candidates["probability"], candidates["truth"])
        claims = probability_claims(candidates).iloc[0]
        error = [bins["observed"] - bins["observed_low"], bins["observed_high"] - bins["observed"]]
        told = f"{label}: Brier {claims['brier']:.3f}" + (", over-confident" if claims["over_confident"] else "")
        axes.errorbar(bins["claimed"], bins["observed"], error, fmt="o-", capsize=2, label=told)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="Probability given", ylabel="Share that are companions")
    axes.legend(frameon=False, fontsize="small")
    figure.savefig(FOLDER / "method-reliability.png", **PNG)


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
    """Draw all of them."""
    mpl.use("Agg")
    outcomes = campaign(np.random.default_rng(20261122))
    draw_candidates(np.random.default_rng(3))
    draw_froc(outcomes)
    draw_partial_auc(outcomes)
    draw_auc_of_maps(outcomes)
    draw_position_and_flux(outcomes)
    draw_ranks(outcomes)
    draw_resolvable()
    draw_critical_differences(np.random.default_rng(5))
    draw_calibration(outcomes)
    draw_p_values(outcomes)
    draw_reliability(outcomes)


if __name__ == "__main__":
    main()
