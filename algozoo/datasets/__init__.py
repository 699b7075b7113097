"""Datasets: manifests, and the sequences that they describe."""

from algozoo.datasets.adding.negative_companion import fit_companion
from algozoo.datasets.annuli import Calibration, Statistics, TrialAnnulus
from algozoo.datasets.dataset import Dataset, n_resels
from algozoo.datasets.download import DatasetUnavailable, fetch, is_available
from algozoo.datasets.front import read
from algozoo.datasets.manifest import RealManifest, SimulatedManifest, load_manifest
from algozoo.datasets.nulls import FRAME_BLOCKS, FrameBlock, flip_refusal, frame_block
from algozoo.datasets.registry import dataset_names, load_dataset, manifest_path
from algozoo.datasets.simulate import Simulation, simulate

__all__ = [
    "FRAME_BLOCKS",
    "Calibration",
    "Dataset",
    "DatasetUnavailable",
    "FrameBlock",
    "RealManifest",
    "SimulatedManifest",
    "Simulation",
    "Statistics",
    "TrialAnnulus",
    "dataset_names",
    "fetch",
    "fit_companion",
    "flip_refusal",
    "frame_block",
    "is_available",
    "load_dataset",
    "load_manifest",
    "manifest_path",
    "n_resels",
    "read",
    "simulate",
]
