"""Datasets: manifests, and the sequences that they describe."""

from algozoo.datasets.adding.negative_companion import FittedCompanion, fit_companion
from algozoo.datasets.annuli import Calibration, Statistics, TrialAnnulus
from algozoo.datasets.dataset import Dataset, n_resels
from algozoo.datasets.download import DatasetUnavailable, fetch, is_available
from algozoo.datasets.manifest import (
    KnownCompanion,
    RealManifest,
    SimulatedManifest,
    ValidField,
    load_manifest,
)
from algozoo.datasets.nulls import FRAME_BLOCKS, FrameBlock, flip_arc, flip_refusal, frame_block
from algozoo.datasets.psfs import read_psf, read_spectral_psf
from algozoo.datasets.readers import read, read_angles, read_cube, read_wavelengths
from algozoo.datasets.registry import dataset_names, load_dataset, manifest_path
from algozoo.datasets.simulate import Simulation, simulate

__all__ = [
    "FRAME_BLOCKS",
    "Calibration",
    "Dataset",
    "DatasetUnavailable",
    "FittedCompanion",
    "FrameBlock",
    "KnownCompanion",
    "RealManifest",
    "SimulatedManifest",
    "Simulation",
    "Statistics",
    "TrialAnnulus",
    "ValidField",
    "dataset_names",
    "fetch",
    "fit_companion",
    "flip_arc",
    "flip_refusal",
    "frame_block",
    "is_available",
    "load_dataset",
    "load_manifest",
    "manifest_path",
    "n_resels",
    "read",
    "read_angles",
    "read_cube",
    "read_psf",
    "read_spectral_psf",
    "read_wavelengths",
    "simulate",
]
