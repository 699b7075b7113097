"""The site: every file is made in a folder beside the old one, which is replaced at the end."""

import os
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from algozoo.benchmark.store import Store
from algozoo.errors import AlgoZooError, InputError
from algozoo.leaderboard import charts, diagrams, gallery, images, pages, text
from algozoo.leaderboard.results import DatasetResults, Results, read_results
from algozoo.leaderboard.tables import csv, latex
from algozoo.scoring import SCORER_VERSION

MARK = '<meta name="generator" content="AlgoZoo leaderboard">'
Write = Callable[[str, str | bytes], object]


def build_site(store: Store, suite: str, version: str, folder: Path) -> Path:
    """Build the pages of a suite from its results.

    Parameters
    ----------
    store : Store
    suite, version : str
    folder : path
        The site is its folder of the suite's name, which is replaced as a whole once all pages are made; a site that
        was there stays if anything fails.

    Returns
    -------
    path
        Of the first page.

    Raises
    ------
    InputError
        If the store has no results of this version, or the folder holds something other than a leaderboard.
    AlgoZooError
        If a file of the store is damaged, or the pages cannot be written.
    """
    folder = Path(folder).resolve() / suite
    _check_replaceable(folder)
    results = read_results(store, suite, version)
    new, old = (folder.with_name(f".{folder.name}.{os.getpid()}.{state}") for state in ("new", "old"))

    def write(name: str, content: str | bytes) -> None:
        path = new / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    try:
        _write_pages(results, store, write)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    except OSError as error:
        raise AlgoZooError(f"{folder}: the site cannot be written ({error})") from error
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        for leftover in (new, old):
            shutil.rmtree(leftover, ignore_errors=True)
    return folder / "index.html"


def _check_replaceable(folder: Path) -> None:
    index = folder / "index.html"
    if index.is_file() and MARK in index.read_text(encoding="utf-8", errors="replace"):
        return
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(f"{folder} exists and is no leaderboard of AlgoZoo; give an empty or a new folder with --site")


def _write_pages(results: Results, store: Store, write: Write) -> None:
    slugs = text.slugs(results.detectors)
    render = _renderer(results, slugs)
    figures = {dataset.name: _write_dataset_files(dataset, write) for dataset in results.datasets}
    kinds = pages.board(results)
    figures |= {kind["name"]: _write_kind_files(kind["name"], results, write) for kind in kinds if kind["average"]}
    write("index.html", render("index.html", root="", kinds=kinds, figures=figures))
    write("about.html", render("about.html", root=""))
    for dataset in results.datasets:
        facts = pages.standing(dataset) | pages.annuli(dataset) | pages.calibration(dataset)
        own = figures[dataset.name]
        write(f"datasets/{dataset.name}.html", render("dataset.html", root="../", dataset=facts, figures=own))
    for label, slug in slugs.items():
        facts = pages.detector(results, label) | {"decisions": results.decisions(label)}
        shown = {
            section["dataset"].name: _write_examples(section["dataset"], label, slug, results, store, write)
            for section in facts["sections"]
        }
        write(f"detectors/{slug}.html", render("detector.html", root="../", detector=facts, examples=shown))
    for asset in ("style.css", "page.js"):
        write(f"static/{asset}", (files(__package__) / "static" / asset).read_bytes())
    write("static/vega.js", vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))


def _renderer(results: Results, slugs: dict[str, str]) -> Callable[..., str]:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (text.fixed, text.duration, text.scientific, text.limit, text.doi, text.prose, gallery.view):
        environment.filters[function.__name__] = function
    dates = sorted(text.moment(record["started"])[:10] for record in results.records)
    common = {
        "suite": results.suite,
        "dates": list(dict.fromkeys([dates[0], dates[-1]])),
        "scorer": SCORER_VERSION,
        "n_outcomes": sum(len(dataset.outcomes) for dataset in results.datasets),
        "n_detectors": sum(not about["control"] for about in results.detectors.values()),
        "hidden": results.hidden,
        "slugs": slugs,
        "mark": Markup(MARK),  # noqa: S704 - a constant
    }

    def render(template: str, **values: Any) -> str:
        return environment.get_template(template).render(**common, **values)

    return render


