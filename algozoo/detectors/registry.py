"""Where detectors come from: this package, installed packages (entry points) and folders of submissions."""

import hashlib
import importlib.util
import inspect
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from algozoo.detectors.contract import Detector
from algozoo.errors import InputError, unknown
from algozoo.files import source_digest

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
    "sodinn": "algozoo.detectors.sodinn:SODINN",
    "sodirf": "algozoo.detectors.sodirf:SODIRF",
    "stim": "algozoo.detectors.stim:STIM",
}
ENTRY_POINT_GROUP = "algozoo.detectors"
SUBMISSIONS = Path("submissions")
SUBMISSION_MODULE = "algozoo_submission_"


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
        """Import the class and hold it against the contract.

        Raises
        ------
        InputError
            If it cannot be imported, is no `Detector`, or calls itself by another name.
        """
        try:
            cls = self.load()
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
        Folder with one folder for each submission, in it a `submission.toml` with `name` and `class`, and the
        class in `detector.py`.

    Raises
    ------
    InputError
        If two have the same name (the message says where both come from), or a `submission.toml` is unreadable.
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
    for parameter, value in (parameters or {}).items():
        if parameter not in known:
            raise unknown(f"parameter of {name}", parameter, known or ["(none)"])
        try:
            TypeAdapter(known[parameter]).validate_python(value, strict=True)
        except ValidationError as error:
            expected = "; ".join(mistake["msg"] for mistake in error.errors())
            raise InputError(f"{name}: {parameter} is {value!r}: {expected}") from None
    return cls(**(parameters or {}))


def detector_digest(detector: Detector) -> str:
    """Sha256 of the code of a detector.

    It is of its folder if it is a submission, else of the modules of its class and bases, and of those it names.
    """
    cls = type(detector)
    if cls.__module__.startswith(SUBMISSION_MODULE):
        return source_digest([Path(inspect.getfile(cls)).parent])
    modules = [Path(inspect.getfile(base)) for base in cls.__mro__ if issubclass(base, Detector)]
    return source_digest(modules + [Path(str(spec.origin)) for name in cls.sources if (spec := find_spec(name))])


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
    return [_submission(manifest) for manifest in sorted(folder.glob("*/submission.toml"))]


def _submission(manifest: Path) -> Entry:
    try:
        values = tomllib.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{manifest}: not readable as TOML ({error})") from None
    missing = [key for key in ("name", "class") if not isinstance(values.get(key), str)]
    if missing:
        example = 'name = "mine" and class = "Mine"'
        raise InputError(f"{manifest}: {' and '.join(missing)} missing, expected for example {example}")
    return Entry(values["name"], str(manifest.parent), lambda: getattr(_module(manifest), values["class"]))


def _module(manifest: Path) -> ModuleType:
    """Import the `detector.py` beside a manifest, once."""
    name = f"{SUBMISSION_MODULE}{hashlib.sha256(str(manifest.resolve()).encode()).hexdigest()[:16]}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, manifest.parent / "detector.py")
        if spec is None or spec.loader is None:
            raise ImportError(f"{manifest.parent / 'detector.py'} is no Python module")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]
