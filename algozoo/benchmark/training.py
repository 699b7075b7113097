"""To what detectors are fitted, and the models of our own ones, which are kept and used again."""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algozoo.datasets import Dataset
from algozoo.datasets.arrays import read_archive
from algozoo.datasets.cache import cache_folder
from algozoo.datasets.dataset import scored_field
from algozoo.detectors.contract import Detector, Training
from algozoo.detectors.registry import is_built_in
from algozoo.detectors.supervised.learner import Learner
from algozoo.detectors.supervised.progress import Arrays, Report
from algozoo.detectors.versions import detector_version
from algozoo.errors import InputError
from algozoo.files import write_whole
from algozoo.sequence import ADISequence

NONE: Training = "none"
TRANSFER: Training = "transfer"
FLIPPED: Training = "flipped"
OWN_TWIN: Training = "flipped twin of each trial"
ORACLE_EMPTY: Training = "oracle-empty"

LEARNING_CURVE = ["epoch", "loss", "validation_loss", "validation_auc"]
"""Columns of `Detector.learning_curve`."""
NO_MODEL = (KeyError, ValueError, InputError)
"""What reading or using a file raises that is damaged, or no model."""


@dataclass
class Draws:
    """Draws samples, and keeps the last for the next detector that learns from the same."""

    _key: str = field(default="", init=False)
    _drawn: Arrays = field(default_factory=dict, init=False)

    def __call__(
        self, detector: Learner, sequence: ADISequence, usable: NDArray[np.bool_] | None, report: Report | None
    ) -> Arrays:
        """Draw as `Learner.draw` does."""
        parameters = {name: repr(value) for name, value in detector.sampling.items()}
        draw = type(detector).draw
        key = _key([parameters, draw.__module__, draw.__qualname__], sequence, usable)
        if key != self._key:
            self._key, self._drawn = "", {}
            self._drawn = detector.draw(sequence, usable=usable, report=report)
            self._key = key
        return self._drawn


def training_of(detector: Detector, dataset: Dataset) -> Training:
    """Return what a detector is fitted to: what it asks for if it is one of ours, else what the contract says.

    Raises
    ------
    InputError
        If the detector asks for transfer and the dataset is one night.
    """
    ensemble = dataset.manifest.kind == "simulated"
    training = (type(detector) if is_built_in(detector) else Detector).training(detector, ensemble=ensemble)
    if training == TRANSFER and not ensemble:
        raise InputError(
            f"{detector.label}: dataset {dataset.name} is one night, and there is no other to train on; take "
            "train='flipped'"
        )
    return training


def is_control(detector: Detector, dataset: Dataset) -> bool:
    """Return whether a detector knows too much to be ranked on a dataset."""
    return detector.control or training_of(detector, dataset) == ORACLE_EMPTY


def fitted(
    detector: Detector,
    dataset: Dataset,
    null: ADISequence,
    angles: set[bool],
    report: Report | None = None,
    draws: Draws | None = None,
) -> dict[bool, Detector]:
    """Fit a detector as `training_of` says, or take its model from the cache.

    Parameters
    ----------
    detector : Detector
    dataset : Dataset
    null : ADISequence
        The test sequence without companions.
    angles : set
        Whether there are trials with the angles as they are (False), and reversed (True); the flipped twin of these is
        `null` itself.
    report : callable, optional
        See `Learner.fit`.
    draws : Draws, optional
        Where the samples come from, if they are shared.

    Returns
    -------
    dict
        For each of the angles the detector: as it is, if it learns nothing, or from each trial.
    """
    training = training_of(detector, dataset)
    if training in {NONE, OWN_TWIN}:
        return dict.fromkeys(angles, detector)

    if training == TRANSFER:
        return dict.fromkeys(angles, train(detector, dataset.development_sequence(0), None, report, draws))
    result: dict[bool, Detector] = {}
    for flipped in angles:
        of_twin = flipped == (training == ORACLE_EMPTY)
        usable = scored_field(null, dataset.companions(null), 0, np.inf, flipped=of_twin)
        result[flipped] = train(detector, null.flipped() if of_twin else null, usable, report, draws)
    return result


