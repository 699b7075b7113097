import os
import re
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import settings

import algozoo
from algozoo.benchmark.record import RunRecord
from algozoo.benchmark.suite import Suite, load_suite
from algozoo.detectors.submitted.detector import PARTS
from algozoo.errors import AlgoZooError
from algozoo.imaging.psf import normalise_psf
from algozoo.sandbox import choice
from algozoo.sandbox.confinement import World
from algozoo.sequence import ADISequence

settings.register_profile("algozoo", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("algozoo")

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


NO_TORCH = "PyTorch is not installed; `make test EXTRAS=all` installs it"


def pytest_configure() -> None:
    """Without PyTorch the tests of SODINN are skipped, which CI must not do."""
    if os.environ.get("CI") == "true" and find_spec("torch") is None:
        raise pytest.UsageError(f"{NO_TORCH}, and CI must have it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is marked `torch` where PyTorch is not installed."""
    if find_spec("torch") is None:
        for item in items:
            if item.get_closest_marker("torch"):
                item.add_marker(pytest.mark.skip(reason=NO_TORCH))


def absent(reason: str) -> NoReturn:
    """Skip for want of something, which CI must not do."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI must have it")
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """Keep what tests make or download out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALGOZOO_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data, which is also a mirror."""
    folder = SHARED / "data"
    return (
        folder
        if folder.is_dir()
        else absent("the real data of the developers are not on this machine (../shared/data)")
    )


@pytest.fixture(scope="session")
def reference_numbers():
    """Load the arrays of one of another package's results by name."""
    folder = SHARED / "reference"
    if not folder.is_dir():
        absent("the results of other packages are not on this machine (../shared/reference)")

    def load(name: str) -> dict[str, np.ndarray]:
        with np.load(folder / f"{name}.npz") as arrays:
            return dict(arrays)

    return load


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    return (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or absent("there is no browser; install Chromium (Debian: apt install chromium)")
    )


@pytest.fixture(scope="session")
def jq() -> None:
    """Need what filters JSON as GitHub's client does."""
    if not shutil.which("jq"):
        absent("there is no jq (Debian: apt install jq)")


@pytest.fixture(scope="session")
def sandbox() -> None:
    """Need a sandbox that works on this machine."""
    package = Path(algozoo.__file__).parent
    try:
        choice.choose(World(package=package, parts=PARTS, site=(), folder=package))
    except AlgoZooError as error:
        absent(" ".join(str(error).partition("\nFor your own code")[0].split()))


@pytest.fixture(scope="session")
def installed():
    """Install what a submission requires."""

    def install(detector):
        try:
            detector.prepare()
        except AlgoZooError as error:
            absent(str(error))
        return detector

    return install


def gaussian(size: int, x: float, y: float, fwhm: float) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size]
    return np.exp(-4 * np.log(2) * ((columns - x) ** 2 + (rows - y) ** 2) / fwhm**2)


@pytest.fixture(scope="session")
def star() -> np.ndarray:
    """Return a PSF of FWHM 4 px with unit flux in an aperture of that diameter, 29x29 px."""
    return normalise_psf(gaussian(29, 14, 14, 4.0)).psf


@pytest.fixture(scope="session")
def make_sequence():
    """Make a sequence of white noise, or of nothing."""

    def make(*, noise: float = 1.0, n_frames: int = 12, size: int = 41, psf_fwhm: float = 4.0, seed: int = 0, **fields):
        rng = np.random.default_rng(seed)
        psf = normalise_psf(gaussian(21, 10, 10, psf_fwhm))
        values = {
            "cube": noise * rng.standard_normal((n_frames, size, size)),
            "parallactic_angles": np.linspace(0, 60, n_frames),
            "psf": psf.psf,
            "star_flux": 1000.0,
            "pixel_scale": 0.02,
            "fwhm": psf.fwhm,
        }
        return ADISequence(**(values | fields))

    return make


SUITE = """
format = 1
name = "small"
version = "1"
title = "Small"
description = "Two short sequences."
seed = 7

[[datasets]]
name = "{dataset}"
injections = 2

[[detectors]]
name = "median"

[[detectors]]
name = "oracle"

[[detectors]]
name = "random"

[[detectors]]
name = "blank"
"""


ANNULI = """annuli = [
    { inner = 1.5, outer = 2.5, contrast = [1e-3, 1e-2] },
    { inner = 2.5, outer = 3.5, contrast = [1e-3, 1e-2] },
]
"""


@pytest.fixture(scope="session")
def suite_file(tmp_path_factory) -> Path:
    """Write a suite of two sequences that takes a second."""
    folder = tmp_path_factory.mktemp("suite")
    tiny = Path(__file__).parents[1] / "datasets" / "tiny.toml"
    text = tiny.read_text()
    for old, new in (
        ('name = "tiny"', 'name = "small"'),
        ("n_sequences = 10", "n_sequences = 2"),
        ("n_frames = 25", "n_frames = 8"),
        ("outer = 6.0", "outer = 5.0"),
    ):
        assert old in text
        text = text.replace(old, new)
    text = re.sub(r"annuli = \[.*?\n\]\n", ANNULI, text, flags=re.DOTALL).partition("[calibration]")[0]
    (folder / "dataset.toml").write_text(text)
    (folder / "suite.toml").write_text(SUITE.format(dataset=folder / "dataset.toml"))
    return folder / "suite.toml"


@pytest.fixture(scope="session")
def suite(suite_file) -> Suite:
    return load_suite(str(suite_file))


@pytest.fixture(scope="session")
def make_record() -> Callable[..., RunRecord]:
    """Make run records of one dataset; of which suite, detector and sequence can be chosen."""

    def make(
        key: str, *, suite: str = "small", version: str = "1", name: str = "median", label: str = "", **facts: Any
    ) -> RunRecord:
        ran = {"name": "d", "injections": 1}
        words = {"title": "A suite", "description": "Made up."}
        detector = {"name": name, "label": label or name, "title": "A method", "reference": "Nobody 2020"}
        record = {
            "key": key,
            "suite": {"format": 1, "name": suite, "version": version, "seed": 0, **words}
            | {"datasets": [ran], "detectors": [{"name": name}]},
            "dataset": "d",
            "annuli": [],
            "trials": "the same",
            "sequence": 0,
            "detector": detector | {"summary": "Look.", "control": False, "parameters": {}},
            "started": "2026-01-01T00:00:00+00:00",
        }
        return RunRecord.model_validate(record | facts)

    return make
