from matplotlib.figure import Figure

from algozoo.detectors.loci import LOCI
from algozoo.detectors.median import Median
from algozoo.plots.maps import draw_map


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
