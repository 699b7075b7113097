"""Where detectors come from: this package, installed packages (entry points) and folders of submissions."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from algozoo.detectors.contract import Detector
from algozoo.detectors.submitted.detector import submitted_class
from algozoo.detectors.submitted.manifest import MANIFEST
from algozoo.errors import InputError, unknown

BUILT_IN = {
    "annular-median": "algozoo.detectors.annular_median:AnnularMedian",
    "annular-pca": "algozoo.detectors.annular_pca:AnnularPCA",
    "blank": "algozoo.detectors.controls:Blank",
    "loci": "algozoo.detectors.loci:LOCI",
    "llsg": "algozoo.detectors.llsg:LLSG",
    "matched-filter": "algozoo.detectors.matched_filter:MatchedFilter",
    "median": "algozoo.detectors.median:Median",
    "nmf": "algozoo.detectors.nmf:NMF",
    "oracle": "algozoo.detectors.controls:Oracle",
    "pairwise": "algozoo.detectors.pairwise:Pairwise",
    "pca": "algozoo.detectors.pca:PCA",
    "random": "algozoo.detectors.controls:Random",
    "sodinn": "algozoo.detectors.supervised.sodinn:SODINN",
    "sodirf": "algozoo.detectors.supervised.sodirf:SODIRF",
    "stim": "algozoo.detectors.stim:STIM",
}
ENTRY_POINT_GROUP = "algozoo.detectors"
SUBMISSIONS = Path("submissions")


@dataclass(frozen=True)
class Entry:
    """A registered detector, not yet imported.

    Parameters
    ----------
    name : str
    origin : str
        Where it comes from, for a person.
    load : callable
        Imports and returns the detector's class.
    """

    name: str
    origin: str
    load: Callable[[], Any]

    def detector_class(self) -> type[Detector]:
        """Import the class, or make that of a submission from its manifest, and hold it against the contract.

        Raises
        ------
        InputError
            If it cannot be imported, is no `Detector` or calls itself by another name, or its manifest has mistakes.
        """
        try:
            cls = self.load()
        except InputError:
            raise
        except Exception as error:
            raise InputError(
                f"detector {self.name!r} ({self.origin}) cannot be imported: {type(error).__name__}: {error}"
            ) from error
        if not (inspect.isclass(cls) and issubclass(cls, Detector) and is_dataclass(cls)):
            raise InputError(f"detector {self.name!r} ({self.origin}): {cls!r} is no dataclass derived from Detector")
        if getattr(cls, "name", None) != self.name:
            raise InputError(
                f"detector {self.name!r} ({self.origin}): its class has name = {getattr(cls, 'name', None)!r}, "
                f"expected {self.name!r}"
            )
        return cls


def registered(submissions: Path = SUBMISSIONS) -> dict[str, Entry]:
    """List all detectors by name, importing none of them.

    Parameters
    ----------
    submissions : path
        Folder with one folder for each submission, in it `submission.toml` and `detector.py`; its name is the folder's.

    Raises
    ------
    InputError
        If two have the same name; the message says where both come from.
    """
    entries: dict[str, Entry] = {}
    for entry in [*_built_in(), *_installed(), *_submitted(submissions)]:
        if entry.name in entries:
            raise InputError(
                f"two detectors are called {entry.name!r}: {entries[entry.name].origin} and {entry.origin}; rename one"
            )
        entries[entry.name] = entry
    return dict(sorted(entries.items()))


def create(name: str, parameters: Mapping[str, Any] | None = None, *, submissions: Path = SUBMISSIONS) -> Detector:
    """Make a detector by name.

    Raises
    ------
    InputError
        If there is no such detector or parameter (the message suggests the nearest), or a parameter is not of the
        type with which the detector declares it.
    """
    entries = registered(submissions)
    if name not in entries:
        raise unknown("detector", name, entries)
    cls = entries[name].detector_class()
    types = get_type_hints(cls)
    known = {f.name: types[f.name] for f in fields(cls) if f.init}
    values = {}
    for parameter, given in (parameters or {}).items():
        if parameter not in known:
            raise unknown(f"parameter of {name}", parameter, known or ["(none)"])
        values[parameter] = tuple(given) if isinstance(given, list) else given  # TOML has no tuples
        try:
            TypeAdapter(known[parameter]).validate_python(values[parameter], strict=True)
        except ValidationError as error:
            mistakes = [mistake["msg"] for mistake in error.errors()]
            expected = "; ".join(m.replace("a valid tuple", "a list of numbers, as [0.5, 1.0]") for m in mistakes)
            raise InputError(f"{name}: {parameter} is {given!r}: {expected}") from None
    return cls(**values)


def _built_in() -> list[Entry]:
    def loader(target: str) -> Callable[[], Any]:
        module, _, attribute = target.partition(":")
        return lambda: getattr(import_module(module), attribute)

    return [Entry(name, "built-in", loader(target)) for name, target in BUILT_IN.items()]


def _installed() -> list[Entry]:
    return [
        Entry(point.name, f"package {point.dist.name if point.dist else point.value}", point.load)
        for point in entry_points(group=ENTRY_POINT_GROUP)
    ]


def _submitted(folder: Path) -> list[Entry]:
    folders = [manifest.parent for manifest in sorted(folder.glob(f"*/{MANIFEST}"))]
    return [Entry(place.name, str(place), partial(submitted_class, place)) for place in folders]
