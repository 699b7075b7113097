import re
import subprocess
import sys
from pathlib import Path

import astropy.units as u
import matplotlib as mpl
import numpy as np
import pytest
from astropy.io import fits
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import algozoo as az
from algozoo.detectors.registry import BUILT_IN

PAGE = (Path(__file__).parents[1] / "docs" / "notebook.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
HEAVY = ("numpy", "scipy", "pandas", "pydantic", "astropy", "matplotlib", "sklearn", "torch", "distributed", "click")
REAL = {"cube": "naco_betapic_cube", "angles": "naco_betapic_pa", "psf": "naco_betapic_psf"}


@pytest.fixture(autouse=True)
def _no_windows(tmp_path, monkeypatch):
    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def night():
    return az.load_dataset("tiny").sequence(0)


@pytest.fixture(scope="module")
def detection(night):
    return az.PCA(n_components=5).detect(night)


@pytest.mark.slow
def test_the_notebook_runs_on_a_simulated_night(capsys):
    names = {}
    for block in BLOCKS[:2]:
        exec(block, names)  # noqa: S102 - our own page
    best = names["candidates"][0]
    assert best["separation"].to_value(u.mas) == pytest.approx(500, abs=30)
    assert best["position_angle"].to_value(u.deg) == pytest.approx(45, abs=3)
    assert fits.getdata("map.fits").shape == (61, 61)
    table = names["comparison"].table()
    assert set(table["detector"]) == {"pca", "median(combine=mean)"}
    assert (table["n_injected"] == 12).all()
    assert "[1/4] night/0 without companions" in capsys.readouterr().out


def test_the_notebook_finds_beta_pictoris_b_in_its_files(shared_data, tmp_path, capsys):
    for part, name in REAL.items():
        (tmp_path / f"{part}.fits").symlink_to(shared_data / "naco_betapic" / f"{name}.fits")
    names = {"az": az}
    exec(BLOCKS[2], names)  # noqa: S102 - our own page
    assert "99x99 px" in capsys.readouterr().out
    best = az.candidates(names["detection"], names["night"])[0]
    assert best["separation"].to_value(u.mas) == pytest.approx(452, abs=5)
    assert best["position_angle"].to_value(u.deg) == pytest.approx(210.8, abs=0.5)


def test_the_last_example_names_the_right_call(capsys):
    exec(BLOCKS[3], {"az": az})  # noqa: S102 - our own page
    assert "PCA: too many positional arguments; the call is PCA(" in capsys.readouterr().out


def test_nothing_heavy_is_imported_before_it_is_used():
    code = "import sys, algozoo; dir(algozoo); print([name for name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not [name for name in HEAVY if f"'{name}'" in loaded]


def test_every_documented_name_is_there():
    reference = (Path(__file__).parents[1] / "docs" / "api.md").read_text().split("\n## ")[0]
    documented = set(re.findall(r"(?<!})`(?:az\.)?(\w+)`", reference))
    classes = {target.rpartition(":")[2] for target in BUILT_IN.values()}
    assert documented | classes == set(az.__all__)
    assert set(az.__all__) < set(dir(az))
    for name in az.__all__:
        assert getattr(az, name).__module__.startswith("algozoo.")


def test_every_built_in_detector_is_there_by_its_class():
    for name, target in BUILT_IN.items():
        assert getattr(az, target.rpartition(":")[2]).name == name


def test_a_name_that_does_not_exist_is_an_attribute_error_that_lists_those_that_do():
    with pytest.raises(AttributeError, match=r"no attribute 'detect'; there are: .*compare"):
        _ = az.detect


def test_a_map_is_written_with_the_scale_of_its_sequence_or_without(night, detection):
    detection.write("with.fits", night)
    detection.write("without.fits")
    with fits.open("with.fits") as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "RESIDUAL", "FLUX"]
        assert hdus[0].header["CDELT2"] == night.pixel_scale
        assert hdus[0].header["NORTHANG"] == night.north_angle
        np.testing.assert_array_equal(hdus["FLUX"].data, detection.flux.astype("float32"))
    np.testing.assert_array_equal(fits.getdata("with.fits"), fits.getdata("without.fits"))
    assert "CDELT2" not in fits.getheader("without.fits")


def test_a_map_is_drawn_in_arcseconds_or_in_pixels(night, detection):
    assert isinstance(detection.plot(), Figure)
    axes = detection.plot(night).axes[0]
    assert axes.get_xlabel() == "offset [arcsec]"
    assert detection.plot().axes[0].get_xlim() == (-30.5, 30.5)


