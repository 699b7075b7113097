from pathlib import Path

import numpy as np
import pytest

from algozoo.datasets import Dataset, load_dataset, load_manifest, read
from algozoo.datasets.adding.own import (
    Stated,
    compose_manifest,
    inner_edge,
    missing_facts,
    place_from_text,
    write_manifest,
)
from algozoo.errors import AlgoZooError, InputError

N_FRAMES, SIZE = 12, 61


def test_a_good_sequence_gives_a_manifest_that_can_be_used(parts, write, tmp_path, opened):
    files, seen = write(parts), opened(parts)
    assert missing_facts(files, seen, Stated()) == {}
    manifest = compose_manifest("mine", files, seen, Stated(), tmp_path)
    write_manifest(manifest, tmp_path / "mine.toml")
    assert load_manifest(tmp_path / "mine.toml") == manifest
    sequence = load_dataset(tmp_path / "mine.toml").sequence(0)
    assert sequence.cube.shape == (N_FRAMES, SIZE, SIZE)
    assert (sequence.pixel_scale, manifest.crop.x, manifest.crop.y, manifest.crop.size) == (0.02, 0, 0, None)
    assert sequence.star_flux == pytest.approx(1e6, rel=0.05)


@pytest.mark.parametrize("centre", ["auto", (31.2, 29.0), (31, 29)])
def test_a_dataset_is_centred_as_its_files_are_when_they_are_read(off_centre, write, opened, tmp_path, centre):
    files, seen = write(off_centre), opened(off_centre, centre=centre)
    manifest = compose_manifest("mine", files, seen, Stated(), tmp_path)
    write_manifest(manifest, tmp_path / "mine.toml")
    ours = {part: path for part, path in files.items() if part != "pixel_scale"}
    own = read(**ours, pixel_scale=0.02, centre=centre)
    np.testing.assert_allclose(load_dataset(tmp_path / "mine.toml").sequence(0).cube, own.cube, rtol=1e-3, atol=0.05)
    assert own.size == 59
    if centre == (31, 29):
        assert manifest.centre is None
        assert (manifest.crop.x, manifest.crop.y, manifest.crop.size) == (2, 0, 59)


def test_the_key_of_a_manifest_is_that_of_before_where_nothing_new_is_stated(parts, write, opened, tmp_path):
    manifest = compose_manifest("mine", write(parts), opened(parts), Stated(), tmp_path)
    assert not {"centre", "axes", "angle_column"} & manifest.model_dump().keys()


def test_bad_pixels_are_refused(parts, write, tmp_path, opened):
    parts["cube"][2, 5] = np.nan
    files, seen = write(parts), opened(parts)
    assert seen.seen.bad_frames == [2]
    with pytest.raises(InputError, match="NaN or infinite pixels in 1 of 12 frames, first in frame 2: replace"):
        Dataset(compose_manifest("mine", files, seen, Stated(), tmp_path), folder=tmp_path).sequence(0)


def test_what_cannot_be_known_is_asked_for(parts, star, write, tmp_path, opened):
    parts = parts | {"psf": star, "angles": np.linspace(0, 1, N_FRAMES)}
    files, seen = write(parts), opened(parts, angle_unit="rad")
    (tmp_path / "plsc.fits").unlink()
    del files["pixel_scale"]
    assert set(missing_facts(files, seen, Stated())) == {"pixel_scale", "star_flux"}
    stated = Stated(pixel_scale=0.01, angle_unit="rad", star_flux=5e5)
    assert missing_facts(files, seen, stated) == {}
    manifest = compose_manifest("mine", files, seen, stated, tmp_path)
    assert Dataset(manifest, folder=tmp_path).sequence(0).field_rotation == pytest.approx(np.rad2deg(1))


def test_a_spectral_sequence_becomes_a_dataset(parts, write, tmp_path, opened):
    cube = np.stack([parts["cube"], 1.1 * parts["cube"]], axis=1)
    parts |= {"cube": cube, "psf": np.stack([parts["psf"], parts["psf"]]), "wavelengths": np.array([1.0, 1.2])}
    manifest = compose_manifest("mine", write(parts), opened(parts), Stated(), tmp_path)
    write_manifest(manifest, tmp_path / "mine.toml")
    assert load_dataset(tmp_path / "mine.toml").sequence(0).cube.shape == (2, N_FRAMES, SIZE, SIZE)


def test_frames_too_small_are_refused(parts, star, write, tmp_path, opened):
    parts |= {"cube": parts["cube"][:, 22:39, 22:39], "psf": 1e6 * star[6:-6, 6:-6]}
    files, seen = write(parts), opened(parts)
    with pytest.raises(InputError, match=r"17 px around the star are .* FWHM, expected at least 5"):
        compose_manifest("mine", files, seen, Stated(), tmp_path)


@pytest.mark.parametrize("name", ["Mine", "my data", ""])
def test_a_bad_name_is_refused_before_anything_is_written(parts, write, tmp_path, name, opened):
    files, seen = write(parts), opened(parts)
    with pytest.raises(InputError, match=r"name = .*expected lower-case letters, digits and hyphens"):
        compose_manifest(name, files, seen, Stated(), tmp_path)


def test_a_manifest_is_written_whole_or_not_at_all(parts, write, tmp_path, monkeypatch, opened):
    files, seen = write(parts), opened(parts)
    manifest = compose_manifest("mine", files, seen, Stated(), tmp_path)

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
