"""Simulated sequences on disk: made when they are asked for, kept under a content key, checked when they are read."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from algozoo.datasets.arrays import read_archive
from algozoo.datasets.cache import cache_folder
from algozoo.datasets.manifest import SimulatedManifest
from algozoo.datasets.simulate import simulate, simulator_version
from algozoo.errors import InputError
from algozoo.files import write_whole
from algozoo.sequence import ADISequence

ARRAYS = ("cube", "parallactic_angles", "psf", "star_flux", "wavelengths", "reference")
SCALARS = ("pixel_scale", "fwhm", "north_angle", "name")


def simulated_sequence(manifest: SimulatedManifest, index: int, seed: int | None = None) -> ADISequence:
    """Return a sequence of an ensemble, from the cache if it is there and whole.

    Sequences have independent generators, so that each is the same whatever else is made, and by whom. Two processes
    that make the same one write the same file, each under a name of its own until it is whole.

    Parameters
    ----------
    manifest : SimulatedManifest
    index : int
    seed : int, optional
        Of a suite, which has nights of its own; by default it is a public night, of the manifest's seed alone.

    Raises
    ------
    AlgoZooError
        If the cache cannot be written.
    """
    path = _path(manifest, index, seed)
    try:
        return _read(path)
    except Exception:  # noqa: BLE001 - a damaged archive may raise anything, and all of it means: make it anew
        sequence = draw_sequence(manifest, index, seed)
        write_whole(path, lambda temporary: _write(temporary, sequence))
        return sequence


def draw_sequence(manifest: SimulatedManifest, index: int, seed: int | None = None) -> ADISequence:
    """Simulate a sequence of an ensemble, without the cache; see `simulated_sequence`."""
    entropy = [manifest.seed, index] if seed is None else _digest(f"{manifest.seed} {seed} {index}")
    with threadpool_limits(1, user_api="blas"):  # the sums of several threads differ in the last bit
        return simulate(
            manifest.simulation,
            np.random.default_rng(entropy),
            pixel_scale=manifest.pixel_scale,
            name=f"{manifest.name}/{index}",
        )


def is_made(manifest: SimulatedManifest, index: int, seed: int | None = None) -> bool:
    """Tell whether a sequence is in the cache; whether it is whole is seen when it is read."""
    return _path(manifest, index, seed).is_file()


def forget(manifest: SimulatedManifest, seed: int) -> None:
    """Remove from the cache the sequences that the seed of a suite drew."""
    shutil.rmtree(_path(manifest, 0, seed).parent, ignore_errors=True)


def _digest(text: str) -> int:
    """Return a number of 256 bits; lists of numbers would not do, as NumPy takes a zero at their end for nothing."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest())


def _path(manifest: SimulatedManifest, index: int, seed: int | None) -> Path:
    """Where a sequence is kept: the key is of all that it depends on."""
    key = hashlib.sha256(manifest.model_dump_json(include={"simulation", "seed", "pixel_scale"}).encode())
    key.update(f"{simulator_version(manifest.name)} {seed}".encode())
    return cache_folder("simulated") / f"{manifest.name}-{key.hexdigest()[:16]}" / f"{index}.npz"


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
