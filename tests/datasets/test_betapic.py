from pathlib import Path

import numpy as np
import pytest

from algozoo.datasets import Dataset, load_dataset
from algozoo.imaging.lowrank import leading_components
from algozoo.imaging.psf import locate
from algozoo.imaging.rotate import derotate
from algozoo.imaging.snr import snr_at
from algozoo.sequence import ADISequence


@pytest.fixture(scope="module")
def betapic(shared_data: Path) -> Dataset:
    return load_dataset("betapic", mirror=shared_data)


def residuals(sequence: ADISequence, n_components: int) -> np.ndarray:
    frames = sequence.cube.reshape(sequence.n_frames, -1).astype(float)
    frames -= frames.mean(axis=0)
    components = leading_components(frames, n_components)
    return (frames - frames @ components.T @ components).reshape(sequence.cube.shape)


def image(sequence: ADISequence, n_components: int = 10) -> np.ndarray:
    return derotate(residuals(sequence, n_components), sequence.parallactic_angles).mean(axis=0)


def test_the_sequence_is_the_published_one(betapic: Dataset) -> None:
    sequence = betapic.sequence(0)
    assert sequence.cube.shape == (61, 99, 99)
    assert sequence.fwhm == pytest.approx(4.55, abs=0.05)
    assert sequence.field_rotation == pytest.approx(81.4, abs=0.1)


def test_the_planet_is_where_the_manifest_says(betapic: Dataset) -> None:
    sequence = betapic.sequence(0)
    (planet,) = betapic.companions(sequence)
    x, y = planet.position(sequence)
    residual = image(sequence)
    rows, columns = np.mgrid[: sequence.size, : sequence.size] - sequence.centre
    outside = np.hypot(rows, columns) > 1.5 * sequence.fwhm
    row, column = np.unravel_index(np.argmax(np.where(outside, residual, -np.inf)), residual.shape)
    assert np.hypot(column - x, row - y) < 1.5
    assert np.hypot(*np.subtract(locate(residual, x, y, sequence.fwhm), (x, y))) < 0.5
    assert snr_at(residual, x, y, sequence.fwhm) > 8
    separation, position_angle = planet.to_sky(sequence)
    assert separation == pytest.approx(0.452, abs=0.01)
    assert position_angle == pytest.approx(211.2, abs=1)


@pytest.mark.parametrize("n_components", [5, 10, 20])
def test_removal_leaves_nothing_of_the_planet(betapic: Dataset, n_components: int) -> None:
    null = betapic.null_sequence(0)
    (planet,) = betapic.companions(null)
    before, after = image(betapic.sequence(0), n_components), image(null, n_components)
    x, y = planet.position(null)
    rows, columns = np.mgrid[: null.size, : null.size]
    here = np.hypot(columns - x, rows - y) < null.fwhm
    separation = np.hypot(columns - null.centre, rows - null.centre)
    elsewhere = (abs(separation - planet.separation) < null.fwhm / 2) & ~here
    assert abs(snr_at(after, x, y, null.fwhm)) < 2
    assert np.sum(after[here] ** 2) < 0.05 * np.sum(before[here] ** 2)
    assert after[here].std() < 1.2 * after[elsewhere].std()


def test_the_flipped_mask_leaves_out_the_smeared_planet(betapic: Dataset) -> None:
    sequence, null = betapic.sequence(0), betapic.null_sequence(0)
    planet = np.abs(derotate(sequence.cube - null.cube, -sequence.parallactic_angles)).max(axis=0)
    bright = planet > 0.25 * planet.max()
    assert not (bright & betapic.valid_mask(sequence, flipped=True)).any()
    assert (bright & betapic.valid_mask(sequence)).any()
