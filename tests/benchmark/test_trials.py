from dataclasses import replace

import numpy as np
import pytest

from algozoo.benchmark.suite import SuiteDataset
from algozoo.benchmark.trials import draw_trials, null_trials
from algozoo.datasets import load_dataset
from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_sum

ONE = SuiteDataset(name="any", injections=1)


@pytest.fixture(scope="module")
def drawn(suite):
    dataset = suite.load(suite.datasets[0])
    null = dataset.null_sequence(0)
    return dataset, null, draw_trials(suite, suite.datasets[0], dataset, 0, null)


def test_trials_are_the_same_every_time_and_differ_between_sequences(suite, drawn):
    dataset, null, trials = drawn
    assert draw_trials(suite, suite.datasets[0], dataset, 0, null) == trials
    other = draw_trials(suite, suite.datasets[0], dataset, 1, null)
    assert not {t.companion for t in other if t.companion} & {t.companion for t in trials if t.companion}


def test_each_sequence_has_its_injections_one_empty_and_one_flipped_map(drawn):
    _, _, trials = drawn
    kinds = [trial.kind for trial in trials]
    assert kinds == ["injected"] * 4 + ["empty", "flipped"]
    assert [trial.annulus for trial in trials] == [0, 0, 1, 1, -1, -1]
    assert [trial.number for trial in trials] == list(range(6))


def test_companions_lie_in_their_annulus_and_contrast_range(suite, drawn):
    dataset, null, _ = drawn
    many = suite.datasets[0].model_copy(update={"injections": 200})
    for trial in draw_trials(suite, many, dataset, 0, null):
        if trial.companion:
            annulus = dataset.manifest.annuli[trial.annulus]
            assert annulus.inner <= trial.companion.separation / null.fwhm <= annulus.outer
            assert annulus.contrast[0] <= trial.companion.contrast <= annulus.contrast[1]


def test_positions_are_real_valued_and_spread_over_all_angles(suite, drawn):
    dataset, null, _ = drawn
    many = suite.datasets[0].model_copy(update={"injections": 200})
    companions = [t.companion for t in draw_trials(suite, many, dataset, 0, null) if t.companion]
    angles = np.array([c.azimuth for c in companions])
    assert np.histogram(angles, 4, (0, 360))[0].min() > 60
    assert not np.any(np.array([c.separation for c in companions]) % 1 == 0)


def test_an_annulus_without_a_valid_place_is_refused(suite, drawn, with_annuli):
    dataset, null, _ = drawn
    with pytest.raises(InputError, match="no valid place"):
        draw_trials(suite, ONE, with_annuli(dataset, (7.2, 7.4, (1e-4, 1e-3))), 0, null)


def test_an_annulus_without_contrasts_is_refused(suite, drawn, with_annuli):
    dataset, null, _ = drawn
    with pytest.raises(InputError, match="2 to 3 FWHM has no range of contrasts; `algozoo datasets calibrate`"):
        draw_trials(suite, ONE, with_annuli(dataset, (2, 3, None)), 0, null)


def test_known_companions_are_kept_clear_of(shared_data, suite, with_annuli):
    dataset = with_annuli(load_dataset("betapic", mirror=shared_data), (3, 4.5, (1e-4, 1e-3)))
    null = dataset.null_sequence(0)
    [known] = dataset.companions(null)
    kx, ky = known.position(null)
    for trial in draw_trials(suite, ONE.model_copy(update={"injections": 100}), dataset, 0, null):
        if trial.companion:
            x, y = trial.companion.position(null)
            assert np.hypot(x - kx, y - ky) > 1.5 * null.fwhm - 1


@pytest.fixture(scope="module")
def night(shared_data):
    dataset = load_dataset("betapic", mirror=shared_data)
    return dataset, dataset.null_sequence(0)


def test_a_real_sequence_is_used_whole_and_in_blocks_with_and_without_companions(suite, night, with_annuli):
    dataset, null = with_annuli(night[0], (3, 4.5, (1e-4, 1e-3))), night[1]
    trials = draw_trials(suite, ONE.model_copy(update={"injections": 8}), dataset, 0, null)
    for kind, times in (("injected", 2), ("empty", 1)):
        blocks = [trial.block for trial in trials if trial.kind == kind]
        assert blocks == [None, "first", "middle", "last"] * times
    assert [trial.number for trial in trials] == list(range(len(trials)))


def test_nothing_but_the_companion_tells_an_injected_block_from_an_empty_one(suite, night):
    dataset, null = night
    trials = draw_trials(suite, ONE.model_copy(update={"injections": 4}), dataset, 0, null)
    injected, empty = (
        next(t for t in trials if t.kind == kind and t.block == "first").sequence(null)
        for kind in ("injected", "empty")
    )
    assert injected.n_frames == empty.n_frames == 49
    assert (injected.name, injected.meta) == (empty.name, empty.meta)
    assert np.array_equal(injected.parallactic_angles, empty.parallactic_angles)


def test_there_is_no_flipped_map_where_a_companion_would_survive_in_it(night):
    dataset, null = night
    assert [(t.kind, t.block) for t in null_trials(dataset, null)] == [
        ("empty", None),
        ("flipped", None),
        ("empty", "first"),
        ("empty", "middle"),
        ("empty", "last"),
    ]
    still = replace(null, parallactic_angles=null.parallactic_angles / 4)
    assert {trial.kind for trial in null_trials(dataset, still)} == {"empty"}


def test_injected_and_empty_sequences_differ_only_by_the_companion(drawn):
    _, null, trials = drawn
    empty, flipped = (next(t for t in trials if t.kind == kind).sequence(null) for kind in ("empty", "flipped"))
    injected = trials[0].sequence(null)
    assert np.array_equal(empty.cube, null.cube)
    assert np.array_equal(flipped.parallactic_angles, -null.parallactic_angles)
    assert (injected.name, injected.meta) == (empty.name, empty.meta)
    assert np.array_equal(injected.parallactic_angles, empty.parallactic_angles)
    assert np.array_equal(injected.psf, empty.psf)
    assert injected.star_flux == empty.star_flux
    companion = trials[0].companion
    rows, columns = np.indices(null.cube.shape[1:])
    for difference, x, y in zip(
        injected.cube - empty.cube, *companion.track(null.centre, null.parallactic_angles), strict=True
    ):
        distance = np.maximum(abs(columns - x), abs(rows - y))
        assert not difference[distance > null.psf.shape[-1] / 2 + 3].any()
        flux = aperture_sum(difference, x, y, null.fwhm / 2)
        assert flux == pytest.approx(companion.contrast * null.star_flux, rel=0.05)
