"""Where detectors come from: this package, installed packages (entry points) and folders of submissions."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from algozoo.arguments import checked, expect
from algozoo.detectors.contract import Detector
from algozoo.detectors.parameters import parameter_fields, plain
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

    def create(self, **parameters: Any) -> Detector:
        """Make the detector.

        Raises
        ------
        InputError
            If there is no such parameter (the message suggests the nearest), or one is not of the type or
            within the bounds with which the detector declares it.
        """
        cls = self.detector_class()
        known = [field.name for field in parameter_fields(cls)]
        for parameter in parameters:
            if parameter not in known:
                raise unknown(f"parameter of {self.name}", parameter, known or ["(none)"])
        detector = cls(**{name: plain(value) for name, value in parameters.items()})
        detector.check_parameters()
        return detector


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


@checked
def create(name: str, /, **parameters: Any) -> Detector:
    """Make a detector by name, as in ``create("pca", n_components=20)``; see `Entry.create`.

    Raises
    ------
    InputError
        If there is no such detector or parameter (the message suggests the nearest), or a parameter is not of the
        type or within the bounds with which the detector declares it.
    """
    expect(name, str, "create: name", 'create("pca", n_components=20)')
    entries = registered()
    if name not in entries:
        raise unknown("detector", name, entries)
    return entries[name].create(**parameters)


def is_built_in(detector: Detector) -> bool:
    """Return whether a detector is one of AlgoZoo's own, and not one made from it."""
    return BUILT_IN.get(detector.name) == f"{type(detector).__module__}:{type(detector).__qualname__}"


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
