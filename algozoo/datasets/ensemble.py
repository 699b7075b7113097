"""Simulated sequences on disk: made when they are asked for, kept under a content key, checked when they are read."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from algozoo.datasets.arrays import read_archive
from algozoo.datasets.download import cache_folder
from algozoo.datasets.manifest import SimulatedManifest
from algozoo.datasets.simulate import simulate, simulator_version
from algozoo.errors import InputError
from algozoo.files import write_whole
from algozoo.sequence import ADISequence

ARRAYS = ("cube", "parallactic_angles", "psf", "star_flux", "wavelengths", "reference")
SCALARS = ("pixel_scale", "fwhm", "north_angle", "name")


def simulated_sequence(manifest: SimulatedManifest, index: int) -> ADISequence:
    """Return a sequence of an ensemble, from the cache if it is there and whole.

    Sequences have independent generators, so that each is the same whatever else is made, and by whom. Two processes
    that make the same one write the same file, each under a name of its own until it is whole.

    Parameters
    ----------
    manifest : SimulatedManifest
    index : int

    Raises
    ------
    AlgoZooError
        If the cache cannot be written.
    """
    path = _path(manifest, index)
    try:
        return _read(path)
    except Exception:  # noqa: BLE001 - a damaged archive may raise anything, and all of it means: make it anew
        rng = np.random.default_rng([manifest.seed, index])
        name = f"{manifest.name}/{index}"
        with threadpool_limits(1, user_api="blas"):  # the sums of several threads differ in the last bit
            sequence = simulate(manifest.simulation, rng, pixel_scale=manifest.pixel_scale, name=name)
        write_whole(path, lambda temporary: _write(temporary, sequence))
        return sequence


def is_made(manifest: SimulatedManifest, index: int) -> bool:
    """Tell whether a sequence is in the cache; whether it is whole is seen when it is read."""
    return _path(manifest, index).is_file()


def _path(manifest: SimulatedManifest, index: int) -> Path:
    """Where a sequence is kept: the key is of all that it depends on."""
    key = hashlib.sha256(manifest.model_dump_json(include={"simulation", "seed", "pixel_scale"}).encode())
    key.update(simulator_version(manifest.name).encode())
    return cache_folder() / "simulated" / f"{manifest.name}-{key.hexdigest()[:16]}" / f"{index}.npz"


def _write(path: Path, sequence: ADISequence) -> None:
    values: dict[str, Any] = {name: getattr(sequence, name) for name in ARRAYS}
    values |= {name: getattr(sequence, name) for name in SCALARS}
    with path.open("wb") as file:
        np.savez(file, **{name: value for name, value in values.items() if value is not None})


def _read(path: Path) -> ADISequence:
    """Read a sequence; the archive's checksums and `ADISequence` find what is damaged."""
    values = read_archive(path)
    scalars = {name: value.item() for name, value in values.items() if value.ndim == 0}
    if missing := set(SCALARS) - values.keys():
        raise InputError(f"{path}: {', '.join(sorted(missing))} missing")
    return ADISequence(**values | scalars)
