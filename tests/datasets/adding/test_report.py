import numpy as np
import pytest

from algozoo.datasets.adding.report import describe, look

N_FRAMES, SIZE = 12, 61


def test_what_was_found_is_told_in_plain_words(parts, write):
    parts["cube"][3] = parts["cube"][1]
    files = write(parts)
    told = "\n".join(describe(files, look(files)))
    assert "shape: 12 frames of 61x61 px" in told
    assert "star, by the symmetry of its halo: at x = 30.0" in told
    assert "FWHM of the PSF: 4.0" in told
    assert "duplicated frames: 1 and 3" in told


def duplicate(parts):
    parts["cube"][3] = parts["cube"][1]


def clip(parts):
    parts["cube"] = np.minimum(parts["cube"], 400)


def jump(parts):
    parts["angles"] = np.linspace(330, 390, N_FRAMES) % 360


def stand_still(parts):
    parts["angles"] = np.linspace(10, 20, N_FRAMES)


def reverse(parts):
    column, row = 30 + 20 * np.cos(np.deg2rad(parts["angles"])), 30 + 20 * np.sin(np.deg2rad(parts["angles"]))
    rows, columns = np.mgrid[:SIZE, :SIZE]
    distance = np.hypot(columns - column[:, None, None], rows - row[:, None, None])
    parts["cube"] += 12 * np.exp(-4 * np.log(2) * (distance / 4) ** 2)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (duplicate, "equal frames: 1 and 3: they count twice"),
        (clip, "clipped pixels in 12 frames, 0, 1, 2, 3, 4, ...: speckles there do not follow"),
        (jump, "the angle jumps by more than half a turn before frame 6: taken for rotation"),
        (stand_still, "turns by 10.0 deg only: at 2 FWHM a companion moves by 0.35 FWHM"),
        (reverse, "the angles seem to have the wrong sign"),
    ],
)
def test_a_flaw_is_told_with_what_it_does_to_results(parts, write, spoil, expected, warned):
    spoil(parts)
    assert expected in warned(write(parts))


def test_a_star_off_the_centre_is_told(off_centre, write, warned):
    assert "px off the centre: derotation about the centre would smear companions" in warned(write(off_centre))
