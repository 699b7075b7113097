"""The pages as files: what they say, what they link to, and what a failed build leaves."""

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from algozoo.benchmark.store import Store
from algozoo.errors import InputError
from algozoo.leaderboard import build_site
from algozoo.leaderboard import site as site_module
from algozoo.scoring import Board, evaluate

CRASH = "ValueError: <script>alert(1)</script> (fragile.py, line 7)"
DECLINE = 'needs <b>three</b> nights & more "frames"'
CONTROLS = {"oracle", "random", "blank"}
DATASETS = {"alpha", "beta", "night"}
DASH = "\N{EN DASH}"
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
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> was never opened"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    def of(self, group: str) -> list[list[str]]:
        return [
            [" ".join(cell.split()) for cell in row]
            for row, own in zip(self.rows, self.groups, strict=True)
            if own == group
        ]


def read(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def table(site: Path, name: str) -> Page:
    text = (site / "index.html").read_text(encoding="utf-8")
    start = text.index(f'id="{name}"')
    return Page("<table " + text[start : text.index("</table>", start)] + "</table>")


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: read(path) for path in sorted(site.rglob("*.html"))}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def board_of(store: Store) -> Board:
    return evaluate(store.read("quick", "1")[0], rng=np.random.default_rng(5))


def test_every_page_is_well_formed_with_a_title_a_language_and_texts_for_images(pages: dict[Path, Page]) -> None:
    assert len(pages) == 2 + 3 + 8
    for path, page in pages.items():
        tags = [tag for tag, _ in page.elements]
        assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
        assert tags.count("title") == tags.count("h1") == tags.count("main") == 1
        assert ("html", {"lang": "en"}) in page.elements
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), path
        assert all(attributes.get("alt") for tag, attributes in page.elements if tag == "img")
        drawings = [
            attributes for tag, attributes in page.elements if tag == "svg" and attributes.get("class") != "marks"
        ]
        assert all("aria-hidden" in drawing or drawing.get("aria-label") for drawing in drawings)
        assert all(sum("aria-sort" in a for a in headers) <= 1 for headers in header_rows(page))


def header_rows(page: Page) -> list[list[dict[str, str | None]]]:
    rows: list[list[dict[str, str | None]]] = []
    for tag, attributes in page.elements:
        if tag == "thead":
            rows.append([])
        if tag == "th" and rows:
            rows[-1].append(attributes)
    return rows


def test_every_link_leads_to_a_file_and_an_id_that_exist(pages: dict[Path, Page]) -> None:
    internal = 0
    for path, page in pages.items():
        for tag, attributes in page.elements:
            target = attributes.get("href" if tag in {"a", "link", "image"} else "src") or ""
            if not target or target.startswith(("https:", "data:")):
                assert tag in {"a", "link"} or not target
                continue
            file, _, anchor = target.partition("#")
            destination = (path.parent / file).resolve() if file else path
            assert destination.is_file(), f"{path.name} links to {target}"
            if anchor:
                assert anchor in {a.get("id") for _, a in pages[destination].elements}, target
            internal += 1
    assert internal > 100


