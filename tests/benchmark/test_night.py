import numpy as np
import pytest

from algozoo.benchmark.night import Night
from algozoo.companions import Companion
from algozoo.errors import InputError

PLANET = Companion(separation=10, azimuth=100, contrast=1e-3)


def test_a_night_is_a_dataset_of_its_one_sequence(make_sequence):
    sequence = make_sequence(size=61)
    night = Night.of(sequence, [PLANET])
    assert night.n_sequences == 1
    assert night.sequence(0) is sequence
    assert night.companions(sequence) == [PLANET]
    assert night.manifest.pixel_scale == sequence.pixel_scale
    assert night.null_sequence(0).cube.sum() < sequence.cube.sum()


def test_files_of_a_night_are_named_by_what_they_hold(make_sequence):
    first, again, other = (Night.of(make_sequence(size=61, seed=seed), []).manifest.files for seed in (0, 0, 1))
    assert first == again
    assert first.cube != other.cube
    assert first.angles == other.angles


def test_known_companions_are_cut_out_of_the_field(make_sequence):
    sequence = make_sequence(size=61)
    x, y = map(round, PLANET.position(sequence))
    with_it, without = (Night.of(sequence, known).valid_mask(sequence) for known in ([PLANET], []))
    assert without[y, x]
    assert not with_it[y, x]
    assert not np.any(with_it & ~without)


def test_frames_that_are_too_small_are_refused(make_sequence):
    with pytest.raises(InputError, match="expected at least 5"):
        Night.of(make_sequence(size=21), [])


@pytest.mark.parametrize("version", ["algozoo.benchmark.night.TRIALS_VERSION", "algozoo.detectors.pca.PCA.version"])
def test_contrasts_are_calibrated_again_where_a_version_is_another(make_sequence, monkeypatch, version):
    night = Night.of(make_sequence(size=61), [])
    before = night._calibration()
    assert night._calibration() == before
    monkeypatch.setattr(version, "another")
    assert night._calibration() != before
