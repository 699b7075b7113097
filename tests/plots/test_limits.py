import numpy as np
import pandas as pd
import pytest

from algozoo.plots.limits import draw_limits

TABLE = pd.DataFrame(
    {
        "separation_arcsec": [0.2, 0.4],
        "contrast_student": [1e-3, 1e-4],
        "contrast_50": [2e-3, np.nan],
        "low_50": [1e-3, 3e-4],
        "high_50": [np.inf, np.inf],
        "contrast_95": [4e-3, 5e-4],
        "low_95": [3e-3, 4e-4],
        "high_95": [6e-3, 7e-4],
    }
)
CLOSURE = pd.DataFrame({"separation": [2.5, 5.0], "contrast": [1e-3, 1e-4], "closes": ["no", "yes"]})


@pytest.fixture
def sequence(make_sequence):
    return make_sequence(fwhm=4.0)


@pytest.fixture
def axes(sequence):
    return draw_limits(TABLE, CLOSURE, sequence, "pca").axes[0]


def points(axes, marker):
    return [line.get_xydata().tolist() for line in axes.lines if line.get_marker() == marker and len(line.get_xdata())]


def test_a_claim_that_does_not_close_is_crossed_out_where_it_stands(axes):
    assert points(axes, "x") == [[[pytest.approx(0.2), 1e-3]]]


def test_limits_without_an_upper_end_have_an_arrow(axes):
    """Open on the contrast that is known, full on the lowest that is not reached."""
    assert points(axes, "^") == [[[0.2, 2e-3]], [[0.4, 3e-4]]]


def test_a_detector_without_classical_limits_has_the_others(sequence):
    labels = draw_limits(TABLE.drop(columns="contrast_student"), CLOSURE, sequence, "pca").axes[0].get_legend()
    told = [text.get_text() for text in labels.get_texts()]
    assert not any("sigma" in text for text in told)
    assert any(text.startswith("50 % found") for text in told)


def test_a_long_name_of_a_file_is_broken_over_the_figure(make_sequence):
    name = "β Pic $ " * 20
    title = draw_limits(TABLE, CLOSURE, make_sequence(name=name), "pca").axes[0].get_title()
    assert " ".join(title.split()) == f"{' '.join(name.split())} : pca"
    assert max(map(len, title.splitlines())) <= 70
