import pandas as pd
import pytest
from matplotlib import pyplot as plt

from algozoo.plots.rates import plot_rates


@pytest.fixture
def axes():
    """Draw a curve of one detector, and none of another."""
    curve = {"detector": "pca", "fp_per_map": [0.1, 1, 10], "tpr": [0.2, 0.5, 0.9]}
    curves = pd.DataFrame(curve | {"tpr_low": [0.1, 0.4, 0.8], "tpr_high": [0.3, 0.6, 1.0]})
    yield plot_rates(curves, ["pca", "loci"], "A night").axes[0]
    plt.close("all")


def test_a_curve_is_drawn_through_its_points_within_its_band(axes):
    assert axes.lines[0].get_xydata().tolist() == [[0.1, 0.2], [1, 0.5], [10, 0.9]]
    edges = {tuple(point) for point in axes.collections[0].get_paths()[0].vertices.round(9).tolist()}
    assert {(0.1, 0.1), (0.1, 0.3), (10, 0.8), (10, 1.0)} <= edges


def test_a_detector_without_a_curve_is_in_the_legend(axes):
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["pca", "loci (no result)"]
