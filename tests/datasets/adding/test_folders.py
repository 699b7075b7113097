from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.datasets.adding.folders import choose_sequence, find_sequences
from algozoo.errors import InputError


@pytest.fixture
def folder_of(tmp_path: Path):
    """Make a folder of empty files with these names."""

    def make(*names: str) -> Path:
        for name in names:
            (tmp_path / name).touch()
        return tmp_path

    return make


@pytest.mark.parametrize(
    "names",
    [
        ("cube.fits", "angles.fits", "psf.fits", "wavelengths.txt", "pixel_scale.txt"),
        ("nirc2_cube_3.fits", "nirc2_pa_3.fits", "nirc2_psf_3.fits", "nirc2_wls_3.fits", "nirc2_plsc_3.fits"),
        (
            "sphere_irdis_cube_1.fits",
            "sphere_irdis_pa_1.fits",
            "sphere_irdis_psf_1.fits",
            "sphere_irdis_wls_1.fits",
            "sphere_irdis_pxscale_1.fits",
        ),
        (
            "image_cube_gpi2.fits",
            "parallactic_angles_gpi2.fits",
            "psf_cube_gpi2.fits",
            "wavelength_vect_gpi2.fits",
            "plsc_gpi2.fits",
        ),
        (
            "naco_betapic_cube.fits",
            "naco_betapic_pa.fits.gz",
            "naco_betapic_psf.fits",
            "naco_betapic_wl.fits",
            "naco_betapic_plsc.fits",
        ),
        (
            "ird_convert_recenter_dc5-IRD_SCIENCE_REDUCED_MASTER_CUBE-center_im.fits",
            "ird_convert_recenter_dc5-IRD_SCIENCE_PARA_ROTATION_CUBE-rotnth.fits",
            "ird_convert_recenter_dc5-IRD_SCIENCE_PSF_MASTER_CUBE-median_unsat.fits",
            "ird_convert_dc-IRD_SCIENCE_LAMBDA_INFO-lam.fits",
            "pixel_scale.txt",
        ),
        (
            "ifs_sortframes_dc-IFS_SCIENCE_REDUCED_SPECTRAL_MASTER_CUBE_SORTED-center_im_sorted.fits",
            "ifs_sortframes_dc-IFS_SCIENCE_PARA_ROTATION_CUBE_SORTED-rotnth_sorted.fits",
            "ifs_sortframes_dc-IFS_SCIENCE_PSF_MASTER_CUBE-median_unsat.fits",
            "ifs_sortframes_dc-IFS_SCIENCE_LAMBDA_INFO-lam.fits",
            "pixel_scale.txt",
        ),
        (
            "coro_cube.fits",
            "frames_info_coro.csv",
            "psf_cube_for_postprocessing.fits",
            "wavelengths.fits",
            "pixel_scale.txt",
        ),
    ],
)
def test_the_names_of_the_field_are_recognised(folder_of, names):
    folder = folder_of(*names, "README.md", "first_guess_astrometry_gpi2.fits", "notes.txt", "coro_ivar_cube.fits")
    (found,) = find_sequences(folder).values()
    assert [
        path.name for path in (found[part] for part in ("cube", "angles", "psf", "wavelengths", "pixel_scale"))
    ] == list(names)
    assert choose_sequence(folder) == found


def test_of_several_sequences_one_is_chosen_by_its_cube(folder_of):
    folder = folder_of(*(f"nirc2_{part}_{number}.fits" for part in ("cube", "pa", "psf") for number in (1, 2)))
    with pytest.raises(InputError, match=r"2 sequences; choose one with --cube FILE:\n  nirc2_cube_1.fits"):
        choose_sequence(folder)
    chosen = choose_sequence(folder, cube=folder / "nirc2_cube_2.fits")
    assert [path.name for path in chosen.values()] == ["nirc2_cube_2.fits", "nirc2_pa_2.fits", "nirc2_psf_2.fits"]


def test_what_is_missing_is_named_with_the_option_that_gives_it(folder_of):
    with pytest.raises(InputError, match=r"the angles and the psf, .* --angles FILE, --psf FILE"):
        choose_sequence(folder_of("star_cube.fits"))


def test_parts_of_several_sequences_without_a_cube_are_none(folder_of):
    with pytest.raises(InputError, match="no file looks like the cube and the angles and the psf"):
        choose_sequence(folder_of("psf_21.fits", "pa_256.fits"))


def test_an_empty_folder_lacks_everything(tmp_path):
    with pytest.raises(InputError, match="the cube and the angles and the psf"):
        choose_sequence(tmp_path)
    with pytest.raises(InputError, match="No such file or directory"):
        choose_sequence(tmp_path / "none")


def test_files_may_be_given_one_by_one(folder_of):
    folder = folder_of("a.fits", "b.fits", "c.fits")
    chosen = choose_sequence(folder, cube=folder / "a.fits", angles=folder / "b.fits", psf=folder / "c.fits")
    assert [path.name for path in chosen.values()] == ["a.fits", "b.fits", "c.fits"]


def test_two_files_for_one_part_are_refused(folder_of):
    with pytest.raises(InputError, match=r"both star_angles.fits and star_pa.fits look like the angles"):
        find_sequences(folder_of("star_pa.fits", "star_angles.fits"))


@given(st.lists(st.from_regex(r"[a-z_]{0,6}(cube|pa|psf|wls)?[a-z_]{0,6}\.(fits|txt|md)", fullmatch=True), max_size=6))
def test_any_folder_is_listed_or_refused(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("any")
    for name in names:
        (folder / name).touch()
    try:
        found = find_sequences(folder)
    except InputError:
        return
    assert {path.name for files in found.values() for path in files.values()} <= set(names)
