"""The pages in a browser, from disk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, site: Path) -> Iterator[Any]:
    contexts = []

    def open_page(name: str = "index.html", **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []  # type: ignore[attr-defined]
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("requestfailed", lambda request: page.complaints.append(request.url))
        page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else page.complaints.append(r.url))
        page.goto((site / name).as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def drawn(page: Page) -> Page:
    page.wait_for_selector("[data-chart=alpha-froc] .role-legend-label text[role=button]")
    return page


def curve_opacity(page: Page, detector: str) -> float:
    script = """(name) => [...document.querySelectorAll('[data-chart=alpha-froc] .mark-line path')]
        .filter((path) => path.__data__.datum.detector === name)
        .map((path) => parseFloat(path.getAttribute('stroke-opacity') ?? 1))[0]"""
    return float(page.evaluate(script, detector))


def detectors(page: Page, table: str = "board-alpha", group: str = "ranked") -> list[str]:
    return page.locator(f"#{table} tbody.{group} tr:not(.group) .name").all_inner_texts()


@pytest.mark.parametrize("name", ["index.html", "about.html", "datasets/night.html", "detectors/pca.html"])
def test_a_page_asks_for_nothing_outside_and_the_console_stays_empty(open_page: Any, name: str) -> None:
    page = open_page(name)
    page.wait_for_load_state("networkidle")
    if name == "index.html":
        drawn(page)
    assert page.complaints == []


def test_a_curve_is_hidden_and_shown_again_by_a_click_on_its_name(open_page: Any) -> None:
    page = drawn(open_page())
    name = page.locator("[data-chart=alpha-froc] .role-legend-label text", has_text="median")
    assert curve_opacity(page, "median") == 1
    name.click()
    page.wait_for_function("document.querySelector('[aria-pressed=false]')")
    assert curve_opacity(page, "median") < 0.5
    assert curve_opacity(page, "pca") == 1
    name.click()
    assert curve_opacity(page, "median") == 1
    assert page.complaints == []


def test_a_curve_is_hidden_by_the_keyboard(open_page: Any) -> None:
    page = drawn(open_page())
    name = page.locator("[data-chart=alpha-froc] .role-legend-label text", has_text="median")
    name.focus()
    page.keyboard.press("Enter")
    assert curve_opacity(page, "median") < 0.5
    assert name.get_attribute("aria-pressed") == "false"


def test_a_point_tells_its_numbers(open_page: Any) -> None:
    page = drawn(open_page())
    page.locator("[data-chart=alpha-froc] .mark-symbol.role-mark path").last.hover(force=True)
    page.wait_for_selector("#vg-tooltip-element.visible")
    told = page.locator("#vg-tooltip-element").inner_text()
    for fact in ("Detector", "True-positive rate", "False positives per map", "24 injected, 6 empty"):
        assert fact in told


def test_without_scripts_the_figures_and_the_whole_board_are_there(open_page: Any) -> None:
    page = open_page(java_script_enabled=False)
    figure = page.locator("[data-chart=alpha-froc] svg")
    assert figure.is_visible()
    assert page.locator("[data-chart=alpha-froc] .mark-line path").count() == 7
    assert detectors(page)[0] == "pca"
    assert page.locator("th button").count() == 0


def test_a_column_is_sorted_by_the_keyboard_within_its_group(open_page: Any) -> None:
    page = open_page()
    before = detectors(page)
    page.locator("#board-alpha th button", has_text="Partial AUC").focus()
    page.keyboard.press("Enter")
    assert detectors(page) == before[::-1]
    assert page.locator("#board-alpha th[aria-sort]").all_inner_texts() == ["Partial AUC"]
    assert page.locator("#board-alpha th[aria-sort=ascending]").count() == 1
    page.keyboard.press("Space")
    assert detectors(page) == before
    assert page.locator("#board-alpha th[aria-sort=descending]").count() == 1
    groups = page.locator("#board-alpha tbody").evaluate_all("bodies => bodies.map((body) => body.className)")
    assert groups == ["ranked", "control", "missing"]


def test_the_first_key_leads_to_the_content(open_page: Any) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


LUMINANCE = """(selector) => {
  const parse = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((v) => {
    const c = v / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const luminance = (colour) => parse(colour).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const page = luminance(getComputedStyle(document.body).backgroundColor);
  const element = document.querySelector(selector);
  const style = getComputedStyle(element);
  const ink = luminance(element instanceof SVGElement ? style.fill : style.color);
  return (Math.max(page, ink) + 0.05) / (Math.min(page, ink) + 0.05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_light_and_in_dark(open_page: Any, scheme: str) -> None:
    page = drawn(open_page(color_scheme=scheme))
    for selector in ("main p", "main a", "caption", ".control td", ".interval", ".role-axis-label text", ".reason"):
        assert page.evaluate(LUMINANCE, selector) >= 4.5, selector
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")


@pytest.mark.parametrize("name", ["index.html", "datasets/night.html", "detectors/pca.html", "about.html"])
def test_a_narrow_page_does_not_scroll_sideways(open_page: Any, name: str) -> None:
    page = open_page(name, viewport={"width": 360, "height": 740})
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
