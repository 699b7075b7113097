"""What each page shows, as plain values for its template."""

from typing import Any

import numpy as np
import pandas as pd

from algozoo.benchmark.record import RunRecord
from algozoo.datasets.manifest import RealManifest
from algozoo.leaderboard.results import ENOUGH_DATASETS, DatasetResults, Results
from algozoo.leaderboard.tables import rows
from algozoo.leaderboard.text import moment
from algozoo.scoring.fresh import AVERAGE


def board(results: Results) -> list[dict[str, Any]]:
    """List the kinds of data, with the datasets and, where there are several, the average of each."""
    kinds = []
    for kind in ("simulated", "real"):
        datasets = [dataset for dataset in results.datasets if dataset.kind == kind]
        averages = results.averages[results.averages["dataset_kind"] == kind]
        unfinished = {label for dataset in datasets for label in dataset.scores["detector"]} - {*averages["detector"]}
        if datasets:
            average = groups(averages) if len(datasets) > 1 and len(averages) else None
            shown = {"name": kind, "average": average, "datasets": [standing(results, one) for one in datasets]}
            about: dict[str, Any] = {"unfinished": sorted(unfinished), "enough": ENOUGH_DATASETS}
            kinds.append(shown | about | {"badges": badges(results, AVERAGE, kind)})
    return kinds


def badges(results: Results, name: str, kind: str) -> dict[str, str]:
    """Say what third-party rows of a dataset, or of the mean over those of a kind, are worth."""
    return {label: fresh.badge(name, kind) for label, fresh in results.fresh.items()}


def standing(results: Results, dataset: DatasetResults) -> dict[str, Any]:
    """Describe the board of a dataset: its facts and its rows, in three groups."""
    scores, manifest = dataset.scores, dataset.about.manifest
    first, made = scores.iloc[0], scores[scores["partial_auc"].notna()]
    return {
        "name": dataset.name,
        "about": dataset.about,
        "n_sequences": int(first["n_sequences"]),
        "n_left_out": dataset.n_left_out,
        "unfinished": rows(dataset.unfinished),
        "not_run": dataset.not_run,
        "earlier": {label: day for label, day in dataset.days.items() if day != max(dataset.days.values())},
        "n_empty": int(scores["n_empty"].max()),
        "n_independent": int(scores["n_empty_independent"].max()),
        "fp_low": float(first["fp_low"]),
        "fp_high": float(first["fp_high"]),
        "groups": groups(scores),
        "badges": badges(results, dataset.name, dataset.kind),
        "with_failures": rows(made[made["n_failed"] > 0]),
        "with_notes": rows(made[(made["n_failed"] == 0) & (made["reason"] != "")]),
        "boasts": _boasts(dataset.claims),
        "false_hopes": rows(dataset.probability_claims[dataset.probability_claims["over_confident"].astype(bool)]),
        "equals": _not_separated(dataset),
        "companions": manifest.companions if isinstance(manifest, RealManifest) else (),
    }


def groups(table: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Split a ranked table into detectors with a rank, controls, and rows without a result, which stand last."""
    result = table["n_results"] > 0 if "n_results" in table else table["partial_auc"].notna()
    return {
        "ranked": rows(table[result & ~table["control"]]),
        "control": rows(table[result & table["control"]]),
        "missing": rows(table[~result]),
    }


def annuli(dataset: DatasetResults) -> dict[str, Any]:
    """Describe the annuli; list for each detector the share found and the detection limits in each of them."""
    scale = dataset.about.fwhm * dataset.about.pixel_scale
    zones = [{**dict(zone), "arcsec": (zone.inner * scale, zone.outer * scale)} for zone in dataset.annuli]
    cells = {(row["detector"], row["annulus"]): row for row in rows(dataset.annulus_rates)}
    limits: dict[tuple[str, int], list[Any]] = {}
    for row in dataset.limits.to_dict("records"):
        limits.setdefault((row["detector"], row["annulus"]), []).append(row)
    lines = [
        {
            **row,
            "cells": [cells.get((row["detector"], i)) for i in range(len(zones))],
            "limits": [limits.get((row["detector"], i), []) for i in range(len(zones))],
        }
        for row in rows(dataset.scores[dataset.scores["partial_auc"].notna()])
    ]
    return {"zones": zones, "rows": lines}


def calibration(dataset: DatasetResults) -> dict[str, Any]:
    """List whether S/N and probabilities mean what they claim."""
    tests: dict[str, dict[str, list[Any]]] = {}
    for row in rows(dataset.uniformity):
        tests.setdefault(row["detector"], {}).setdefault(row["law"], []).append(row)
    return {"uniformity": tests, "probability_claims": rows(dataset.probability_claims)}


def run_facts(runs: list[RunRecord]) -> dict[str, str]:
    """Put the run records of a detector into lines: each distinct value once."""

    def distinct(values: list[str]) -> str:
        return "; ".join(dict.fromkeys(value for value in values if value)) or "not recorded"

    dates = sorted(moment(run.started) for run in runs)
    commits = [run.commit + (" with uncommitted changes" if run.dirty else "") for run in runs]
    packages = [", ".join(f"{name} {version}" for name, version in run.packages.items()) for run in runs]
    seconds, cpu_seconds = (sum(getattr(run, name) or 0.0 for run in runs) for name in ("seconds", "cpu_seconds"))
    peak = max(run.process_peak_memory_bytes or 0 for run in runs)
    return {
        "Started (UTC)": " to ".join(dict.fromkeys([dates[0], dates[-1]])),
        "Runs": f"{len(runs)}, one for each sequence",
        "Learned from": distinct([run.training for run in runs]),
        "Wall and CPU time": f"{seconds:.1f} s and {cpu_seconds:.1f} s, injection included",
        "Peak memory": f"at most {peak / 2**20:.0f} MiB, that of the process" if peak else "not recorded",
        "Processor": distinct([run.processor for run in runs]),
        "System": distinct([run.platform for run in runs]),
        "Python": distinct([run.python for run in runs]),
        "AlgoZoo": distinct([run.algozoo for run in runs]),
        "Commit": distinct(commits),
        "Packages": distinct(packages),
    }


def detector(results: Results, label: str) -> dict[str, Any]:
    """Describe a detector: what it is, its results on each dataset, and its runs."""
    about, runs = results.detectors[label], results.runs(label)
    sections = []
    for dataset in results.datasets:
        for row in rows(dataset.scores[dataset.scores["detector"] == label]):
            numbers = {
                "cpu_seconds": dataset.outcomes.loc[dataset.outcomes["detector"] == label, "cpu_seconds"].median(),
                "threshold": dataset.threshold(label),
            }
            finite = {name: value if np.isfinite(value) else None for name, value in numbers.items()}
            sections.append({"dataset": dataset, "row": row, **finite})
    return {**dict(about), "fresh": results.fresh.get(label), "sections": sections, "run": run_facts(runs)}


def _boasts(claims: pd.DataFrame) -> list[dict[str, Any]]:
    """List the over-confident detectors, each at the threshold where its excess is the most significant."""
    flagged = claims[claims["over_confident"].astype(bool)]
    return rows(flagged.sort_values(["detector", "p"]).drop_duplicates("detector"))


def _not_separated(dataset: DatasetResults) -> dict[str, Any] | None:
    """Tell which detectors are not separated from the first."""
    ranked = rows(dataset.scores[dataset.scores["rank"].notna()])
    if len(ranked) < 2:
        return None
    first, *others = ranked
    level = [other["detector"] for other in others if set(other["group"]) & set(first["group"])]
    return {"first": first["detector"], "others": level}
