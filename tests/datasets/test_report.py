import numpy as np
import pytest

from algozoo.datasets import read

N_FRAMES, SIZE = 12, 61


@pytest.fixture
def reported(write, kept):
    """Write a sequence, read it, and return the report in one text."""

    def reported(parts, **how):
        files = {part: path for part, path in write(parts).items() if part != "pixel_scale"}
        read(**files, **{"pixel_scale": 0.02, "report": kept} | how)
        return kept.text

    return reported


def test_what_was_found_is_reported_in_plain_words(parts, reported):
    parts["cube"][3] = parts["cube"][1]
    text = reported(parts)
    for line in (
        "shape: 12 frames of 61x61 px",
        "star, by the symmetry of its halo: at x = 30.0",
        "FWHM of the PSF: 4.0",
        "units: cube not stated, psf not stated; the PSF is taken for the star",
        "duplicated frames: 1 and 3; frames unlike the others: none",
        "empty frames: none; saturated: none; NaN: none",
        "field rotation: 60.0 deg, 2.1 FWHM at 2 FWHM from the star; no source is bright enough",
    ):
        assert line in text


def duplicate(parts):
    parts["cube"][3] = parts["cube"][1]


def clip(parts):
    parts["cube"] = np.minimum(parts["cube"], 400)


def jump(parts):
    parts["angles"] = np.linspace(330, 390, N_FRAMES) % 360


def stand_still(parts):
    parts["angles"] = np.linspace(10, 20, N_FRAMES)


def cut_off(parts):
    parts["cube"][:, :2] = 0


def darken(parts):
    parts["cube"][7] = 0


def shake(parts):
    parts["cube"][5] = np.roll(parts["cube"][5], 6, axis=1)


def widen(parts):
    parts["psf"] = parts["psf"] + 3e4


def flatten(parts):
    parts["psf"] = np.minimum(parts["psf"], 0.6 * parts["psf"].max())


def repeat(parts):
    parts["psf"] = np.stack([parts["psf"], 1.1 * parts["psf"]])


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
        (stand_still, "the field turns by 10.0 deg only: at 2 FWHM a companion moves by 0.35 FWHM"),
        (reverse, "the angles seem to have the wrong sign, which smears companions: the brightest source has"),
        (cut_off, "122 pixels have no data"),
        (darken, "frame 7 is empty: "),
        (shake, "frame 5 is unlike the others"),
        (widen, "a background of 3e+04 per pixel, "),
        (flatten, "the PSF is clipped: "),
        (repeat, "the PSF is the mean of 2 exposures; the star's flux differs by 9.5% between them: the contrasts"),
    ],
)
def test_a_flaw_is_reported_with_what_it_does_to_results(parts, spoil, expected, reported):
    spoil(parts)
    assert f"Warning: {expected}" in reported(parts) or f"psf.fits: {expected}" in reported(parts)


def test_both_numbers_stand_in_the_warning_of_reversed_angles(parts, reported):
    reverse(parts)
    given, other = (
        float(word)
        for word in reported(parts)
        .rpartition("the brightest source has ")[2]
        .replace(" sigma with these angles,", "")
        .split()[:2]
    )
    assert other > given + 1.5


@pytest.mark.parametrize(("flux", "warned"), [(1e6, False), (100.0, True)])
def test_a_stated_flux_that_contradicts_the_frames_is_a_warning(parts, reported, flux, warned):
    assert ("contrasts are too large" in reported(parts, star_flux=flux)) == warned
