import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from algozoo.companions import Companion, inject
from algozoo.detectors.supervised.residuals import annular_residuals, normalised, patch_size
from algozoo.errors import InputError

N_LEVELS, PATCH = 6, 9
OFFSETS = np.arange(PATCH) - PATCH // 2


def plain_patch(sequence, ring, x, y):
    """Do it step by step: the residual frames of each level, each interpolated where its points are, and their mean."""
    frames = sequence.cube.astype(float) - sequence.cube.mean(axis=0, dtype=float)
    left = np.linalg.svd(frames[:, ring.modelled], full_matrices=False)[0]
    patches = []
    for k in ring.levels:
        residual = frames - np.tensordot(left[:, :k] @ left[:, :k].T, frames, 1)
        turned = []
        for frame, angle in zip(residual, np.deg2rad(sequence.parallactic_angles), strict=True):
            columns = sequence.centre + x * np.cos(angle) + y * np.sin(angle)
            rows = sequence.centre - x * np.sin(angle) + y * np.cos(angle)
            turned.append(map_coordinates(frame, (rows, columns), order=1, mode="nearest"))
        patches.append(np.mean(turned, axis=0))
    return np.array(patches)


@pytest.mark.parametrize("number", [0, 1, 3])
@pytest.mark.parametrize("contrast", [0.0, 0.02, 0.3])
def test_injected_patch_is_that_of_an_injection_and_a_new_model(drifting, number, contrast):
    ring = annular_residuals(drifting, N_LEVELS, PATCH)[number]
    companion = Companion(separation=ring.annulus.centre, azimuth=130 + 50 * number, contrast=contrast)
    [fast] = ring.injected(companion, [contrast], (0.3, -0.4), 25)
    sequence = inject(drifting, [companion])
    x, y = np.subtract(companion.position(sequence), sequence.centre)
    grid_x, grid_y = np.meshgrid(OFFSETS, OFFSETS)
    cosine, sine = np.cos(np.deg2rad(25)), np.sin(np.deg2rad(25))
    at = x - 0.3 + grid_x * cosine + grid_y * sine, y + 0.4 - grid_x * sine + grid_y * cosine
    slow = plain_patch(sequence, annular_residuals(sequence, N_LEVELS, PATCH)[number], *at)
    assert abs(fast - slow).max() <= 1e-5 * abs(slow).max()


@pytest.mark.parametrize("number", [0, 1, -1])
def test_an_image_is_that_of_the_plain_way_beyond_the_edge_of_the_frame_too(drifting, number):
    ring = annular_residuals(drifting, N_LEVELS, PATCH)[number]
    x, y = ring.sky(*np.divmod(ring.near, drifting.size), 33, 2.5, -2.5)
    assert (max(abs(x).max(), abs(y).max()) > 21) == (number == -1)
    slow = plain_patch(drifting, ring, x, y)
    assert abs(ring.at(x, y) - slow).max() <= 1e-5 * abs(slow).max()


@given(st.floats(0, 360), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_a_turned_image_shows_the_same_sky(drifting, turn, dx, dy):
    ring = annular_residuals(drifting, N_LEVELS, PATCH)[1]
    image = ring.image(turn, dx, dy).reshape(N_LEVELS, -1)[:, ring.pixels]
    x, y = ring.sky(*np.divmod(ring.pixels, drifting.size), turn, dx, dy)
    assert np.allclose(image, ring.at(x, y))
    undone = np.exp(1j * np.deg2rad(turn)) * (x + 1j * y)
    rows, columns = np.divmod(ring.pixels, drifting.size)
    assert np.allclose(undone, columns - 20 - dx + 1j * (rows - 20 - dy))


def test_patches_of_labelling_and_of_prediction_are_the_same(drifting):
    """A companion in the middle of a pixel gives the same patch in either way."""
    companion = Companion(separation=9, azimuth=0, contrast=0.05)
    [labelled] = annular_residuals(drifting, N_LEVELS, PATCH)[1].injected(companion, [0.05])
    ring = annular_residuals(inject(drifting, [companion]), N_LEVELS, PATCH)[1]
    [predicted] = ring.patches(ring.image(), np.array([20 * 41 + 29]))
    assert np.allclose(labelled, predicted, atol=1e-5 * abs(predicted).max())


def test_every_pixel_between_one_fwhm_and_the_edge_is_in_one_annulus(drifting):
    rings = annular_residuals(drifting, N_LEVELS, PATCH)
    found = np.concatenate([ring.pixels for ring in rings])
    y, x = np.mgrid[:41, :41] - 20
    separation = np.hypot(x, y).ravel()
    field = (separation >= drifting.fwhm) & (separation <= (41 - drifting.fwhm) / 2)
    assert np.array_equal(np.sort(found), np.flatnonzero(field))


def test_a_constant_background_changes_nothing(make_sequence, drifting):
    brighter = make_sequence(cube=drifting.cube + 1000.0, parallactic_angles=drifting.parallactic_angles)
    x, y = np.array([8.0, 3.0]), np.array([2.5, -9.0])
    first, second = (annular_residuals(s, N_LEVELS, PATCH)[1].at(x, y) for s in (drifting, brighter))
    assert np.allclose(first, second, atol=1e-3 * abs(first).max())


@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_normalised_samples_do_not_depend_on_the_unit(seed, unit, zero):
    patches = np.random.default_rng(seed).standard_normal((3, 4, 5, 5))
    noise = np.arange(1.0, 5)
    for how in ("slice", "sample"):
        scaled = normalised(patches, how, noise)
        assert scaled.min() == 0
        assert scaled.max() == 1
        assert np.allclose(normalised(unit * (patches + zero), how, noise), scaled, atol=1e-4)
    assert np.allclose(normalised(unit * patches, "noise", unit * noise), normalised(patches, "noise", noise))


def test_constant_slices_become_zero_in_every_normalisation():
    for how in ("slice", "sample"):
        assert not normalised(np.full((2, 3, 5, 5), 7.0), how, np.ones(3)).any()
    assert not normalised(np.zeros((2, 3, 5, 5)), "noise", np.zeros(3)).any()


def test_patches_are_odd_and_two_fwhm_wide():
    assert [patch_size(fwhm) for fwhm in (2.0, 3.45, 4.0, 4.51, 4.8)] == [5, 7, 9, 11, 11]
    assert patch_size(4.8, 1.5) == 9


def test_an_annulus_too_thin_for_its_components_is_refused(make_sequence):
    ring = annular_residuals(make_sequence(n_frames=900), 800, 3)[0]
    with pytest.raises(InputError, match=r"no more than the 800 components .* too thin for patches of 3 px"):
        _ = ring.products


def test_there_may_be_more_frames_than_pixels(make_sequence):
    sequence = make_sequence(n_frames=900, parallactic_angles=np.linspace(0, 60, 900))
    ring = annular_residuals(sequence, N_LEVELS, 3)[0]
    assert ring.modelled.sum() < 900
    pixel = ring.pixels[5:6]
    y, x = np.divmod(pixel, 41) - np.array([[20], [20]])
    grid_x, grid_y = np.meshgrid([-1, 0, 1], [-1, 0, 1])
    expected = plain_patch(sequence, ring, x + grid_x, y + grid_y)
    assert np.allclose(ring.patches(ring.image(), pixel)[0], expected, rtol=1e-5, atol=1e-8)


def test_a_patch_wider_than_the_frame_is_refused(make_sequence):
    with pytest.raises(InputError, match="patches of 43 px do not fit in frames of 41 px"):
        _ = annular_residuals(make_sequence(), N_LEVELS, 43)[0].products
