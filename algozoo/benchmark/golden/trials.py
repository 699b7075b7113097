"""Golden numbers of all that is between the files of a real night and a list of candidates."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from astropy.io import fits
from numpy.typing import NDArray

from algozoo.benchmark.attempts import attempts
from algozoo.benchmark.golden.inputs import INPUTS
from algozoo.benchmark.golden.numbers import Case, summary
from algozoo.benchmark.rows import SCHEMA
from algozoo.benchmark.shard import outcome_rows
from algozoo.benchmark.suite import SuiteDataset, load_suite
from algozoo.benchmark.trials import draw_trials
from algozoo.companions import Companion, inject
from algozoo.datasets import Dataset, load_dataset
from algozoo.datasets.centring import Placement
from algozoo.datasets.manifest import RealManifest
from algozoo.datasets.readers import read_files, sequence_of
from algozoo.detectors.contract import DetectionMap, Detector
from algozoo.files import working_folder
from algozoo.sequence import ADISequence

COLUMNS = (
    *("n_resels", "annulus", "separation", "position_angle", "contrast", "x", "y", "fwhm"),
    *("candidate_x", "candidate_y", "candidate_score", "candidate_flux", "null_separation", "null_score"),
)
MANIFEST: dict[str, Any] = {
    **dict.fromkeys(("title", "description", "instrument", "licence", "source", "citation"), "A small night"),
    "format": 1,
    "kind": "real",
    "name": "golden",
    "version": "1",
    "pixel_scale": 0.02,
    "valid_field": {"inner": 1.0, "outer": 3.6},
    "annuli": [{"inner": r, "outer": r + 1, "contrast": [1e-2, 1e-1]} for r in (1.5, 2.5)],
    "star_flux": 500.0,
    "star_flux_aperture": 4.5,
    "angle_unit": "rad",
    "angle_offset": 100.0,
    "crop": {"x": 1, "y": 2, "size": 39},
    "companions": [{"name": "b", "separation": 0.2, "position_angle": 30.0, "contrast": 0.02, "source": "none"}],
}


@dataclass(frozen=True, kw_only=True)
class Smooth(Detector):
    """Sum the frames as they are, so that no detector's numbers are in those of trials."""

    name: ClassVar[str] = "smooth"

    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Return the sum, rounded so that neighbours may be equal."""
        total = np.asarray(np.sum(sequence.cube[..., ::5, :, :], axis=-3, dtype=np.float64))
        total[: len(total) // 4] = np.rint(total[: len(total) // 4] / 100) * 100
        return DetectionMap(scores=total, kind="snr", flux=total)


def trials_cases() -> dict[str, Case]:
    """Compute the golden numbers of reading, of drawing trials, of injection and of candidates."""
    suite = load_suite("quick").model_copy(update={"seed": 3})
    entry = SuiteDataset(name="golden", injections=5)
    with working_folder() as folder:
        dataset = _dataset(folder)
        null = dataset.null_sequence(0)
    trials = draw_trials(suite, entry, dataset, 0, null)
    outcomes = list(attempts(Smooth(), dataset, null, trials, np.random.default_rng(0)))
    rows = outcome_rows(suite, 0, dataset, null, Smooth(), outcomes)
    table = pa.Table.from_pylist([vars(row) for row in rows], SCHEMA).to_pandas()
    columns = {name: np.concatenate([np.atleast_1d(value) for value in table[name]]) for name in COLUMNS}
    columns["completed"] = np.array((table["status"] == "ok").sum())
    drawn = draw_trials(suite, entry, load_dataset("tiny"), 0, INPUTS["adi"]())
    places = [(each.companion.separation, each.companion.azimuth) for each in drawn if each.companion]
    cases = {f"real: {name}": summary(values) for name, values in columns.items()}
    return cases | {"simulated: places": summary(places)} | _spectral_cases() | _injection_cases()


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
    with working_folder() as folder:
        files: dict[str, Any] = dict(_written(folder, arrays))
        material = read_files(**files)
    whole = Placement(0, 0, material.cube.shape[-1])
    read = sequence_of(material, whole, pixel_scale=0.02, angle_offset=0.0)
    found = {"cube": read.cube, "reference": read.reference, "psf": read.psf, "flux": read.star_flux, "fwhm": read.fwhm}
    return {f"spectral: {name}": summary(values) for name, values in found.items() if values is not None}


def _dataset(folder: Path) -> Dataset:
    """Write the files of a night, and describe it."""
    sequence, rng = INPUTS["adi"](), np.random.default_rng(4)
    psf = 30 * sequence.psf + np.rint(4 * rng.standard_normal(sequence.psf.shape)) / 512
    arrays = {"cube": sequence.cube, "angles": np.deg2rad(sequence.parallactic_angles), "psf": psf}
    files = {
        name: {"path": path.name, "sha256": sha256(path.read_bytes()).hexdigest()}
        for name, path in _written(folder, arrays).items()
    }
    return Dataset(RealManifest.model_validate(MANIFEST | {"files": files}), folder=folder)


def _written(folder: Path, arrays: dict[str, NDArray[Any]]) -> dict[str, Path]:
    paths = {name: folder / f"{name}.fits" for name in arrays}
    for name, array in arrays.items():
        fits.writeto(paths[name], array)
    return paths
