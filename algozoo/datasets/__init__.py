"""Datasets: manifests, and the sequences that they describe."""

from algozoo.datasets.dataset import Dataset, n_resels
from algozoo.datasets.download import DatasetUnavailable, fetch, is_available
from algozoo.datasets.manifest import (
    KnownCompanion,
    RealManifest,
    SimulatedManifest,
    ValidField,
    load_manifest,
)
from algozoo.datasets.readers import read_angles, read_cube, read_psf, read_sequence
from algozoo.datasets.registry import dataset_names, load_dataset
from algozoo.datasets.simulate import Simulation, simulate

__all__ = [
    "Dataset",
    "DatasetUnavailable",
    "KnownCompanion",
    "RealManifest",
    "SimulatedManifest",
    "Simulation",
    "ValidField",
    "dataset_names",
    "fetch",
    "is_available",
    "load_dataset",
    "load_manifest",
    "n_resels",
    "read_angles",
    "read_cube",
    "read_psf",
    "read_sequence",
    "simulate",
]
