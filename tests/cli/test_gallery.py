from importlib import import_module

import pytest
from matplotlib.image import imread

from algozoo.datasets import load_dataset

module = import_module("algozoo.cli.gallery")  # the package has the command of this name


def test_one_figure_shows_the_maps_that_are_asked_for(algozoo, tmp_path):
    path = tmp_path / "new" / "maps.png"
    ended = algozoo("gallery", "tiny", "--detector", "median", "--detector", "pca", "-o", path)
    assert ended.code == 0, ended.err
    assert ended.err.splitlines()[:2] == ["median", "pca"]
    assert imread(path).std() > 0


def test_by_default_it_shows_all_that_are_built_in_but_no_controls(algozoo, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr("algozoo.plots.maps.draw_map", lambda _, detector, *__: drawn.append(detector.name))
    assert algozoo("gallery", "tiny", "-o", tmp_path / "maps.png").code == 0
    assert {"median", "pca", "llsg", "stim"} <= set(drawn)
    assert not {"oracle", "random", "blank"} & set(drawn)


def test_a_simulated_sequence_gets_a_bright_companion_in_each_annulus(suite_file):
    dataset = load_dataset(str(suite_file.parent / "dataset.toml"))
    sequence, companions = module.with_companions(dataset, 1)
    assert [c.separation / sequence.fwhm for c in companions] == pytest.approx([2, 3])
    assert (sequence.cube != dataset.sequence(1).cube).any()


def test_a_real_sequence_is_shown_as_it_is(shared_data):
    dataset = load_dataset("betapic", mirror=shared_data)
    sequence, companions = module.with_companions(dataset, 0)
    assert (sequence.cube == dataset.sequence(0).cube).all()
    assert companions == dataset.companions(sequence)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["tyni"], "tiny"), (["tiny", "--detector", "medain"], "median"), (["tiny", "--sequence", 99], "no sequence 99")],
)
def test_wrong_names_end_with_2(algozoo, tmp_path, arguments, message):
    ended = algozoo("gallery", *arguments, "-o", tmp_path / "maps.png")
    assert ended.code == 2
    assert message in ended.err
    assert not (tmp_path / "maps.png").exists()