def test_nothing_is_loaded_from_elsewhere_and_no_script_or_handler_is_inline(pages: dict[Path, Page]) -> None:
    for page in pages.values():
        policy = next(a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
        assert policy is not None
        assert policy.startswith("default-src 'none'")
        for tag, attributes in page.elements:
            assert not any(name.startswith("on") for name in attributes)
            if tag in {"script", "img", "image", "link"}:
                assert not (attributes.get("src") or attributes.get("href") or "").startswith("http")
            if tag == "script":
                assert attributes["src"]
                assert "type" not in attributes


def test_numbers_on_the_board_are_those_of_scoring(site: Path, store: Store) -> None:
    scores = board_of(store).scores
    for dataset, own in scores.groupby("dataset"):
        board = table(site, f"board-{dataset}")
        shown = {cells[1]: cells for cells in board.of("ranked") + board.of("control") if len(cells) > 1}
        for row in own[own["partial_auc"].notna()].itertuples():
            cells = shown[row.detector]
            assert cells[2] == f"{row.partial_auc:.2f} [{row.partial_auc_low:.2f}, {row.partial_auc_high:.2f}]"
            assert cells[4] == f"{row.tpr:.2f} [{row.tpr_low:.2f}, {row.tpr_high:.2f}]"
            assert cells[7] == f"{row.n_injected} / {row.n_empty}"
            assert cells[8] == str(row.n_failed)


def test_averages_are_of_one_kind_only_and_those_of_scoring(site: Path, store: Store) -> None:
    averages = board_of(store).averages
    simulated = averages[(averages["dataset_kind"] == "simulated") & ~averages["control"] & (averages["n_results"] > 0)]
    shown = [cells[1:3] for cells in table(site, "average-simulated").of("ranked")]
    assert shown == [
        [row.detector, f"{row.partial_auc:.2f} [{row.partial_auc_low:.2f}, {row.partial_auc_high:.2f}]"]
        for row in simulated.itertuples()
    ]
    assert 'id="average-real"' not in (site / "index.html").read_text(encoding="utf-8")


def test_controls_have_no_rank_and_stand_apart(site: Path) -> None:
    board = table(site, "board-alpha")
    controls = [cells for cells in board.of("control") if len(cells) > 1]
    assert {cells[1] for cells in controls} == CONTROLS
    assert {cells[0] for cells in controls} == {DASH}
    assert not CONTROLS & {cells[1] for cells in board.of("ranked")}
    assert [cells[0] for cells in board.of("ranked")] == sorted(cells[0] for cells in board.of("ranked"))


def test_declined_and_failed_detectors_stand_below_every_result_with_their_reason(site: Path) -> None:
    for dataset, status in {"night": "crash", "alpha": "timeout", "beta": "memory"}.items():
        board = table(site, f"board-{dataset}")
        assert board.groups == sorted(board.groups, key=["head", "ranked", "control", "missing"].index)
        reasons = {cells[1]: cells[2] for cells in board.of("missing") if len(cells) > 1}
        declined = {"picky": f"declined: {DECLINE}"} if dataset == "night" else {}
        assert reasons == {"fragile": f"{status}: {CRASH}"} | declined


def test_a_reason_with_markup_is_text(pages: dict[Path, Page], site: Path) -> None:
    assert all("src" in a for page in pages.values() for tag, a in page.elements if tag == "script")
    assert "&lt;script&gt;alert(1)" in (site / "detectors" / "fragile.html").read_text(encoding="utf-8")
    assert "<b>three</b>" not in (site / "index.html").read_text(encoding="utf-8")


def test_a_failure_among_results_is_counted_and_told(site: Path) -> None:
    assert next(cells for cells in table(site, "board-alpha").of("ranked") if cells[1] == "picky")[8] == "3"
    assert "picky failed in 3 of its trials" in (site / "index.html").read_text(encoding="utf-8")


def test_what_a_detector_says_of_its_maps_is_told(site: Path) -> None:
    told = "median, of one of its sequences: nothing is scored in 1.0-2.0 FWHM"
    assert (site / "index.html").read_text(encoding="utf-8").count(told) == 1


def test_ranks_have_their_interval_and_the_letters_of_their_group(site: Path, store: Store) -> None:
    scores = board_of(store).scores
    own = scores[(scores["dataset"] == "alpha") & scores["rank"].notna()]
    shown = {cells[1]: cells[0] for cells in table(site, "board-alpha").of("ranked")}
    assert shown == {r.detector: f"{r.rank} [{r.rank_low}, {r.rank_high}] {r.group}" for r in own.itertuples()}


def test_a_detector_that_claims_too_much_is_flagged_in_the_notes(site: Path) -> None:
    claims = pd.read_csv(site / "data" / "alpha-calibration.csv")
    text = (site / "index.html").read_text(encoding="utf-8")
    flagged = set(claims.loc[claims["over_confident"], "detector"])
    assert flagged == {"pca"}
    assert "pca is over-confident" in text
    assert "median is over-confident" not in text


def test_the_note_of_an_over_confident_detector_tells_the_most_significant_threshold(site: Path) -> None:
    claims = pd.read_csv(site / "data" / "alpha-calibration.csv")
    own = claims[claims["detector"] == "pca"].set_index("threshold")
    threshold = own["p"].idxmin()
    assert threshold > own.index.min()  # or the first row would do
    counted, claimed = own.loc[threshold, ["counted", "claimed"]]
    sigma = "\N{GREEK SMALL LETTER SIGMA}"
    told = f"{counted:.3g} per map above {threshold:g}&nbsp;{sigma} where {claimed:.2g}"
    assert told in (site / "index.html").read_text(encoding="utf-8")


def test_few_sequences_are_said_to_give_intervals_that_hold_less_than_they_say(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert text.count("held 0.94 to 1.00 of the truths") == 1  # alpha
    assert text.count("held 0.90 to 0.99 of the truths") == 1  # beta


def test_nothing_is_drawn_below_what_can_be_measured_and_bands_are_those_of_the_scores(
    site: Path, store: Store
) -> None:
    bands = pd.read_csv(site / "data" / "alpha-bands.csv")
    scores = board_of(store).scores
    own = scores[(scores["dataset"] == "alpha") & scores["partial_auc"].notna()].set_index("detector")
    assert bands["fp_per_map"].min() == pytest.approx(own["fp_low"].iloc[0], rel=1e-5)
    assert "not measurable" in (site / "figures" / "alpha-froc.svg").read_text(encoding="utf-8")
    ends = bands[bands["fp_per_map"] == bands["fp_per_map"].max()].set_index("detector")
    assert set(ends.index) == set(own.index)


def test_flux_bias_is_shown_of_detectors_that_measure_fluxes_only(site: Path) -> None:
    text = (site / "datasets" / "alpha.html").read_text(encoding="utf-8")
    start = text.index("<table", text.index('id="found"'))
    found = Page(text[start : text.index("</table>", start)] + "</table>").of("ranked")
    shown = {cells[1]: cells for cells in found}
    assert shown["pca"][5].endswith("n = 24")
    assert shown["pca(n_components=20)"][5] == DASH
    assert "[" in shown["pca"][4]


def test_probabilities_and_null_scores_have_their_figures_and_tables(site: Path) -> None:
    text = (site / "datasets" / "alpha.html").read_text(encoding="utf-8")
    assert "Brier score" in text
    for figure in ("student", "laplace", "reliability"):
        assert (site / "figures" / f"alpha-{figure}.svg").is_file()
    tests = pd.read_csv(site / "data" / "alpha-uniformity.csv")
    assert set(tests["detector"]) == {"median", "pca"}
    assert set(tests["annulus"]) == {-1, 0, 1}
    assert tests["p"].isna().all()  # three sequences are too few
    claims = pd.read_csv(site / "data" / "alpha-probabilities.csv")
    assert claims["detector"].tolist() == ["picky"]


def test_critical_differences_need_six_datasets(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert "needs 6 datasets of a kind and three detectors; here are 2 datasets" in text
    assert not list((site / "figures").glob("*-ranks.svg"))


def test_a_single_sequence_is_said_to_show_no_spread_between_nights(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert text.count("do <strong>not</strong> include how much results differ from night to night") == 1
    assert text.count("with two, those of 95 % held 0.84 to 0.95 of the truths") == 1
    assert "known companion star b was subtracted" in text


def test_downloads_hold_the_numbers_of_the_board(site: Path, store: Store) -> None:
    scores = board_of(store).scores
    own = scores[scores["dataset"] == "beta"].reset_index(drop=True)
    written = pd.read_csv(site / "data" / "beta-board.csv")
    assert written["detector"].tolist() == own["detector"].tolist()
    assert written["partial_auc"].to_numpy() == pytest.approx(own["partial_auc"].to_numpy(float), abs=1e-5, nan_ok=True)
    latex = (site / "data" / "beta-board.tex").read_text(encoding="utf-8")
    assert latex.count(r"\\") == 1 + len(own)
    assert r"pca(n\_components=20)" in latex
    assert (site / "figures" / "beta-froc.pdf").read_bytes().startswith(b"%PDF")
    assert (site / "figures" / "beta-froc.png").read_bytes().startswith(b"\x89PNG")


def test_example_maps_show_truth_hits_and_false_positives(pages: dict[Path, Page], site: Path) -> None:
    page = pages[site / "detectors" / "median.html"]
    classes = [attributes.get("class") for _, attributes in page.elements]
    assert classes.count("mark truth") == 1 + 2 * 2 * 3  # in the key, and in two panels of two trials on three datasets
    assert classes.count("mark found") > 1
    assert classes.count("mark false") > 1


def test_a_detector_without_a_map_free_of_companions_has_maps_but_no_result(site: Path) -> None:
    text = (site / "detectors" / "fragile.html").read_text(encoding="utf-8")
    assert "No score is a threshold" in text
    assert 'id="maps-beta"' in text
    assert {cells[1]: cells[3] for cells in table(site, "board-beta").of("missing") if len(cells) > 1} == {
        "fragile": "16 / 0"
    }


def test_a_run_record_names_the_machine_and_the_state_of_the_code(site: Path) -> None:
    text = (site / "detectors" / "pca.html").read_text(encoding="utf-8")
    for fact in ("A processor", "0123456789abcdef with uncommitted changes", "numpy 2.4.6", "2026-01-01 10:00"):
        assert fact in text
    assert 'href="https://doi.org/10.1000/xyz.123"' in text


def test_the_same_store_gives_the_same_bytes(store: Store, site: Path, tmp_path: Path) -> None:
    again = contents(build_site(store, "quick", "1", tmp_path / "again").parent)
    assert again == contents(site)


def test_a_failed_build_leaves_the_old_site_whole(
    store: Store, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "quick"
    folder.mkdir()
    (folder / "index.html").write_bytes((site / "index.html").read_bytes())
    before = contents(folder)

    def fail(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(site_module.images, "preview", fail)
    with pytest.raises(Exception, match="No space left"):
        build_site(store, "quick", "1", tmp_path)
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["quick"]


def test_a_folder_that_is_no_site_is_refused_untouched(store: Store, tmp_path: Path) -> None:
    thesis = tmp_path / "quick" / "thesis.tex"
    thesis.parent.mkdir()
    thesis.write_text("years of work", encoding="utf-8")
    with pytest.raises(InputError, match="no leaderboard"):
        build_site(store, "quick", "1", tmp_path)
    assert thesis.read_text(encoding="utf-8") == "years of work"


def test_a_suite_of_which_nothing_came_has_a_site(tmp_path: Path, store: Store) -> None:
    lonely = Store(tmp_path / "results")
    shutil.copytree(store.folder / "datasets", lonely.folder / "datasets")
    failed = next(record.key for record in store.read("quick", "1")[1] if record.detector.label == "fragile")
    (lonely.folder / "shards").mkdir()
    shutil.copy(store.folder / "shards" / f"{failed}.parquet", lonely.folder / "shards")
    page = read(build_site(lonely, "quick", "1", tmp_path / "site"))
    assert [cells[1] for cells in page.of("missing") if len(cells) > 1] == ["fragile"]
    assert not page.of("ranked")


def test_published_results_of_a_dataset_that_was_never_run_here_are_left_out(tmp_path: Path, store: Store) -> None:
    here = Store(tmp_path / "results")
    shutil.copytree(store.folder, here.folder)
    for path in (here.folder / "datasets").glob("night-*"):
        path.unlink()
    site = build_site(here, "quick", "1", tmp_path / "site").parent
    assert (site / "datasets" / "alpha.html").is_file()
    assert not (site / "datasets" / "night.html").exists()
    text = " ".join((site / "index.html").read_text(encoding="utf-8").split())
    everybody = "blank, fragile, median, oracle, pca, pca(n_components=20), picky, random"
    assert "The dataset night is not shown, because its data were not available to the run." in text
    assert f"Stored rows on it: {everybody}." in text
    shutil.rmtree(here.folder / "datasets")
    with pytest.raises(InputError, match="no dataset of the suite was run here"):
        build_site(here, "quick", "1", tmp_path / "other")


def test_detectors_of_the_suite_that_were_not_run_are_named_with_the_reason(site: Path) -> None:
    text = " ".join((site / "index.html").read_text(encoding="utf-8").split())
    absent = "pca(n_components=5) (slow, run with --all), sodinn (needs the package torch), not-here(n=3) (not run yet)"
    assert text.count(f"Detectors of the suite without a row here: {absent}.") == len(DATASETS)


def test_a_row_that_was_not_run_with_the_latest_shows_the_day_of_its_run(tmp_path: Path, store: Store) -> None:
    here = Store(tmp_path / "results")
    shutil.copytree(store.folder, here.folder)
    for path in (here.folder / "shards").glob("*.parquet"):
        outcomes = pq.read_table(path)
        record = json.loads(outcomes.schema.metadata[b"algozoo"])
        if record["detector"]["label"] == "median":
            record["started"] = "2025-11-30T09:00:00+00:00"
            pq.write_table(outcomes.replace_schema_metadata({"algozoo": json.dumps(record)}), path)
    site = build_site(here, "quick", "1", tmp_path / "site").parent
    for dataset in DATASETS:
        shown = [cells[1] for cells in table(site, f"board-{dataset}").of("ranked")]
        assert "median run of 2025-11-30" in shown
        assert sum("run of" in name for name in shown) == 1
    text = " ".join((site / "index.html").read_text(encoding="utf-8").split())
    assert text.count("Rows with a date are stored from that day") == len(DATASETS)


def test_a_board_of_an_unfinished_run_is_of_the_trials_that_all_ran_and_says_so(tmp_path: Path, store: Store) -> None:
    here = Store(tmp_path / "results")
    shutil.copytree(store.folder, here.folder)
    keys = {(r.dataset, r.detector.label, r.sequence): r.key for r in store.read("quick", "1")[1]}
    behind = {(detector, 2) for detector in ("oracle", "blank", "pca", "pca(n_components=20)", "picky")}
    for detector, sequence in behind | {("picky", 1)}:
        (here.folder / "shards" / f"{keys['alpha', detector, sequence]}.parquet").unlink()
    site = build_site(here, "quick", "1", tmp_path / "site").parent
    text = " ".join((site / "index.html").read_text(encoding="utf-8").split())
    assert "The run is not finished. Left out is 1 more sequence, which not all of these detectors have run." in text
    assert "picky is left out: it has run 1 of 3 sequences." in text
    assert "Not in the average, for they have not run on all of these datasets: picky." in text
    assert "picky" not in str(table(site, "average-simulated").rows)
    assert "fragile" in str(table(site, "average-simulated").rows)
    board = {cells[1]: cells for cells in table(site, "board-alpha").of("control") if len(cells) > 1}
    assert board["oracle"][-2:] == ["16 / 4", "0"]
    assert board["oracle"][2].startswith("1.00")
    assert "picky" not in str(table(site, "board-alpha").rows)
    assert "picky" in str(table(site, "board-beta").rows)


def test_results_of_another_version_are_an_input_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="never mixed"):
        build_site(store, "quick", "2", tmp_path / "site")
    assert not list(tmp_path.iterdir())


def test_the_site_is_small(site: Path) -> None:
    assert sum(len(content) for content in contents(site).values()) < 6e6
