"""The site: every file is made in a folder beside the old one, which is replaced at the end."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import written_seed
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import working_folder
from algozoo.leaderboard import charts, gallery, images, pages, text, vega
from algozoo.leaderboard.charts import Chart, Of
from algozoo.leaderboard.freshness import interval
from algozoo.leaderboard.gallery import Write
from algozoo.leaderboard.results import DatasetResults, Results, read_results
from algozoo.leaderboard.tables import csv, latex
from algozoo.leaderboard.vega import Specification
from algozoo.scoring import SCORER_VERSION, scores

MARK = '<meta name="generator" content="AlgoZoo leaderboard">'


def _to_error_stream(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - to print is its purpose


class Figure(NamedTuple):
    """A chart as drawn for one dataset or kind of data, with the words around it."""

    chart: Chart[Any]
    svg: Markup
    title: str
    summary: str
    caption: list[str]


def build_site(
    store: Store, suite: str, version: str, folder: Path, tell: Callable[[str], object] = _to_error_stream
) -> Path:
    """Build the pages of a suite from its results; what is malformed of them is left out, and the board names it.

    Parameters
    ----------
    store : Store
    suite, version : str
    folder : path
        The site is its folder of the suite's name, which is replaced as a whole once all pages are made; a site that
        was there stays if anything fails.
    tell : callable, optional
        Gets a line of text for each file that is left out, instead of the error stream.

    Returns
    -------
    path
        Of the first page.

    Raises
    ------
    InputError
        If the store has no results of this version, or the folder holds something other than a leaderboard.
    AlgoZooError
        If what the store keeps of a dataset, or the ledger, is damaged, or the pages cannot be written.
    """
    folder = Path(folder).resolve() / suite
    _check_replaceable(folder)
    results = read_results(store, suite, version, tell)
    try:
        with working_folder(folder.parent) as place:
            _write_pages(results, store, partial(_write, place / "new"), tell)
            _replace(folder, place / "new", place / "old")
    except OSError as error:
        raise AlgoZooError(f"{folder}: the site cannot be written ({error})") from error
    return folder / "index.html"


def _write(site: Path, name: str, content: str | bytes) -> None:
    path = site / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def _replace(folder: Path, new: Path, old: Path) -> None:
    """Put a new folder in the place of another, which is back there if that fails."""
    try:
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)


def _check_replaceable(folder: Path) -> None:
    index = folder / "index.html"
    if index.is_file() and MARK in index.read_text(encoding="utf-8", errors="replace"):
        return
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(f"{folder} exists and is no leaderboard of AlgoZoo; give an empty or a new folder with --site")


def _write_pages(results: Results, store: Store, write: Write, tell: Callable[[str], object]) -> None:
    slugs = text.slugs(results.detectors)
    render = _renderer(results, slugs)
    figures = {dataset.name: _write_dataset_files(dataset, write) for dataset in results.datasets}
    kinds = pages.board(results)
    for kind in [results.of_kind(kind["name"]) for kind in kinds if kind["average"]]:
        write(f"data/average-{kind.name}-board.csv", csv(kind.averages.assign(scorer=SCORER_VERSION)))
        figures[kind.name] = _write_figures(f"average-{kind.name}", charts.OF_KIND, kind, write)
    write("index.html", render("index.html", root="", kinds=kinds, figures=figures))
    write("about.html", render("about.html", root="", scores=scores.SCORES))
    for dataset in results.datasets:
        facts = pages.standing(results, dataset) | pages.annuli(dataset) | pages.calibration(dataset)
        own = figures[dataset.name]
        write(f"datasets/{dataset.name}.html", render("dataset.html", root="../", dataset=facts, figures=own))
    for label, slug in slugs.items():
        facts = pages.detector(results, label) | {"decisions": results.decisions(label)}
        shown = {
            section["dataset"].name: gallery.write_examples(
                section["dataset"], label, slug, results.runs(label), store, write, tell
            )
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
    filters = (
        text.fixed,
        text.rounded,
        text.scientific,
        text.limit,
        text.doi,
        text.prose,
        text.duration,
        gallery.view,
        interval,
    )
    environment.filters |= {function.__name__: function for function in filters}
    environment.globals["shown_on"] = scores.shown_on
    about = results.detectors
    environment.globals["not_reproducible"] = {label for label in about if not about[label].reproducible}
    dates = sorted(text.moment(record.started)[:10] for record in results.records)
    common = {
        "suite": results.suite,
        "seed": written_seed(results.suite.seed),
        "dates": list(dict.fromkeys([dates[0], dates[-1]])),
        "scorer": SCORER_VERSION,
        "n_outcomes": sum(len(dataset.outcomes) for dataset in results.datasets),
        "n_detectors": sum(not about.control for about in results.detectors.values()),
        "hidden": results.hidden,
        "left_out": results.left_out,
        "slugs": slugs,
        "mark": Markup(MARK),  # noqa: S704 - a constant
    }

    def render(template: str, **values: Any) -> str:
        return environment.get_template(template).render(**common, **values)

    return render


def _write_dataset_files(dataset: DatasetResults, write: Write) -> list[Figure]:
    """Write the figures and the numbers of a dataset; return its figures."""
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
    return _write_figures(dataset.name, charts.OF_DATASET, dataset, write)


def _write_figures(owner: str, registry: Sequence[Chart[Of]], of: Of, write: Write) -> list[Figure]:
    """Write the charts that there is something to draw of, with a script for the interactive ones; return them."""
    drawn = [(chart, specification) for chart in registry if (specification := chart.draw(of))]
    interactive = {f"{owner}-{chart.key}": specification for chart, specification in drawn if chart.interactive}
    if interactive:
        write(f"figures/{owner}.js", vega.script(interactive))
    return [_write_figure(owner, chart, specification, of, write) for chart, specification in drawn]


def _write_figure(owner: str, chart: Chart[Of], specification: Specification, of: Of, write: Write) -> Figure:
    """Write a figure as files for papers; return it drawn."""
    svg = vega.static_svg(specification, f"{owner}-{chart.key}")
    for ending, content in vega.downloads(svg).items():
        write(f"figures/{owner}-{chart.key}.{ending}", content)
    title, summary, caption = (words.format(of=of) for words in (chart.title, chart.summary, chart.help))
    return Figure(chart, Markup(svg), title, summary, caption.split("\n\n"))  # noqa: S704 - drawn by Vega, which escapes its text
