import numpy as np
import pytest
from matplotlib.image import imread

from algozoo.plots.sequences import SHADES, SKETCH, draw_sequence, sketch


@pytest.fixture
def star(make_sequence):
    """A sequence with a star above and to the right of the middle."""
    y, x = np.mgrid[:41, :41]
    halo = 1e4 * np.exp(-(np.hypot(x - 32, y - 34) ** 2) / 50)
    return make_sequence(cube=np.broadcast_to(10 + halo, (12, 41, 41)))


def test_the_sketch_is_brightest_where_the_sequence_is(star):
    lines = sketch(star).splitlines()
    assert (len(lines), {len(line) for line in lines}) == (SKETCH[0], {SKETCH[1]})
    assert set("".join(lines)) <= set(SHADES)
    full = [(row, column) for row, line in enumerate(lines) for column, shade in enumerate(line) if shade == SHADES[-1]]
    assert full
    assert all(row < 10 and column > 28 for row, column in full)


def test_the_sketch_does_not_depend_on_the_unit(star, make_sequence):
    assert sketch(make_sequence(cube=1e3 * star.cube.astype(float))) == sketch(star)


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_frames_that_are_all_alike_can_be_drawn(make_sequence, tmp_path, value):
    sequence = make_sequence(cube=np.full((3, 41, 41), value), parallactic_angles=[0, 1, 2])
    draw_sequence(sequence, tmp_path / "night.png")
    assert imread(tmp_path / "night.png").std() > 0
    assert len(sketch(sequence).splitlines()) == SKETCH[0]
