import numpy as np
import pytest

from algozoo.datasets.nulls import FRAME_BLOCKS, flip_arc, flip_refusal, frame_block


def rotating(make_sequence, rotation: float, n_frames: int = 10):
    return make_sequence(parallactic_angles=np.linspace(0, rotation, n_frames), n_frames=n_frames)


def test_the_flipped_twin_smears_along_twice_the_rotation(make_sequence):
    assert flip_arc(rotating(make_sequence, 90), 2.0) == pytest.approx(2 * np.pi)


@pytest.mark.parametrize(("rotation", "inner", "allowed"), [(90, 1.0, True), (80, 1.0, False), (30, 3.0, True)])
def test_the_flipped_twin_is_a_null_where_the_arc_is_three_fwhm(make_sequence, rotation, inner, allowed):
    reason = flip_refusal(rotating(make_sequence, rotation), inner)
    assert (reason is None) == allowed
    if reason:
        assert f"turned by {rotation}.0 deg only" in reason
        assert "smeared along 2.8 FWHM" in reason
        assert "from 1.07 FWHM on" in reason


def test_a_field_that_does_not_turn_has_no_flipped_null(make_sequence):
    assert "smeared along 0.0 FWHM" in flip_refusal(rotating(make_sequence, 0), 1.0)


def test_angles_that_jump_by_a_turn_do_not_count_as_rotation(make_sequence):
    sequence = make_sequence(parallactic_angles=np.array([358.0, 359.0, 0.0, 1.0]), n_frames=4)
    assert flip_refusal(sequence, 3.0) is not None


@pytest.mark.parametrize("n_frames", [1, 5, 61])
def test_frame_blocks_are_contiguous_parts_of_the_sequence(make_sequence, n_frames):
    sequence = rotating(make_sequence, 60, n_frames)
    starts = []
    for block in FRAME_BLOCKS:
        part = frame_block(sequence, block)
        assert part.n_frames == max(round(0.8 * n_frames), 1)
        start = int(np.argmax(np.isin(sequence.parallactic_angles, part.parallactic_angles)))
        assert np.array_equal(part.cube, sequence.cube[start : start + part.n_frames])
        assert np.array_equal(part.parallactic_angles, sequence.parallactic_angles[start : start + part.n_frames])
        assert part.meta["frame_block"] == block
        starts.append(start)
    assert starts == sorted(starts)
    assert starts[0] == 0
    assert starts[-1] + part.n_frames == n_frames


def test_frame_blocks_keep_all_wavelengths(make_sequence):
    flat = rotating(make_sequence, 60)
    sequence = make_sequence(
        cube=np.stack([flat.cube, flat.cube]),
        psf=np.stack([flat.psf, flat.psf]),
        wavelengths=np.array([1.0, 1.1]),
        parallactic_angles=flat.parallactic_angles,
    )
    assert frame_block(sequence, "last").cube.shape == (2, 8, 41, 41)
