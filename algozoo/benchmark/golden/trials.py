"""Golden numbers of all that is between the files of a real night and a list of candidates."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from astropy.io import fits

from algozoo.benchmark.golden.inputs import INPUTS
from algozoo.benchmark.golden.numbers import Case, summary
from algozoo.benchmark.plan import Shard
from algozoo.benchmark.shard import run_shard
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import Suite
from algozoo.benchmark.trials import draw_trials
from algozoo.companions import Companion, inject
from algozoo.datasets import load_dataset
from algozoo.datasets.readers import read as read_sequence
from algozoo.detectors.contract import DetectionMap, Detector
from algozoo.sequence import ADISequence

COLUMNS = (
    *("n_resels", "annulus", "separation", "position_angle", "contrast", "x", "y", "fwhm"),
    *("candidate_x", "candidate_y", "candidate_score", "candidate_flux", "null_separation", "null_score"),
)
MANIFEST = """
format = 1
kind = "real"
name = "golden"
version = "1"
title = "A small night"
description = "Files from numpy."
instrument = "none"
licence = "MIT"
source = "algozoo.benchmark.golden"
citation = "AlgoZoo"
pixel_scale = 0.02
valid_field = { inner = 1.0, outer = 3.6 }
annuli = [
    { inner = 1.5, outer = 2.5, contrast = [1e-2, 1e-1] },
    { inner = 2.5, outer = 3.5, contrast = [1e-2, 1e-1] },
]
star_flux = 500.0
star_flux_aperture = 4.5
angle_unit = "rad"
angle_offset = 100.0
crop = { x = 1, y = 2, size = 39 }

[[companions]]
name = "b"
separation = 0.2
position_angle = 30.0
contrast = 0.02
source = "none"
"""
SUITE: dict[str, Any] = {
    "format": 1,
    "name": "golden",
    "version": "1",
    "title": "Golden",
    "description": "One night.",
    "seed": 3,
    "datasets": [{"name": "", "injections": 5}],
    "detectors": [{"name": "blank"}],
}


@dataclass(frozen=True, kw_only=True)
class Smooth(Detector):
    """Sum the frames as they are, so that no detector's numbers are in those of trials."""

    name: ClassVar[str] = "smooth"
    title: ClassVar[str] = "Sum of the frames"
    reference: ClassVar[str] = "AlgoZoo"
    version: ClassVar[str] = "1"

    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Return the sum, rounded so that neighbours may be equal."""
        total = np.asarray(np.sum(sequence.cube[..., ::5, :, :], axis=-3, dtype=np.float64))
        total[: len(total) // 4] = np.rint(total[: len(total) // 4] / 100) * 100
        return DetectionMap(scores=total, kind="snr", flux=total)


def trials_cases() -> dict[str, Case]:
    """Compute the golden numbers of reading, of drawing trials, of injection and of candidates."""
    with _night() as manifest:
        table = SUITE["datasets"][0] | {"name": str(manifest)}
        suite = Suite.model_validate(SUITE | {"datasets": [table]})
        shard = Shard(suite, suite.datasets[0], 0, suite.detectors[0])
        cases = _table_cases("real", _outcomes(shard, Smooth()))
    tiny = load_dataset("tiny")
    trials = draw_trials(suite, suite.datasets[0].model_copy(update={"name": "tiny"}), tiny, 0, INPUTS["adi"]())
    drawn = [(each.companion.separation, each.companion.azimuth) for each in trials if each.companion]
    return cases | {"simulated: places": summary(drawn)} | _spectral_cases() | _injection_cases()


def _outcomes(shard: Shard, detector: Detector) -> pd.DataFrame:
    with TemporaryDirectory() as folder:
        run_shard(shard, Path(folder), detector=detector)
        return Store(Path(folder)).read(shard.suite.name, shard.suite.version)[0]


def _table_cases(label: str, outcomes: pd.DataFrame) -> dict[str, Case]:
    columns = {name: np.concatenate([np.atleast_1d(value) for value in outcomes[name]]) for name in COLUMNS}
    columns["completed"] = np.array((outcomes["status"] == "ok").sum())
    return {f"{label}: {name}": summary(values) for name, values in columns.items()}


def _injection_cases() -> dict[str, Case]:
    """Injections that are smeared, cut by the edge of the frame, in several channels, and scaled."""
    near, far = (Companion(separation=r, azimuth=200.0, contrast=0.05) for r in (5.0, 19.5))
    cases = {}
    for kind in ("adi", "ifs", "even"):
        null = INPUTS[kind]()
        sequence = replace(null, cube=np.zeros_like(null.cube))
        edge = replace(far, separation=null.size / 2 - 1)
        cases[f"{kind}: injected"] = summary(inject(sequence, [near, edge]).cube)
        cases[f"{kind}: sharp"] = summary(inject(sequence, [near], smearing=False).cube)
    factors = np.linspace(0.5, 1.5, sequence.n_frames)
    return cases | {"even: clouds": summary(inject(sequence, [near], flux_factors=factors).cube)}


def _spectral_cases() -> dict[str, Case]:
    """Numbers of a sequence with wavelengths and a reference star that is read from files."""
    sequence = INPUTS["ifs"]()
    arrays = {
        "cube": sequence.cube,
        "angles": sequence.parallactic_angles,
        "psf": sequence.psf * np.array([20.0, 30.0, 40.0])[:, None, None],
        "wavelengths": sequence.wavelengths,
        "reference": sequence.cube[:, :5],
    }
    with _files(arrays) as paths:
        files: dict[str, Any] = dict(paths)
        read = read_sequence(**files, pixel_scale=0.02)
    found = {"cube": read.cube, "reference": read.reference, "psf": read.psf, "flux": read.star_flux, "fwhm": read.fwhm}
    return {f"spectral: {name}": summary(values) for name, values in found.items() if values is not None}


@contextmanager
def _night() -> Iterator[Path]:
    """Write the files of a night and its manifest."""
    sequence, rng = INPUTS["adi"](), np.random.default_rng(4)
    psf = 30 * sequence.psf + np.rint(4 * rng.standard_normal(sequence.psf.shape)) / 512
    arrays = {"cube": sequence.cube, "angles": np.deg2rad(sequence.parallactic_angles), "psf": psf}
    with _files(arrays) as paths:
        text = MANIFEST
        for name, path in paths.items():
            text += f'[files.{name}]\npath = "{path.name}"\nsha256 = "{sha256(path.read_bytes()).hexdigest()}"\n'
        manifest = path.with_name("golden.toml")
        manifest.write_text(text, encoding="utf-8")
        yield manifest


@contextmanager
def _files(arrays: dict[str, Any]) -> Iterator[dict[str, Path]]:
    with TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.fits" for name in arrays}
        for name, array in arrays.items():
            fits.writeto(paths[name], array)
        yield paths
