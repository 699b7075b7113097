from pathlib import Path

import numpy as np
import pytest

from algozoo.benchmark.calibrate import Calibrator, baseline
from algozoo.benchmark.trials import draw_place
from algozoo.companions import Companion, inject
from algozoo.datasets import frame_block, load_dataset
from algozoo.errors import AlgoZooError, InputError
from algozoo.scoring import find_candidates, match, threshold_at


@pytest.fixture(scope="module")
def manifest(tmp_path_factory) -> Path:
    """Write the manifest of three short sequences with one annulus."""
    text = (Path(__file__).parents[2] / "datasets" / "tiny.toml").read_text().partition("[calibration]")[0]
    head, _, rest = text.partition("annuli = [")
    text = head + "annuli = [{ inner = 3.0, outer = 5.0 }]  # ours\n" + rest.partition("\n]\n")[2]
    for old, new in (
        ('"tiny"', '"short"'),
        ("n_sequences = 10", "n_sequences = 3"),
        ("n_frames = 25", "n_frames = 14"),
    ):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path_factory.mktemp("calibrate") / "short.toml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def campaign(manifest) -> Calibrator:
    campaign = Calibrator(load_dataset(manifest), n_companions=30)
    assert len(list(campaign.run())) == campaign.n_steps == 6
    return campaign


@pytest.mark.slow
def test_the_baseline_finds_few_companions_at_one_end_of_the_range_and_nearly_all_at_the_other(campaign):
    """Of 30 fresh ones, 5 % and 95 % detection give at most 6 and at least 24 with a probability of 99.9 %."""
    [ends] = campaign.contrasts
    dataset = campaign.dataset
    null = dataset.null_sequence(0)
    maps = [trial for index in range(3) for trial in null_scores(dataset, index)]
    threshold = threshold_at(np.concatenate(maps), len(maps), 1)
    rng = np.random.default_rng(1)
    found = np.zeros(2, dtype=int)
    places = 0
    while places < 30:
        null = dataset.null_sequence(places % 3)
        separation, angle = draw_place(dataset.manifest.annuli[0], null, dataset.valid_mask(null), rng)
        companions = [Companion(separation=separation, azimuth=angle, contrast=c) for c in (0.0, *ends)]
        by_chance, *hits = (is_found(dataset, null, companion, threshold) for companion in companions)
        if not by_chance:
            places += 1
            found += hits
    assert found[0] <= 6
    assert found[1] >= 24


def null_scores(dataset, index):
    null = dataset.null_sequence(index)
    for flipped in (False, True):
        scores = baseline(null).detect(null.flipped() if flipped else null).scores
        yield find_candidates(scores, fwhm=null.fwhm, valid=dataset.valid_mask(null, flipped=flipped)).score


def is_found(dataset, null, companion, threshold):
    scores = baseline(null).detect(inject(null, [companion])).scores
    candidates = find_candidates(scores, fwhm=null.fwhm, valid=dataset.valid_mask(null))
    x, y = companion.position(null)
    hit = match(candidates, [x], [y], radius=null.fwhm).candidate[0]
    return hit >= 0 and candidates.score[hit] > threshold


@pytest.mark.slow
def test_ranges_do_not_depend_on_the_order_of_the_work(manifest):
    def backwards(task, items):
        return ((item, task(item)) for item in reversed(list(items)))

    here, there = Calibrator(load_dataset(manifest), 3), Calibrator(load_dataset(manifest), 3)
    list(here.run())
    list(there.run(backwards))
    assert here.contrasts == there.contrasts
    assert here.record == there.record


def test_the_record_is_kept_in_the_manifest_and_all_else_is_left_as_it_was(campaign, manifest, tmp_path):
    path = tmp_path / "short.toml"
    path.write_text(manifest.read_text())
    campaign.write(path)
    written = load_dataset(path).manifest
    assert [annulus.contrast for annulus in written.annuli] == campaign.contrasts
    assert written.calibration == campaign.record
    assert (written.calibration.baseline, written.calibration.n_companions) == ("pca(n_components=9)", 30)
    before, after = (p.read_text().splitlines() for p in (manifest, path))
    assert set(before) - set(after) == {line for line in before if line.startswith("annuli")}
    assert "# ours" in path.read_text()


def test_contrasts_of_another_version_are_refused_but_may_be_made_anew(campaign, manifest, tmp_path):
    path = tmp_path / "short.toml"
    path.write_text(manifest.read_text())
    campaign.write(path)
    path.write_text(path.read_text().replace('version = "1"', 'version = "2"', 1))
    with pytest.raises(InputError, match="calibrated on version 1 of the dataset, and this is version 2: run"):
        load_dataset(path)
    assert load_dataset(path, without_calibration=True).version == "2"


def test_what_cannot_be_calibrated_is_refused(manifest, tmp_path):
    path = tmp_path / "bare.toml"
    path.write_text(manifest.read_text().replace("annuli = [{ inner = 3.0, outer = 5.0 }]", ""))
    with pytest.raises(InputError, match="its manifest has no annuli; add them"):
        Calibrator(load_dataset(path), 1)
    path.write_text(manifest.read_text().replace("n_frames = 14", "n_frames = 2"))
    with pytest.raises(AlgoZooError, match="n_frames is 2, expected at least 3"):
        list(Calibrator(load_dataset(path), 1).run())


def test_an_annulus_in_which_companions_are_never_found_is_named(campaign):
    blind = Calibrator(campaign.dataset, 10, needed={0: [1e-4] * 9 + [np.inf]})
    with pytest.raises(AlgoZooError, match="finds 1 of 10 companions of an annulus at no contrast"):
        _ = blind.contrasts


def test_the_baseline_uses_the_reference_star_where_there_is_one(make_sequence):
    assert baseline(make_sequence(n_frames=20)).label == "pca"
    assert baseline(make_sequence(reference=np.ones((15, 41, 41)))).label == "pca(library=reference)"


@pytest.mark.parametrize("n_frames", [6, 12, 13, 14])
def test_the_baseline_takes_blocks_of_few_frames(make_sequence, n_frames):
    sequence = make_sequence(n_frames=n_frames)
    short = frame_block(sequence, "middle")
    assert np.isfinite(baseline(sequence).detect(short).scores).any()
    reference = np.random.default_rng(0).normal(size=(5, 41, 41))
    assert baseline(make_sequence(reference=reference)).n_components == 4
