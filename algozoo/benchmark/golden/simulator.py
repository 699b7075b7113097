"""Golden numbers of the simulator: the first frames of the datasets, and of what none of them has."""

from typing import Any

import numpy as np

from algozoo.benchmark.golden.numbers import Case, summary
from algozoo.datasets import load_dataset
from algozoo.datasets.manifest import SimulatedManifest
from algozoo.datasets.simulate import VERSIONS, Simulation, simulate
from algozoo.errors import AlgoZooError

N_FRAMES = 2
OTHERS: dict[str, dict[str, Any]] = {
    "no coronagraph, wavelengths and a reference star": {
        "coronagraph_order": 0,
        "n_channels": 2,
        "n_subbands": 2,
        "n_reference_frames": N_FRAMES,
        "star_electrons": 1e6,
    },
    "even size, order 4": {"coronagraph_order": 4, "size": 60},
    "stable": {"static_opd_nm": 0.0, "seeing_rms": 0.0, "transparency_rms": 0.0, "fresh_fraction": 0.0},
}
"""Changes of `tiny` that manifests of users may have."""


def preset_cases(name: str, label: str = "", **changes: Any) -> dict[str, Case]:
    """Compute the golden numbers of the simulator for a dataset that comes with AlgoZoo, or one changed from it."""
    manifest = load_dataset(name).manifest
    if not isinstance(manifest, SimulatedManifest):
        raise AlgoZooError(f"{name} has a version of the simulator, but is not simulated: remove it from VERSIONS")
    few = {"n_frames": N_FRAMES, "n_reference_frames": min(N_FRAMES, manifest.simulation.n_reference_frames)}
    parameters = Simulation.model_validate(manifest.simulation.model_dump() | few | changes)
    rng = np.random.default_rng([manifest.seed, 0])
    sequence = simulate(parameters, rng, pixel_scale=manifest.pixel_scale)
    arrays = {
        "frames": sequence.cube,
        "reference": sequence.reference,
        "psf": sequence.psf,
        "angles": sequence.parallactic_angles,
        "star_flux": sequence.star_flux,
        "fwhm": sequence.fwhm,
    }
    return {f"{label or name}: {what}": summary(values) for what, values in arrays.items() if values is not None}


def simulator_cases() -> dict[str, Case]:
    """Compute those for all of them, and for other settings of the simulator."""
    cases: dict[str, Case] = {}
    for name in VERSIONS:
        cases |= preset_cases(name)
    for label, changes in OTHERS.items():
        cases |= preset_cases("tiny", label, **changes)
    return cases
