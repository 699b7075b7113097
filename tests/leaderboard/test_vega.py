import json
import re

import altair as alt
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from algozoo.leaderboard.vega import GREY, N_COLOURED, downloads, layered, script, static_svg, styles_of


def bars(values: list[float]) -> dict[str, object]:
    rows = [{"name": f"n{number}", "value": value} for number, value in enumerate(values)]
    chart = alt.Chart(alt.NamedData("rows")).mark_bar(clip=True).encode(alt.X("value:Q"), alt.Y("name:N"))
    return layered([chart], {"rows": rows}, (200, 100))


@given(st.integers(0, 30), st.integers(0, 3))
def test_no_two_ranked_detectors_look_alike_and_controls_are_grey(n_ranked, n_controls):
    labels = [f"d{number}" for number in range(n_ranked)] + [f"c{number}" for number in range(n_controls)]
    control = [label.startswith("c") for label in labels]
    styles = styles_of(pd.DataFrame({"detector": labels, "control": control, "partial_auc": 0.5}))
    assert list(styles) == labels
    ranked = [(styles[label].colour, *styles[label].dash) for label in labels[:n_ranked]]
    assert len(set(ranked)) == n_ranked
    assert all((styles[label].colour == GREY) == label.startswith("c") for label in labels)
    assert sum(styles[label].shown for label in labels) == min(n_ranked, N_COLOURED) + n_controls


def test_a_script_holds_each_table_of_numbers_once():
    text = script({"first": bars([1, 2]), "second": bars([1, 2]), "third": bars([3])})
    [tables] = re.findall(r"const datasets = (.*);", text)
    assert [len(table["rows"]) for table in json.loads(tables)] == [2, 1]
    assert re.findall(r"datasets\[(\d)\]", text) == ["0", "0", "1"]


def test_ids_of_two_figures_on_a_page_differ():
    ids = [set(re.findall(r' id="([^"]+)"', static_svg(bars([1, 2]), name))) for name in ("first", "second")]
    assert all(ids)
    assert not ids[0] & ids[1]


def test_the_same_figure_gives_the_same_files():
    first, again = (downloads(static_svg(bars([1, 2]), "bars")) for _ in range(2))
    assert first == again
    assert (first["pdf"][:4], first["png"][1:4], first["svg"][:4]) == (b"%PDF", b"PNG", b"<svg")
