"""A made-up campaign: two simulated datasets and a real one, detectors that find, fail and decline, and controls."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator
from scipy.special import expit

from algozoo.benchmark.record import Preview, RunRecord
from algozoo.benchmark.store import ExampleMap, Store
from algozoo.datasets import load_dataset
from algozoo.datasets.manifest import KnownCompanion, RealManifest, ValidField
from algozoo.leaderboard import build_site
from algozoo.scoring import Board, evaluate, find_candidates, ring_scores
from algozoo.scoring.outcomes import OutcomeRow

SIZE, FWHM, SCALE = 41, 4.0, 0.02
CENTRE = (SIZE - 1) / 2
Y, X = np.mgrid[:SIZE, :SIZE]
SEPARATION = np.hypot(X - CENTRE, Y - CENTRE) / FWHM
VALID = (SEPARATION >= 1.5) & (SEPARATION <= 4.5)
ANNULI = [
    {"inner": 1.5, "outer": 3.0, "contrast": [1e-4, 1e-3]},
    {"inner": 3.0, "outer": 4.5, "contrast": [3e-5, 3e-4]},
]
DATASETS = {"alpha": ("simulated", 3), "beta": ("simulated", 2), "night": ("real", 1)}
STRENGTH = {"median": 3.0, "pca": 4.0, "pca(n_components=20)": 2.0}
DECLINE = 'needs <b>three</b> nights & more "frames"'
CRASH = "ValueError: <script>alert(1)</script> (fragile.py, line 7)"
KINDS = {"pca": "snr", "median": "snr", "picky": "probability"}
CONTROLS = {"oracle", "random", "blank"}
NOTE = "nothing is scored in 1.0-2.0 FWHM"
FRAGILE = {"alpha": "timeout", "beta": "memory", "night": "crash"}
DETECTORS = [*STRENGTH, "picky", "fragile", *sorted(CONTROLS)]
SUITE = {
    "format": 1,
    "name": "quick",
    "version": "1",
    "title": "Quick",
    "description": "Made up.",
    "seed": 5,
    "datasets": [{"name": name, "optional": False, "injections": 4} for name in DATASETS],
    "detectors": [
        {"name": "pca", "parameters": {"n_components": 20}},
        {"name": "pca", "parameters": {"n_components": 5}, "slow": True},
        {"name": "sodinn", "needs": "torch"},
        {"name": "not-here", "parameters": {"n": 3}},
    ],
}
RUN = {
    "seconds": 3.0,
    "cpu_seconds": 2.5,
    "process_peak_memory_bytes": 300 * 2**20,
    "algozoo": "0.1.0",
    "python": "3.11.9",
    "packages": {"numpy": "2.4.6"},
    "platform": "Linux",
    "processor": "A processor",
    "commit": "0123456789abcdef",
    "dirty": True,
}


def blob(x: float, y: float) -> Any:
    return np.exp(-4 * np.log(2) * ((X - x) ** 2 + (Y - y) ** 2) / FWHM**2)


def trials(rng: Generator) -> list[dict[str, Any]]:
    drawn = []
    for annulus in [0] * 4 + [1] * 4 + [-1, -1]:
        zone = ANNULI[annulus]
        radius, angle = rng.uniform(zone["inner"] + 0.2, zone["outer"] - 0.2) * FWHM, rng.uniform(0, 2 * np.pi)
        place = {
            "separation": radius,
            "position_angle": np.degrees(angle),
            "contrast": float(np.exp(rng.uniform(*np.log(zone["contrast"])))),
            "x": CENTRE + radius * np.cos(angle),
            "y": CENTRE + radius * np.sin(angle),
        }
        number = len(drawn)
        kind = "injected" if annulus >= 0 else ("empty" if number == 8 else "flipped")
        where = place if annulus >= 0 else dict.fromkeys(place, np.nan)
        drawn.append({"trial": number, "trial_kind": kind, "annulus": annulus, **where})
    return drawn


def detection_map(detector: str, trial: dict[str, Any], rng: Generator) -> Any:
    companion = blob(trial["x"], trial["y"]) if trial["trial_kind"] == "injected" else np.zeros((SIZE, SIZE))
    if detector == "oracle":
        return companion
    if detector == "blank":
        return np.zeros((SIZE, SIZE))
    return rng.normal(size=(SIZE, SIZE)) + STRENGTH.get(detector, 0) * companion


def outcome(detector: str, dataset: str, trial: dict[str, Any], scores: Any) -> dict[str, Any]:
    if detector == "picky" and dataset == "night":
        return {"status": "declined", "reason": DECLINE}
    if detector == "picky" and trial["trial"] == 3:
        return {"status": "failed", "reason": "ZeroDivisionError: division by zero (picky.py, line 2)"}
    if detector == "fragile" and (dataset != "beta" or trial["trial_kind"] != "injected"):
        return {"status": FRAGILE[dataset], "reason": CRASH}
    found = find_candidates(scores, fwhm=FWHM, valid=VALID)
    loud = 3 if detector == "pca" else 1
    peaks = {"candidate_x": found.x, "candidate_y": found.y, "candidate_score": loud * found.score}
    peaks["map_kind"] = KINDS.get(detector, "ratio")
    if detector == "picky":
        peaks["candidate_score"] = expit(found.score)
    if detector in {"pca", "median"}:
        peaks["candidate_flux"] = 1e-4 * found.score
        if trial["trial_kind"] != "injected":
            separation, score = ring_scores(scores, fwhm=FWHM, valid=VALID)
            peaks |= {"null_separation": separation, "null_score": loud * score}
    note = NOTE if (detector, dataset) == ("median", "alpha") else ""
    return {"status": "ok", "reason": note, "seconds": 0.5, "cpu_seconds": 0.4, **peaks}


def write_shard(store: Store, dataset: str, sequence: int, detector: str) -> None:
    kind = DATASETS[dataset][0]
    rng = np.random.default_rng([sorted(DATASETS).index(dataset), sequence])
    drawn = trials(rng)
    noise = np.random.default_rng([DETECTORS.index(detector), sequence])
    maps = [detection_map(detector, trial, noise) for trial in drawn]
    control = detector in CONTROLS
    common = {
        "suite": "quick",
        "suite_version": "1",
        "dataset": dataset,
        "dataset_version": "1",
        "dataset_kind": kind,
        "sequence": sequence,
        "detector": detector,
        "control": control,
        "fwhm": FWHM,
        "n_resels": 80.0,
        "seconds": np.nan,
        "cpu_seconds": np.nan,
        "candidate_x": [],
        "candidate_y": [],
        "candidate_score": [],
    }
    rows = [
        OutcomeRow(**common | t | outcome(detector, dataset, t, scores)) for t, scores in zip(drawn, maps, strict=True)
    ]
    kept = [
        ExampleMap(t, maps[t], None if control else maps[t] * 2)
        for t in (0, 4, 8)
        if sequence == 0 and rows[t].status == "ok"
    ]
    about = {
        "label": detector,
        "name": detector.partition("(")[0],
        "title": f"The method of {detector.partition('(')[0]}",
        "reference": "Author et al. 2020, AJ 1, 2, doi:10.1000/xyz.123",
        "summary": "Find planets.",
        "control": control,
        "reproducible": detector != "picky",
        "parameters": {"n_components": "20"} if "20" in detector else {},
    }
    record = {
        "key": f"{dataset}-{sequence}-{DETECTORS.index(detector)}",
        "suite": SUITE,
        "dataset": dataset,
        "annuli": ANNULI,
        "trials": "the same",
        "sequence": sequence,
        "detector": about,
        "started": f"2026-01-0{sequence + 1}T10:00:00+00:00",
        **RUN,
    }
    store.write(RunRecord.model_validate(record), rows, kept)


def write_preview(store: Store, dataset: str) -> None:
    kind, n_sequences = DATASETS[dataset]
    shown = {
        "name": dataset,
        "version": "1",
        "title": f"Dataset {dataset}",
        "description": "A star & its speckles.",
        "instrument": "Telescope",
        "licence": "MIT",
        "source": "https://example.org/data",
        "citation": "Nobody 2020",
        "pixel_scale": SCALE,
        "valid_field": ValidField(inner=1.5, outer=4.5),
        "annuli": (),
        "calibration": None,
    }
    original = load_dataset({"real": "betapic", "simulated": "tiny"}[kind]).manifest
    if isinstance(original, RealManifest):
        companion = {
            "name": "star b",
            "separation": 0.2,
            "position_angle": 30.0,
            "contrast": 1e-3,
            "source": "Who 2019",
        }
        shown["companions"] = (KnownCompanion.model_validate(companion),)
    else:
        shown["simulation"] = original.simulation.model_copy(update={"size": 81})  # frames that hold the valid field
    about = Preview(
        manifest=original.model_copy(update=shown),
        n_sequences=n_sequences,
        n_frames=20,
        size=SIZE,
        fwhm=FWHM,
        field_rotation=40.0,
        pixel_scale=SCALE,
    )
    frame = 100 * np.exp(-SEPARATION) + np.random.default_rng(3).normal(size=(SIZE, SIZE))
    images = {
        "frame": frame,
        "median": frame,
        "psf": blob(CENTRE, CENTRE),
        "angles": np.linspace(0, 40, 20),
        "valid": VALID.astype(np.uint8),
    }
    store.write_preview(about, images)


def fill(folder: Path) -> Store:
    store = Store(folder)
    for dataset, (_, n_sequences) in DATASETS.items():
        write_preview(store, dataset)
        for sequence in range(n_sequences):
            for detector in DETECTORS:
                write_shard(store, dataset, sequence, detector)
    return store


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return fill(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="session")
def site(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(store, "quick", "1", tmp_path_factory.mktemp("pages") / "site").parent


VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Page(HTMLParser):
    """A strict reader: every element is closed in order, in SVG too."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.groups: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute is there twice: <{tag} {attrs}>"
        self.elements.append((tag, dict(attrs)))
        if tag == "tbody":
            self.group = dict(attrs).get("class") or ""
        if tag == "tr":
            self.rows.append([])
            self.groups.append(self.group if "tbody" in self.open else "head")
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append("badge" if "badge" in (dict(attrs).get("class") or "").split() else tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> was never opened"
        assert self.open[-1] in {tag, "badge"}, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open) and "badge" not in self.open:  # what is said of a row is not its name
            self.rows[-1][-1] += data

    def of(self, group: str) -> list[list[str]]:
        return [
            [" ".join(cell.split()) for cell in row]
            for row, own in zip(self.rows, self.groups, strict=True)
            if own == group
        ]


def _read(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def _table(site: Path, name: str) -> Page:
    text = (site / "index.html").read_text(encoding="utf-8")
    start = text.index(f'id="{name}"')
    return Page("<table " + text[start : text.index("</table>", start)] + "</table>")


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, Page]:
    return {path: _read(path) for path in sorted(site.rglob("*.html"))}


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _board_of(store: Store) -> Board:
    return evaluate(store.read("quick", "1")[0], rng=np.random.default_rng(5))


@pytest.fixture(scope="session")
def parse() -> Any:
    """Read a page, or a part of one, strictly."""
    return Page


@pytest.fixture(scope="session")
def read() -> Any:
    """Read the page in a file."""
    return _read


@pytest.fixture(scope="session")
def table() -> Any:
    """Read one table of the board of a site."""
    return _table


@pytest.fixture(scope="session")
def contents() -> Any:
    """Return what a folder holds."""
    return _contents


@pytest.fixture(scope="session")
def board_of() -> Any:
    """Score the outcomes of a store."""
    return _board_of