def train(
    detector: Detector,
    sequence: ADISequence,
    usable: NDArray[np.bool_] | None = None,
    report: Report | None = None,
    draws: Draws | None = None,
) -> Detector:
    """Fit a detector, or take its model from the cache if it is a `Learner`.

    Two processes that want the same model do not both train: the second waits. A training that was stopped is resumed
    where the detector can. A model that is damaged is made anew.

    Parameters
    ----------
    detector : Detector
    sequence : ADISequence
    usable : array of bool (n, n), optional
        See `Learner.fit`.
    report : callable, optional
    draws : Draws, optional
        Where the samples come from, if they are shared.

    Raises
    ------
    AlgoZooError
        As `Learner.fit`, or if the cache cannot be written.
    """
    if not isinstance(detector, Learner):
        return detector.fit(sequence)
    detector.prepare()
    path = cache_folder("trained") / f"{detector.name}-{model_key(detector, sequence, usable)[:32]}.npz"
    with _locked(path.with_suffix(".lock")):
        try:
            return detector.with_state(read_archive(path))
        except NO_MODEL:
            checkpoint = FileCheckpoint(path.with_suffix(".unfinished.npz"))
            drawn = draws(detector, sequence, usable, report) if draws else None
            trained = detector.fit(sequence, usable=usable, report=report, checkpoint=checkpoint, drawn=drawn)
            write_arrays(path, trained.state())
            write_learning_curve(path.with_suffix(".learning_curve.csv"), trained)
            checkpoint.path.unlink(missing_ok=True)
            return trained


def model_key(detector: Learner, sequence: ADISequence, usable: NDArray[np.bool_] | None) -> str:
    """Sha256 of all that a model depends on."""
    parameters = {name: repr(value) for name, value in detector.parameters.items() if name != "train"}
    versions = [version(package) for package in ("scikit-learn", *detector.needs)]
    return _key([detector.name, parameters, detector_version(detector), versions], sequence, usable)


def _key(ingredients: list[Any], sequence: ADISequence, usable: NDArray[np.bool_] | None) -> str:
    """Sha256 of a sequence, of the packages that compute, and of more."""
    content = hashlib.sha256()
    names = "cube", "parallactic_angles", "psf", "star_flux", "fwhm", "wavelengths"
    for array in (*(getattr(sequence, name) for name in names), usable):
        values = np.asarray([] if array is None else array)
        content.update(f"{values.dtype}{values.shape}".encode() + values.tobytes())
    versions = [version(package) for package in ("numpy", "scipy")]
    return hashlib.sha256(
        json.dumps([*ingredients, content.hexdigest(), versions], sort_keys=True).encode()
    ).hexdigest()


@dataclass(frozen=True)
class FileCheckpoint:
    """An unfinished training in a file."""

    path: Path

    def load(self) -> dict[str, NDArray[Any]] | None:
        """Return what was saved last; nothing where that is damaged."""
        try:
            return read_archive(self.path)
        except NO_MODEL:
            return None

    def save(self, state: dict[str, NDArray[Any]]) -> None:
        """Keep it instead of what was there."""
        write_arrays(self.path, state)


def write_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write named arrays, whole or not at all."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, **dict(arrays))  # type: ignore[arg-type] # the names are no parameters of savez

    write_whole(path, write)


def write_learning_curve(path: Path, detector: Detector) -> bool:
    """Write what each epoch of training came to as a table; return whether the detector learned in epochs."""
    curve = detector.learning_curve
    if curve is None:
        return False
    header = ",".join(LEARNING_CURVE)
    write_whole(path, lambda file: np.savetxt(file, curve, fmt="%.8g", delimiter=",", header=header, comments=""))
    return True


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
