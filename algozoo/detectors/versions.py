"""What stands for the code of a detector in a key: a version of our own ones, the text of all others."""

import inspect
import re
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

from algozoo.detectors.contract import Detector
from algozoo.detectors.registry import BUILT_IN, ENTRY_POINT_GROUP, registered
from algozoo.detectors.submitted.detector import IMPORTS_VERSION, Submitted
from algozoo.errors import InputError
from algozoo.files import source_digest

ANY_DETECTOR = re.compile(
    r"import algozoo\b(?!\.)|from algozoo import|algozoo\.detectors\b(?!\.)|detectors\.(registry|supervised)"
)
"""Imports through which third-party code may use every detector of ours, or what the supervised ones are made from."""


def detector_version(detector: Detector) -> str:
    """Say all that the maps of a detector depend on, besides its parameters and the sequence.

    Parameters
    ----------
    detector : Detector

    Returns
    -------
    str
        The version of a built-in detector. For a submission the digest of its folder and whether it is confined; for
        the class of a package its name, its version and the digest of its source code. Third-party code may build on
        ours, so that `IMPORTS_VERSION` and the versions of the detectors that it imports are added.

    Raises
    ------
    InputError
        If the class was not read from a file, or its folder cannot be read.
    """
    cls = type(detector)
    if isinstance(detector, Submitted):
        return " ".join([detector.digest, *_of_ours([detector.folder])])
    if cls.__module__.startswith("algozoo."):
        return cls.version
    places = sorted({_source(base) for base in cls.__mro__ if _is_third_party(base)})
    return " ".join([*_distribution(cls.name), source_digest(places), *_of_ours(places)])


def _is_third_party(cls: type) -> bool:
    return issubclass(cls, Detector) and not cls.__module__.startswith("algozoo.")


def _source(cls: type) -> Path:
    """Folder of the package of a class, or the file of a module that is in none."""
    package = sys.modules.get(cls.__module__.partition(".")[0])
    folder = next(iter(getattr(package, "__path__", ())), None)
    try:
        return Path(folder or inspect.getfile(cls))
    except (TypeError, OSError):
        raise InputError(
            f"detector {cls.__name__} is defined in no file, so that its results cannot be told from those of another "
            "version: put the class into a module, and import it"
        ) from None


def _distribution(name: str) -> list[str]:
    points = entry_points(group=ENTRY_POINT_GROUP, name=name)
    return [f"{point.dist.name} {point.dist.version}" for point in points if point.dist]


def _of_ours(places: list[Path]) -> Iterator[str]:
    """Yield the versions of what third-party code uses of this package."""
    yield f"imports {IMPORTS_VERSION}"
    files = [path for place in places for path in (sorted(place.rglob("*.py")) if place.is_dir() else [place])]
    text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files)
    for name, target in BUILT_IN.items():
        module = target.partition(":")[0].removeprefix("algozoo.")
        if ANY_DETECTOR.search(text) or re.search(rf"{re.escape(module)}\b", text):
            yield f"{name} {registered()[name].detector_class().version}"
