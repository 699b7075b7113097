from pathlib import Path

import numpy as np
import pytest

from algozoo.datasets import Dataset, load_dataset, load_manifest
from algozoo.datasets.adding.own import (
    Stated,
    compose_manifest,
    inner_edge,
    missing_facts,
    place_from_text,
    write_manifest,
)
from algozoo.datasets.adding.report import look
from algozoo.errors import AlgoZooError, InputError

N_FRAMES, SIZE = 12, 61


def test_a_good_sequence_gives_a_manifest_that_can_be_used(parts, write, tmp_path, warned):
    files = write(parts)
    seen = look(files)
    assert missing_facts(files, seen, Stated()) == {}
    manifest = compose_manifest("mine", files, seen, Stated(), tmp_path)
    write_manifest(manifest, tmp_path / "mine.toml")
    assert load_manifest(tmp_path / "mine.toml") == manifest
    sequence = load_dataset(tmp_path / "mine.toml").sequence(0)
    assert sequence.cube.shape == (N_FRAMES, SIZE, SIZE)
    assert (sequence.pixel_scale, manifest.crop.x, manifest.crop.y, manifest.crop.size) == (0.02, 0, 0, None)
    assert sequence.star_flux == pytest.approx(1e6, rel=0.05)
    assert warned(files).startswith("reversed angles make no null")


def test_a_star_off_the_centre_is_brought_there(off_centre, write, tmp_path):
    files = write(off_centre)
    seen = look(files)
    manifest = compose_manifest("mine", files, seen, Stated(), tmp_path)
    assert (manifest.crop.x, manifest.crop.y, manifest.crop.size) == (2, 0, 59)
    write_manifest(manifest, tmp_path / "mine.toml")
    cropped = load_dataset(tmp_path / "mine.toml").sequence(0)
    again = look(write(off_centre | {"cube": cropped.cube}))
    assert again.offset < 0.3
    assert again.crop is None


def test_bad_pixels_are_told_and_refused(parts, write, tmp_path):
    parts["cube"][2, 5] = np.nan
    files = write(parts)
    seen = look(files)
    assert seen.bad_frames == [2]
    with pytest.raises(InputError, match="NaN or infinite pixels in 1 of 12 frames, first in frame 2: replace"):
        Dataset(compose_manifest("mine", files, seen, Stated(), tmp_path), folder=tmp_path).sequence(0)


def test_what_cannot_be_known_is_asked_for(parts, star, write, tmp_path):
    files = write(parts | {"psf": star, "angles": np.linspace(0, 1, N_FRAMES)})
    (tmp_path / "plsc.fits").unlink()
    del files["pixel_scale"]
    missing = missing_facts(files, look(files), Stated())
    assert set(missing) == {"pixel_scale", "angle_unit", "star_flux"}
    stated = Stated(pixel_scale=0.01, angle_unit="rad", star_flux=5e5)
    assert missing_facts(files, look(files), stated) == {}
    manifest = compose_manifest("mine", files, look(files), stated, tmp_path)
    assert Dataset(manifest, folder=tmp_path).sequence(0).field_rotation == pytest.approx(np.rad2deg(1))


def test_a_spectral_sequence_becomes_a_dataset(parts, write, tmp_path):
    cube = np.stack([parts["cube"], 1.1 * parts["cube"]], axis=1)
    files = write(
        parts | {"cube": cube, "psf": np.stack([parts["psf"], parts["psf"]]), "wavelengths": np.array([1.0, 1.2])}
    )
    manifest = compose_manifest("mine", files, look(files), Stated(), tmp_path)
    write_manifest(manifest, tmp_path / "mine.toml")
    assert load_dataset(tmp_path / "mine.toml").sequence(0).cube.shape == (2, N_FRAMES, SIZE, SIZE)


def test_frames_too_small_are_refused(parts, star, write, tmp_path):
    files = write(parts | {"cube": parts["cube"][:, 22:39, 22:39], "psf": 1e6 * star[6:-6, 6:-6]})
    with pytest.raises(InputError, match=r"17 px around the star are .* FWHM, expected at least 5"):
        compose_manifest("mine", files, look(files), Stated(), tmp_path)


@pytest.mark.parametrize("name", ["Mine", "my data", ""])
def test_a_bad_name_is_refused_before_anything_is_written(parts, write, tmp_path, name):
    files = write(parts)
    with pytest.raises(InputError, match=r"name = .*expected lower-case letters, digits and hyphens"):
        compose_manifest(name, files, look(files), Stated(), tmp_path)


def test_a_manifest_is_written_whole_or_not_at_all(parts, write, tmp_path, monkeypatch):
    files = write(parts)
    manifest = compose_manifest("mine", files, look(files), Stated(), tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(AlgoZooError, match=r"not written .No space left on device"):
        write_manifest(manifest, tmp_path / "mine.toml")
    assert sorted(tmp_path.iterdir()) == before
    monkeypatch.undo()
    write_manifest(manifest, tmp_path / "mine.toml")
    with pytest.raises(InputError, match="exists already"):
        write_manifest(manifest, tmp_path / "mine.toml")


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "a,b", "-1,2", "nan,2", "1,inf", "0,3"])
def test_a_bad_place_of_a_companion_is_refused(text):
    with pytest.raises(InputError, match=r"--companion .* expected"):
        place_from_text(text)


@pytest.mark.parametrize(("rotation", "edge"), [(120, 1.0), (81.4, 1.1), (65, 1.4), (40, 1.0), (0, 1.0)])
def test_the_field_begins_where_the_twin_is_a_null_if_that_is_before_the_first_annulus(make_sequence, rotation, edge):
    sequence = make_sequence(parallactic_angles=np.linspace(0, rotation, 8), n_frames=8)
    assert inner_edge(sequence) == edge
