"""Sequences for annular detectors, and what these do, written as plain loops."""

import numpy as np
import pytest

from algozoo.detectors.library import library_frames


@pytest.fixture(params=["own", "reference", "both"])
def source(request):
    """Where the frames come from that a detector subtracts: its parameter `library`."""
    return request.param


@pytest.fixture(scope="session")
def with_halo(make_sequence):
    """Make a star with a halo that breathes: something for a model to catch."""

    def make(**fields):
        sequence = make_sequence(**fields)
        halo = 300 / (1 + np.hypot(*(np.mgrid[: sequence.size, : sequence.size] - sequence.centre)))
        strength = 1 + 0.1 * np.random.default_rng(1).standard_normal(sequence.n_frames)
        return make_sequence(**fields | {"cube": sequence.cube + strength[:, None, None] * halo})

    return make


@pytest.fixture(scope="session")
def library():
    """Return the own frames, and those of the reference star if asked for."""

    def library(detector, sequence):
        own = sequence.cube.astype(float)
        return own if detector.library == "own" else np.concatenate([own, library_frames(sequence, "reference")])

    return library


@pytest.fixture(scope="session")
def patches(library):
    """Yield boolean masks (subtracted, optimised on) and references, written as one would explain them."""

    def patches(detector, sequence, zone_width=1.0):
        others = range(sequence.n_frames, len(library(detector, sequence)))
        size, width = sequence.size, detector.annulus_width * sequence.fwhm
        y, x = np.mgrid[:size, :size] - sequence.centre
        separation, azimuth = np.hypot(x, y), np.rad2deg(np.arctan2(y, x)) % 360
        edge = size / 2 + np.sqrt(0.5)
        number = round(edge / width)
        angles = sequence.parallactic_angles
        for k in range(number):
            inner, outer = k * width, edge if k == number - 1 else (k + 1) * width
            wide = inner + zone_width * (outer - inner)
            displacement = np.interp(k, [0, number - 1], detector.rotation)
            threshold = np.rad2deg(2 * np.arctan(displacement * sequence.fwhm / (inner + outer)))
            references = []
            for t in range(len(angles)):
                far = [s for s in range(len(angles)) if s != t and abs(angles[s] - angles[t]) >= threshold]
                nearest = sorted(far, key=lambda s: abs(angles[s] - angles[t]))[: detector.max_references]
                references.append([*([] if detector.library == "reference" else nearest), *others])
            for segment in range(detector.n_segments):
                sector = np.floor(azimuth / 360 * detector.n_segments) == segment
                annulus, zone = ((inner <= separation) & (separation < r) for r in (outer, wide))
                yield annulus & sector, zone & sector, references

    return patches