def test_candidates_have_units_and_lie_where_the_table_of_detect_says(night, detection):
    table = az.candidates(detection, night)
    assert {name: str(table[name].unit) for name in table.colnames} == {
        "x": "pix", "y": "pix", "separation": "arcsec", "position_angle": "deg", "snr": "", "sigma": ""
    }  # fmt: skip
    x, y = (table[name].to_value(u.pix) - night.centre for name in ("x", "y"))
    np.testing.assert_allclose(table["separation"].to_value(u.arcsec), np.hypot(x, y) * night.pixel_scale, atol=1e-3)


def test_quantities_are_taken_in_any_unit_of_their_kind(night):
    plain = az.Companion.from_sky(separation=0.3, position_angle=90, contrast=1e-3, sequence=night)
    turned = az.Companion.from_sky(
        separation=300 * u.mas, position_angle=np.pi / 2 * u.rad, contrast=1e-3, sequence=night
    )
    assert turned.separation == pytest.approx(plain.separation)
    assert turned.azimuth == pytest.approx(plain.azimuth)


def companion(**fields):
    return az.Companion(**({"separation": 5, "azimuth": 0, "contrast": 1e-3} | fields))


MISTAKES = {
    "positional parameters": (lambda _: az.PCA(20), r"PCA: too many positional.*the call is PCA\(.*n_components=10"),
    "an unknown parameter": (lambda _: az.PCA(rank=2), "PCA: .*'rank'; the call is PCA"),
    "a misspelt parameter": (lambda _: az.create("pca", ncomponents=2), "did you mean 'n_components'"),
    "a parameter of another type": (lambda _: az.create("pca", n_components="x"), "pca: n_components is 'x'"),
    "a class with a parameter of another type": (
        lambda night: az.PCA(n_components="x").detect(night),
        "pca: n_components is 'x', expected an integer",
    ),
    "parameters as a mapping": (
        lambda _: az.create("pca", dict(n_components=2)),  # noqa: C408 - as a user may write it
        r"the call is create\(name, parameter",
    ),
    "a class for a name": (lambda _: az.create(az.PCA), 'expected str, as in create."pca"'),
    "an unknown detector": (lambda _: az.create("pcaa"), "did you mean 'pca'"),
    "an unknown dataset": (lambda _: az.load_dataset("tinny"), "did you mean 'tiny'"),
    "a dataset by its number": (lambda _: az.load_dataset(0), "name is 0, expected str or Path, as in load_dataset"),
    "a run with an unknown option": (lambda _: az.run("quick", worker=2), "'worker'; the call is .*workers="),
    "a companion with positions": (
        lambda _: az.Companion(5, 0, 1),
        r"the call is Companion\(separation=\.\.\., azimuth",
    ),
    "the angle's old name": (lambda _: companion(position_angle=3), "Companion: .*'position_angle'.*azimuth="),
    "a separation with a unit": (lambda _: companion(separation=1 * u.arcsec), "separation is 1.0 arcsec.*in pix"),
    "a separation in words": (lambda _: companion(separation="5"), "separation is '5', expected a number in pix"),
    "a unit of another kind": (
        lambda night: az.Companion.from_sky(separation=1 * u.s, position_angle=0, contrast=1, sequence=night),
        "from_sky: separation is 1.0 s, expected a number in arcsec, or a Quantity",
    ),
    "injection into an array": (
        lambda night: az.inject(night.cube, companion()),
        "sequence is of type ndarray, expected ADI",
    ),
    "injection of numbers": (
        lambda night: az.inject(night, [5, 0, 1e-3]),
        "companion is 5, expected Companion, as in inject",
    ),
    "injection of nothing": (az.inject, r"inject: .*'companions'; the call is inject\(sequence, comp"),
    "candidates of a sequence": (
        lambda night: az.candidates(night, night),
        "result is .*expected DetectionMap, as in cand",
    ),
    "reading without a scale": (
        lambda _: az.read("a", "b", "c"),
        r"read: angles, psf and pixel_scale go together, as in read\(",
    ),
    "reading an array": (lambda night: az.read(night.cube, "b", "c", pixel_scale=1), r"ADISequence\(.*takes arrays"),
    "reading with a scale in words": (
        lambda _: az.read("a", "b", "c", pixel_scale="27 mas"),
        "pixel_scale is '27 mas'",
    ),
    "comparing nothing": (lambda night: az.compare(night, []), "expected one or more, each once"),
    "comparing one with itself": (
        lambda night: az.compare(night, ["pca", az.PCA()]),
        r"detectors are \['pca', 'pca'\]",
    ),
    "comparing on a name": (
        lambda _: az.compare("tiny", ["pca"]),
        "sequence is 'tiny', expected ADISequence, as in comp",
    ),
    "half an injection": (lambda night: az.compare(night, "pca", injections=0.5), "injections is 0.5, expected an int"),
    "no injection": (
        lambda night: az.compare(night, "pca", injections=0),
        "injections is 0, expected an integer, 1 or",
    ),
    "searching a dataset": (
        lambda _: az.PCA().detect(az.load_dataset("tiny")),
        r"PCA: sequence is .*, expected ADISequence, as in PCA\(\).detect\(night\)",
    ),
    "searching a file": (lambda _: az.Median().detect("cube.fits"), "Median: sequence is 'cube.fits', expected ADI"),
    "companions that are none": (
        lambda night: az.compare(night, "pca", companions=3),
        r"compare: companions is 3, expected Companion or Iterable, as in compare\(.*companions=",
    ),
    "a report that is none": (lambda night: az.compare(night, "pca", report=3), "compare: report is 3, expected Rep"),
    "a companion of nothing": (lambda _: az.Companion(), r"Companion: missing .*; the call is Companion\(separation"),
    "a sequence of nothing": (lambda _: az.ADISequence(), r"ADISequence: missing .*; the call is ADISequence\(cube"),
    "a companion without a sequence": (
        lambda _: az.Companion.from_sky(separation=0.6, position_angle=45, contrast=3e-4),
        r"Companion.from_sky: missing .*'sequence'; the call is Companion.from_sky\(sequence, separation=",
    ),
    "a position on the sky of a name": (lambda _: companion().to_sky("tiny"), "to_sky: sequence is 'tiny', expected"),
    "a position in a name": (lambda _: companion().position("tiny"), "position: sequence is 'tiny', expected ADI"),
    "the number of a sequence as text": (
        lambda _: az.load_dataset("tiny").sequence("0"),
        r"tiny: there is no sequence '0', expected 0 to 9, as in load_dataset\(.*sequence\(0\)",
    ),
    "no number of a sequence": (lambda _: az.load_dataset("tiny").sequence(), r"the call is .*sequence\(index\)"),
    "a mirror that is none": (lambda _: az.load_dataset("tiny", mirror=3), "mirror is 3, expected str or Path, as in"),
    "flux factors in words": (lambda night: az.inject(night, companion(), flux_factors="x"), "inject: flux_factors"),
    "smearing in words": (lambda night: az.inject(night, companion(), smearing="no"), "inject: smearing is 'no'"),
    "candidates of a number": (lambda night: az.candidates(az.PCA().detect(night), 3), "candidates: sequence is 3"),
    "a plot of a number": (lambda night: az.PCA().detect(night).plot(3), "plot: sequence is 3, expected ADISequence"),
    "a map without a path": (lambda night: az.PCA().detect(night).write(), r"the call is DetectionMap.write\(path"),
    "searching nothing": (lambda _: az.PCA().detect(), r"'sequence'; the call is .*detect\(sequence\)"),
    "learning from a number": (lambda _: az.SODIRF().fit(3), r"SODIRF: sequence is 3, .*, as in SODIRF\(\).fit\(night"),
    "an unknown unit of angles": (
        lambda _: az.read("a", "b", "c", pixel_scale=1, angle_unit="degree"),
        "read: angle_unit is 'degree', expected 'deg' or 'rad'",
    ),
    "wavelengths as numbers": (
        lambda _: az.read("a", "b", "c", pixel_scale=1, wavelengths=[1.2, 1.6]),
        r"read: wavelengths is \[1.2, 1.6\], expected str or Path",
    ),
    "a flux in words": (lambda _: az.read("a", "b", "c", pixel_scale=1, star_flux="x"), "read: star_flux is 'x'"),
    "an aperture in words": (
        lambda _: az.read("a", "b", "c", pixel_scale=1, star_flux_aperture="x"),
        "read: star_flux_aperture is 'x', expected a number in pix",
    ),
    "a path for a map": (lambda night: az.PCA().detect(night).write(3), r"write: path is 3, .*detection.write\("),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_an_error_of_ours_that_names_the_right_call(mistake, night):
    call, message = MISTAKES[mistake]
    with pytest.raises(az.InputError, match=message):
        call(night)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"pixel_scale": 27 * u.mas}, "pixel_scale is 27.0 mas, expected a number in arcsec"),
        ({"parallactic_angles": np.linspace(0, 1, 12) * u.rad}, "parallactic_angles is in rad, expected plain numbers"),
        ({"fwhm": "4"}, "fwhm is '4', expected a number in pix"),
        ({"cube": np.zeros((2, 12, 41, 41))}, "wavelengths has shape None, expected"),
    ],
)
def test_a_sequence_with_a_wrong_field_says_which(make_sequence, fields, message):
    with pytest.raises(az.InputError, match=message):
        make_sequence(**fields)


def test_a_map_of_another_sequence_is_refused(make_sequence, detection):
    for use in (detection.plot, lambda other: detection.write("map.fits", other)):
        with pytest.raises(az.InputError, match="frames are 41 px wide and the map is 61 px"):
            use(make_sequence())
