import hashlib
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from algozoo.companions import inject
from algozoo.datasets import DatasetUnavailable, load_dataset, n_resels
from algozoo.errors import AlgoZooError, InputError
from algozoo.imaging.psf import normalise_psf
from algozoo.imaging.rotate import derotate

COMPANION = """
[[companions]]
name = "b"
separation = 0.08
position_angle = 30.0
contrast = 0.1
source = "me"
"""


@pytest.fixture
def own_manifest(tmp_path: Path, real_manifest: str) -> Path:
    """Return a manifest of a real dataset whose files lie in a mirror beside it."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-10:11, -10:11]
    psf = normalise_psf(np.exp(-4 * np.log(2) * (x**2 + y**2) / 4.0**2)).psf
    data = {"cube": rng.normal(size=(6, 35, 35)), "angles": np.linspace(0, 0.8, 6), "psf": psf}
    (tmp_path / "mine").mkdir()
    for key, values in data.items():
        path = tmp_path / "mine" / f"{key}.fits"
        fits.PrimaryHDU(values, fits.Header({"OBJECT": f"{key} of a star"})).writeto(path)
        real_manifest = real_manifest.replace(f"{ord(key[0]):064x}", hashlib.sha256(path.read_bytes()).hexdigest())
    manifest = tmp_path / "mine.toml"
    manifest.write_text(real_manifest + COMPANION, encoding="utf-8")
    return manifest


def test_an_own_manifest_is_opened_by_its_path(own_manifest: Path) -> None:
    dataset = load_dataset(own_manifest, mirror=own_manifest.parent)
    assert (dataset.name, dataset.version, dataset.n_sequences) == ("mine", "1", 1)
    assert dataset.sequence(0).cube.shape == (6, 35, 35)
    assert load_dataset(str(own_manifest)).name == "mine"


def test_what_the_header_of_the_cube_says_is_kept(own_manifest: Path) -> None:
    assert load_dataset(own_manifest, mirror=own_manifest.parent).sequence(0).meta["header"] == {
        "OBJECT": "cube of a star"
    }


def test_angles_of_a_real_dataset_are_offset_degrees(own_manifest: Path) -> None:
    text = own_manifest.read_text(encoding="utf-8").replace("angle_offset = 0.0", "angle_offset = -10.0")
    own_manifest.write_text(text, encoding="utf-8")
    sequence = load_dataset(own_manifest, mirror=own_manifest.parent).sequence(0)
    assert sequence.parallactic_angles == pytest.approx(np.linspace(-10, -9.2, 6))


def test_crop_cuts_at_the_start_of_rows_and_columns(own_manifest: Path) -> None:
    whole = load_dataset(own_manifest, mirror=own_manifest.parent).sequence(0)
    text = own_manifest.read_text(encoding="utf-8").replace("crop = { x = 0, y = 0 }", "crop = { x = 2, y = 2 }")
    own_manifest.write_text(text.replace("outer = 3.0", "outer = 2.5"), encoding="utf-8")
    cropped = load_dataset(own_manifest, mirror=own_manifest.parent).sequence(0)
    assert np.array_equal(cropped.cube, whole.cube[:, 2:, 2:])


def test_a_valid_field_beyond_the_frames_is_refused(own_manifest: Path) -> None:
    text = own_manifest.read_text(encoding="utf-8").replace("outer = 3.0", "outer = 6.0")
    own_manifest.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"valid_field\.outer is 6 FWHM, expected at most 3"):
        load_dataset(own_manifest, mirror=own_manifest.parent).sequence(0)


def test_star_flux_is_scaled_to_the_aperture_of_one_fwhm(own_manifest: Path) -> None:
    sequence = load_dataset(own_manifest, mirror=own_manifest.parent).sequence(0)
    assert sequence.star_flux == pytest.approx(1000, rel=0.05)
    text = own_manifest.read_text(encoding="utf-8")
    own_manifest.write_text(text.replace("star_flux_aperture = 4.0", "star_flux_aperture = 8.0"), encoding="utf-8")
    wider = load_dataset(own_manifest, mirror=own_manifest.parent).sequence(0)
    assert wider.star_flux < 0.8 * sequence.star_flux


def test_the_null_sequence_plus_the_companion_is_the_sequence(own_manifest: Path) -> None:
    dataset = load_dataset(own_manifest, mirror=own_manifest.parent)
    sequence, null = dataset.sequence(0), dataset.null_sequence(0)
    assert abs(sequence.cube - null.cube).max() > 1
    assert inject(null, dataset.companions(sequence)).cube == pytest.approx(sequence.cube, abs=1e-4)


def test_files_may_lie_beside_the_manifest_without_an_address(own_manifest: Path) -> None:
    text = own_manifest.read_text(encoding="utf-8")
    local = "\n".join(line for line in text.splitlines() if not line.startswith("url ="))
    own_manifest.write_text(local, encoding="utf-8")
    assert load_dataset(own_manifest).sequence(0).cube.shape == (6, 35, 35)
    (own_manifest.parent / "mine" / "cube.fits").unlink()
    with pytest.raises(DatasetUnavailable, match=r"cube\.fits: no such file, and nowhere to download it from"):
        load_dataset(own_manifest).sequence(0)


def test_files_may_lie_anywhere_by_a_file_address(own_manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("with a space")
    text = own_manifest.read_text(encoding="utf-8").replace("https://example.org", folder.as_uri())
    own_manifest.write_text(text, encoding="utf-8")
    for path in (own_manifest.parent / "mine").iterdir():
        path.rename(folder / path.name)
    assert load_dataset(own_manifest).sequence(0).cube.shape == (6, 35, 35)
    (folder / "cube.fits").write_bytes(b"damaged")
    with pytest.raises(AlgoZooError, match=r"wrong checksum.*bring the right one back"):
        load_dataset(own_manifest).sequence(0)


def test_the_crop_may_cut_at_the_end_too(own_manifest: Path) -> None:
    whole = load_dataset(own_manifest).sequence(0)
    text = own_manifest.read_text(encoding="utf-8").replace(
        "crop = { x = 0, y = 0 }", "crop = { x = 1, y = 0, size = 33 }"
    )
    own_manifest.write_text(text.replace("outer = 3.0", "outer = 2.5"), encoding="utf-8")
    assert np.array_equal(load_dataset(own_manifest).sequence(0).cube, whole.cube[:, :33, 1:34])


def test_without_a_star_flux_it_is_that_of_the_psf(own_manifest: Path) -> None:
    lines = own_manifest.read_text(encoding="utf-8").splitlines()
    own_manifest.write_text("\n".join(line for line in lines if not line.startswith("star_flux")), encoding="utf-8")
    assert load_dataset(own_manifest).sequence(0).star_flux == pytest.approx(1, rel=0.05)


def test_a_dataset_tells_whether_reversed_angles_make_a_null(own_manifest: Path) -> None:
    dataset = load_dataset(own_manifest)
    assert "the field turned by 0.8 deg only" in dataset.flip_refusal(dataset.sequence(0))


def test_sequences_of_an_ensemble_are_numbered_and_differ() -> None:
    dataset = load_dataset("tiny")
    assert np.array_equal(dataset.sequence(3).cube, dataset.sequence(3).cube)
    assert not np.array_equal(dataset.sequence(3).cube, dataset.sequence(4).cube)
    assert np.array_equal(dataset.sequence(3).cube, dataset.null_sequence(3).cube)
    for index in (-1, dataset.n_sequences):
        with pytest.raises(InputError, match=f"no sequence {index}, expected 0 to 9"):
            dataset.sequence(index)


def test_the_valid_mask_is_an_annulus_inside_the_frame() -> None:
    dataset = load_dataset("tiny")
    sequence, field = dataset.sequence(0), dataset.manifest.valid_field
    mask = dataset.valid_mask(sequence)
    y, x = np.mgrid[: sequence.size, : sequence.size] - sequence.centre
    separation = np.hypot(x, y) / sequence.fwhm
    assert mask.shape == (sequence.size, sequence.size)
    assert np.array_equal(mask, (separation >= field.inner) & (separation <= field.outer))
    assert np.array_equal(mask, dataset.valid_mask(sequence, flipped=True))
    assert n_resels(mask, sequence.fwhm) == pytest.approx(4 * (field.outer**2 - field.inner**2), rel=0.02)


def test_known_companions_are_cut_out_of_the_mask(own_manifest: Path) -> None:
    dataset = load_dataset(own_manifest, mirror=own_manifest.parent)
    sequence = dataset.sequence(0)
    (companion,) = dataset.companions(sequence)
    x, y = companion.position(sequence)
    rows, columns = np.mgrid[: sequence.size, : sequence.size]
    disc = np.hypot(columns - x, rows - y) <= 1.5 * sequence.fwhm
    with_disc = dataset.valid_mask(sequence)
    assert disc.sum() > 100
    assert not with_disc[disc].any()


def test_the_flipped_mask_covers_what_is_left_of_a_companion_there(own_manifest: Path) -> None:
    angles = own_manifest.parent / "mine" / "angles.fits"
    old = hashlib.sha256(angles.read_bytes()).hexdigest()
    fits.PrimaryHDU(np.linspace(0, 40, 6)).writeto(angles, overwrite=True)
    new = hashlib.sha256(angles.read_bytes()).hexdigest()
    own_manifest.write_text(own_manifest.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    dataset = load_dataset(own_manifest, mirror=own_manifest.parent)
    sequence = dataset.sequence(0)
    left = derotate(sequence.cube - dataset.null_sequence(0).cube, sequence.flipped().parallactic_angles)
    bright = left.max(axis=0) > 0.3 * left.max()
    assert (bright & dataset.valid_mask(sequence)).any()
    assert not (bright & dataset.valid_mask(sequence, flipped=True)).any()


def test_a_dataset_of_a_suite_has_other_nights_as_many_as_are_asked_for() -> None:
    public, drawn = load_dataset("tiny"), load_dataset("tiny").drawn(5)
    nights = [public.sequence(0), drawn.sequence(0), drawn.sequence(12), drawn.development_sequence(0)]
    assert len({night.cube.tobytes() for night in nights}) == len(nights)
    with pytest.raises(InputError, match="there is no sequence -1"):
        drawn.sequence(-1)