def _write_dataset_files(dataset: DatasetResults, write: Write) -> dict[str, Markup]:
    """Write the figures and the numbers of a dataset; return its figures drawn, by what they show."""
    write(f"images/{dataset.name}.png", images.preview(dataset))
    write(f"data/{dataset.name}-board.tex", latex(dataset.scores, dataset.name))
    tables = {
        "board": dataset.scores.assign(scorer=SCORER_VERSION),
        "limits": dataset.limits,
        "curves": dataset.curves,
        "bands": dataset.bands,
        "annuli": dataset.annulus_rates,
        "differences": dataset.differences,
        "calibration": dataset.claims,
        "false-alarms": dataset.alarms,
        "nulls": dataset.quantiles,
        "uniformity": dataset.uniformity,
        "probabilities": dataset.probability_claims,
    }
    for name, table in tables.items():
        write(f"data/{dataset.name}-{name}.csv", csv(table))
    drawn = _write_figures(dataset.name, charts.figures(dataset), write)
    if len(dataset.probabilities):
        styles = charts.styles_of(dataset.scores)
        own = {label: styles[label] for label in dataset.probability_claims["detector"]}
        drawn |= _write_still(
            dataset.name, "reliability", diagrams.reliability_curves(dataset.probabilities, own), write
        )
    return drawn


def _write_kind_files(kind: str, results: Results, write: Write) -> dict[str, Markup]:
    """Write the figures and the numbers of the average over the datasets of a kind; return its figures drawn."""
    averages, curves = (table[table["dataset_kind"] == kind] for table in (results.averages, results.average_curves))
    write(f"data/average-{kind}-board.csv", csv(averages.assign(scorer=SCORER_VERSION)))
    average = charts.average_figure(averages, curves)
    drawn = _write_figures(f"average-{kind}", {"froc": average}, write) if average else {}
    ranks = results.critical_differences(kind)
    if ranks:
        drawn |= _write_still(f"average-{kind}", "ranks", diagrams.critical_differences(ranks), write)
    return drawn


def _write_figures(owner: str, specifications: dict[str, dict[str, Any]], write: Write) -> dict[str, Markup]:
    """Write interactive figures, with a script for all of them; return them drawn."""
    if specifications:
        named = {f"{owner}-{what}": specification for what, specification in specifications.items()}
        write(f"figures/{owner}.js", charts.script(named))
    drawn: dict[str, Markup] = {}
    for what, specification in specifications.items():
        drawn |= _write_still(owner, what, specification, write)
    return drawn


def _write_still(owner: str, what: str, specification: dict[str, Any], write: Write) -> dict[str, Markup]:
    """Write a figure as files for papers; return it drawn."""
    svg = charts.static_svg(specification, f"{owner}-{what}")
    for ending, content in charts.downloads(svg).items():
        write(f"figures/{owner}-{what}.{ending}", content)
    return {what: Markup(svg)}  # noqa: S704 - drawn by Vega, which escapes its text


def _write_examples(
    dataset: DatasetResults, label: str, slug: str, results: Results, store: Store, write: Write
) -> list[dict[str, Any]]:
    """Write the example maps of a detector on a dataset; return what their captions tell, with the file names."""
    told = []
    for example in gallery.examples(dataset, label, results.runs(label), store):
        panels = []
        for kind, (png, low, high) in example.panels.items():
            name = f"images/{dataset.name}-{slug}-{example.facts['trial']}-{kind}.png"
            write(name, png)
            panels.append({"file": name, "kind": kind, "low": low, "high": high})
        told.append({**example.facts, "panels": panels})
    return told
