from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.text import Text

from algozoo.detectors.loci import LOCI
from algozoo.detectors.median import Median
from algozoo.plots.maps import draw_detection, draw_map


def test_why_a_detector_declines_stands_in_its_place(make_sequence):
    figure = Figure()
    sequence = make_sequence(n_frames=1)
    draw_map(figure.subplots(), Median(), sequence, [], sequence.cube[0] < 0)
    assert "at least 2 frames" in figure.axes[0].texts[0].get_text().replace("\n", " ")


def test_a_long_title_is_broken(make_sequence):
    axis, sequence = Figure().subplots(), make_sequence(n_frames=1)
    detector = LOCI(n_segments=8, max_references=20, damping=0.1)
    assert len(detector.label) > 40
    draw_map(axis, detector, sequence, [], sequence.cube[0] < 0)
    assert axis.get_title().replace("\n", " ") == detector.label
    assert max(map(len, axis.get_title().splitlines())) < 36


@pytest.fixture(scope="module")
def night(make_sequence):
    return make_sequence(n_frames=20, north_angle=30.0, name="β Pic $x")


def drawn(night, places):
    table = pd.DataFrame(places, columns=["x_px", "y_px"])
    figure = draw_detection(Median().detect(night), table, night, Median())
    FigureCanvasAgg(figure).draw()
    return figure.axes[0]


def test_the_picture_of_a_map_shows_name_scale_resolution_and_the_sky(night):
    axes = drawn(night, [])
    assert axes.get_title() == "β Pic $x: median"
    assert {text.get_text() for text in axes.texts} == {"N", "E", "FWHM", "0.2 arcsec"}
    [disc] = [patch for patch in axes.patches if isinstance(patch, Circle)]
    assert 2 * disc.radius == pytest.approx(night.fwhm * night.pixel_scale)
    bar = next(line for line in axes.lines if len(line.get_xdata()) == 2)
    assert np.ptp(bar.get_xdata()) == pytest.approx(0.2)


def test_north_is_turned_as_in_the_frames_and_east_is_to_its_left(night):
    texts = {text.get_text(): text for text in drawn(night, []).texts}
    for name, angle in (("N", 30.0), ("E", 120.0)):
        x, y = np.subtract(texts[name].get_position(), texts[name].xy)
        assert np.rad2deg(np.arctan2(-x, y)) == pytest.approx(angle)


def test_an_unknown_north_is_not_drawn(night):
    assert not {"N", "E"} & {text.get_text() for text in drawn(replace(night, north_angle=None), []).texts}


def test_numbers_of_candidates_are_inside_the_map(night):
    last = night.size - 1
    axes = drawn(night, [(0, 0), (last, last), (0, last), (last, 0), (last / 2, 0), (0, last / 2)])
    frame = axes.get_window_extent()
    for text in axes.texts:
        box = Text.get_window_extent(text)
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1, text
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1, text
