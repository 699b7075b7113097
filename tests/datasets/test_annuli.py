from dataclasses import replace

import pytest

from algozoo.datasets import load_dataset
from algozoo.datasets.annuli import Statistics, TrialAnnulus, measure
from algozoo.errors import AlgoZooError


@pytest.fixture(scope="module")
def tiny():
    return load_dataset("tiny")


def test_simulated_data_are_held_against_the_statistics_in_their_manifest(tiny):
    assert tiny.check() is not None
    pinned = tiny.manifest.statistics
    for field, value in (("fwhm", 1.03 * pinned.fwhm), ("noise", tuple(1.03 * noise for noise in pinned.noise))):
        other = tiny.manifest.model_copy(update={"statistics": pinned.model_copy(update={field: value})})
        with pytest.raises(AlgoZooError, match=f"tiny: {field} of the first sequence is"):
            replace(tiny, manifest=other).check()


def test_another_seed_is_noticed(tiny):
    other = tiny.manifest.model_copy(update={"seed": 5})
    with pytest.raises(AlgoZooError, match="differs from that of this version of the dataset"):
        replace(tiny, manifest=other).check()


def test_statistics_do_not_depend_on_the_unit_of_the_cube(make_sequence):
    sequence = make_sequence(size=41)
    brighter = replace(sequence, cube=8 * sequence.cube, star_flux=8 * sequence.star_flux)
    annuli = (TrialAnnulus(inner=1.0, outer=3.0),)
    assert measure(brighter, annuli) == measure(sequence, annuli)


def test_statistics_of_white_noise_are_those_of_white_noise(make_sequence):
    sequence = make_sequence(n_frames=200, noise=2.0, size=61)
    found = measure(sequence, (TrialAnnulus(inner=1.0, outer=6.0),))
    assert isinstance(found, Statistics)
    assert found.noise[0] == pytest.approx(2.0 / 1000, rel=0.02)
    assert abs(found.halo[0]) < 1e-5 * 2
    assert found.field_rotation == pytest.approx(60)
