"""The pages as files: what they say, what they link to, and what a failed build leaves."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from algozoo.benchmark.store import Store
from algozoo.errors import InputError
from algozoo.leaderboard import build_site
from algozoo.leaderboard import site as site_module

CRASH = "ValueError: <script>alert(1)</script> (fragile.py, line 7)"
DECLINE = 'needs <b>three</b> nights & more "frames"'
CONTROLS = {"oracle", "random", "blank"}
DASH = "\N{EN DASH}"


def test_every_page_is_well_formed_with_a_title_a_language_and_texts_for_images(pages: dict[Path, Any]) -> None:
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


def header_rows(page: Any) -> list[list[dict[str, str | None]]]:
    rows: list[list[dict[str, str | None]]] = []
    for tag, attributes in page.elements:
        if tag == "thead":
            rows.append([])
        if tag == "th" and rows:
            rows[-1].append(attributes)
    return rows


def test_every_link_leads_to_a_file_and_an_id_that_exist(pages: dict[Path, Any]) -> None:
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


def test_nothing_is_loaded_from_elsewhere_and_no_script_or_handler_is_inline(pages: dict[Path, Any]) -> None:
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


def test_numbers_on_the_board_are_those_of_scoring(site: Path, store: Store, table, board_of) -> None:
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


def test_averages_are_of_one_kind_only_and_those_of_scoring(site: Path, store: Store, table, board_of) -> None:
    averages = board_of(store).averages
    simulated = averages[(averages["dataset_kind"] == "simulated") & ~averages["control"] & (averages["n_results"] > 0)]
    shown = [cells[1:3] for cells in table(site, "average-simulated").of("ranked")]
    assert shown == [
        [row.detector, f"{row.partial_auc:.2f} [{row.partial_auc_low:.2f}, {row.partial_auc_high:.2f}]"]
        for row in simulated.itertuples()
    ]
    assert 'id="average-real"' not in (site / "index.html").read_text(encoding="utf-8")


def test_controls_have_no_rank_and_stand_apart(site: Path, table) -> None:
    board = table(site, "board-alpha")
    controls = [cells for cells in board.of("control") if len(cells) > 1]
    assert {cells[1] for cells in controls} == CONTROLS
    assert {cells[0] for cells in controls} == {DASH}
    assert not CONTROLS & {cells[1] for cells in board.of("ranked")}
    assert [cells[0] for cells in board.of("ranked")] == sorted(cells[0] for cells in board.of("ranked"))


def test_declined_and_failed_detectors_stand_below_every_result_with_their_reason(site: Path, table) -> None:
    for dataset, status in {"night": "crash", "alpha": "timeout", "beta": "memory"}.items():
        board = table(site, f"board-{dataset}")
        assert board.groups == sorted(board.groups, key=["head", "ranked", "control", "missing"].index)
        reasons = {cells[1]: cells[2] for cells in board.of("missing") if len(cells) > 1}
        declined = {"picky": f"declined: {DECLINE}"} if dataset == "night" else {}
        assert reasons == {"fragile": f"{status}: {CRASH}"} | declined


def test_a_reason_with_markup_is_text(pages: dict[Path, Any], site: Path) -> None:
    assert all("src" in a for page in pages.values() for tag, a in page.elements if tag == "script")
    assert "&lt;script&gt;alert(1)" in (site / "detectors" / "fragile.html").read_text(encoding="utf-8")
    assert "<b>three</b>" not in (site / "index.html").read_text(encoding="utf-8")


def test_a_failure_among_results_is_counted_and_told(site: Path, table) -> None:
    assert next(cells for cells in table(site, "board-alpha").of("ranked") if cells[1] == "picky")[8] == "3"
    assert "picky failed in 3 of its trials" in (site / "index.html").read_text(encoding="utf-8")


def test_what_a_detector_says_of_its_maps_is_told(site: Path) -> None:
    told = "median, of one of its sequences: nothing is scored in 1.0-2.0 FWHM"
    assert (site / "index.html").read_text(encoding="utf-8").count(told) == 1


def test_ranks_have_their_interval_and_the_letters_of_their_group(site: Path, store: Store, table, board_of) -> None:
    scores = board_of(store).scores
    own = scores[(scores["dataset"] == "alpha") & scores["rank"].notna()]
    shown = {cells[1]: cells[0] for cells in table(site, "board-alpha").of("ranked")}
    assert shown == {r.detector: f"{r.rank} [{r.rank_low}, {r.rank_high}] {r.group}" for r in own.itertuples()}


def test_flux_bias_is_shown_of_detectors_that_measure_fluxes_only(site: Path, parse) -> None:
    text = (site / "datasets" / "alpha.html").read_text(encoding="utf-8")
    start = text.index("<table", text.index('id="found"'))
    found = parse(text[start : text.index("</table>", start)] + "</table>").of("ranked")
    shown = {cells[1]: cells for cells in found}
    assert shown["pca"][5].endswith("n = 24")
    assert shown["pca(n_components=20)"][5] == DASH
    assert "[" in shown["pca"][4]


def test_a_detector_without_a_map_free_of_companions_has_maps_but_no_result(site: Path, table) -> None:
    text = (site / "detectors" / "fragile.html").read_text(encoding="utf-8")
    assert "No score is a threshold" in text
    assert 'id="maps-beta"' in text
    assert {cells[1]: cells[3] for cells in table(site, "board-beta").of("missing") if len(cells) > 1} == {
        "fragile": "16 / 0"
    }


def test_the_same_store_gives_the_same_bytes(store: Store, site: Path, tmp_path: Path, contents) -> None:
    again = contents(build_site(store, "quick", "1", tmp_path / "again").parent)
    assert again == contents(site)


def test_a_failed_build_leaves_the_old_site_whole(
    store: Store, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contents
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


def test_a_suite_of_which_nothing_came_has_a_site(tmp_path: Path, store: Store, read) -> None:
    lonely = Store(tmp_path / "results")
    shutil.copytree(store.folder / "datasets", lonely.folder / "datasets")
    failed = next(record.key for record in store.read("quick", "1")[1] if record.detector.label == "fragile")
    (lonely.folder / "shards").mkdir()
    shutil.copy(store.folder / "shards" / f"{failed}.parquet", lonely.folder / "shards")
    page = read(build_site(lonely, "quick", "1", tmp_path / "site"))
    assert [cells[1] for cells in page.of("missing") if len(cells) > 1] == ["fragile"]
    assert not page.of("ranked")


def test_the_site_is_small(site: Path, contents) -> None:
    assert sum(len(content) for content in contents(site).values()) < 6e6
