"""Maps that were made elsewhere, checked before they are scored: none missing, none too many, none turned."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import Suite
from algozoo.datasets.arrays import read_image
from algozoo.detectors.contract import Cost, DetectionMap, Detector, Kind
from algozoo.detectors.registry import registered
from algozoo.errors import InputError
from algozoo.scoring.intervals import Array
from algozoo.sequence import ADISequence
from algozoo.submissions.sealed import MAPS, Control, Truth, content_digest
from algozoo.text import in_line
from algozoo.toml import Line, Name, Source, Table, check_table

TURNS: dict[str, Callable[[Array], Array]] = {
    "mirrored left to right": np.fliplr,
    "mirrored top to bottom": np.flipud,
    "turned by 180 degrees": lambda scores: np.rot90(scores, 2),
    "transposed (rows for columns)": np.transpose,
    "turned by 90 degrees counter-clockwise": lambda scores: np.rot90(scores, 1),
    "turned by 90 degrees clockwise": lambda scores: np.rot90(scores, 3),
    "transposed about the other diagonal": lambda scores: np.rot90(scores, 2).T,
}
"""What may have happened to a map, and what undoes it; rows count upwards."""
LARGEST_MAP = 40 * 2**20
"""Bytes of the file of a map, unpacked."""
REACH = 1.5
"""Distance in FWHM within which the highest score of a control is on its companion."""


def read_maps(folder: Path, truth: Truth, mirror: Path | None) -> dict[str, Array]:
    """Read the maps of a folder of exported trials.

    Parameters
    ----------
    folder : path
        As `algozoo.submissions.export.export_trials` made it, with `maps` in it.
    truth : Truth
    mirror : path, optional
        See `algozoo.datasets.fetch`.

    Returns
    -------
    dict of ndarray (n, n)
        By the names of the files.

    Raises
    ------
    InputError
        If maps are missing, of another shape, unreadable or turned, or files are there that are none: all are listed.
    """
    first = {entry.name: truth.suite.load(entry, mirror).sequence(0) for entry in truth.suite.datasets}
    datasets = {file.id: file.dataset for file in truth.files}
    found: dict[str, list[Path]] = {}
    for path in sorted((folder / MAPS).glob("*")):
        if ".fits" in path.name.lower():
            found.setdefault(in_line(path.name.partition(".")[0]), []).append(path)
    places = {name: paths[0] for name, paths in found.items()}
    mistakes = [
        f"  {len(paths)} files are of one trial: {', '.join(in_line(path.name) for path in paths)}; leave the right one"
        for paths in found.values()
        if len(paths) > 1
    ]
    if missing := sorted(datasets.keys() - places.keys()):
        mistakes.append(f"  {len(missing)} of {len(datasets)} maps are missing: {', '.join(missing)}")
    if extra := sorted(places.keys() - datasets.keys()):
        mistakes.append(f"  {len(extra)} files have names of no trial: {', '.join(extra)}")
    maps = {}
    for name in sorted(datasets.keys() & places.keys()):
        size = first[datasets[name]].size
        try:
            scores = np.squeeze(read_image(places[name], LARGEST_MAP)[0]).astype(np.float64)
        except InputError as error:
            mistakes.append(f"  {error}")
            continue
        if scores.shape != (size, size):
            mistakes.append(f"  {places[name]}: has shape {scores.shape}, expected {(size, size)}, that of a frame")
        else:
            maps[name] = scores
    mistakes += [
        f"  {places[control.id]}: {problem}"
        for control in truth.controls
        if control.id in maps and (problem := how_it_is_turned(maps[control.id], control, first[control.dataset].fwhm))
    ]
    if mistakes:
        raise InputError("\n".join([f"{folder / MAPS}: the maps cannot be scored", *mistakes]))
    return maps


def how_it_is_turned(scores: Array, control: Control, fwhm: float) -> str:
    """Say how the map of a control is turned, or nothing if it is as it should be."""

    def is_right(candidate: Array) -> bool:
        if not np.isfinite(candidate).any():
            return False
        row, column = np.unravel_index(np.nanargmax(candidate), candidate.shape)
        return bool(np.hypot(column - control.x, row - control.y) <= REACH * fwhm)

    if is_right(scores):
        return ""
    for name, undo in TURNS.items():
        if is_right(undo(scores)):
            return f"is {name}; turn all maps back and import them again"
    return (
        "its highest score is not at the companion that nobody can miss; are the frames derotated by +ANGLES "
        "counter-clockwise, and is larger more planet-like?"
    )


class _About(Table):
    name: Name
    title: Line
    reference: Line


@dataclass(frozen=True, kw_only=True)
class MapsOnly(Detector):
    """Maps that were made elsewhere: what made them was not run here.

    Parameters
    ----------
    content : str
        Sha256 of all maps.
    """

    maps_only: ClassVar[bool] = True
    kind: ClassVar[Kind]
    maps: ClassVar[Mapping[str, Array]]

    content: str

    @property
    def label(self) -> str:
        """Name for tables and legends, which says that there is nothing behind it that could be run."""
        return f"{self.name} (maps only)"

    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Return the map that came back for these frames."""
        unknown = Cost(np.nan, np.nan, 0)
        return DetectionMap(scores=self.maps[content_digest(sequence)], kind=self.kind, cost=unknown)


def maps_only(
    maps: Mapping[str, Array], truth: Truth, *, name: str, title: str, reference: str, kind: Kind
) -> MapsOnly:
    """Make a detector of the maps that `read_maps` returns.

    Raises
    ------
    InputError
        If the name is none for a detector, or one is called so already, or title or reference are empty.
    """
    check_table(Source("the row of the maps", {"name": name, "title": title, "reference": reference}), _About)
    entries = registered()
    if name in entries:
        raise InputError(f"the name {name!r} is taken: {entries[name].origin}; choose another with --name")
    digest = hashlib.sha256()
    for trial in truth.trials:
        digest.update(maps[trial.id].tobytes())
    own = {trial.content: maps[trial.id] for trial in truth.trials}
    return _made(own, digest.hexdigest(), name=name, title=title, reference=reference, kind=kind)


def refuse_replacing(detector: MapsOnly, suite: Suite, store: Store) -> None:
    """Refuse other maps under the name of a row that is on the board.

    Raises
    ------
    InputError
        It says what to do instead.
    """
    for record in store.records():
        about = record.detector
        same = about.label == detector.label and about.parameters == {"content": repr(detector.content)}
        if about.name == detector.name and record.suite.name == suite.name and not same:
            raise InputError(
                f"{store.folder} has results of {about.label} on suite {suite.name}, and these are other maps; choose "
                f"another name, such as --name {detector.name}-2, and take the old row back with `algozoo ledger add "
                f"withdraw {detector.name}`"
            )


def absent_maps(name: str) -> MapsOnly:
    """Make a detector of maps that are not here: it knows no trial."""
    return _made({}, "", name=name, title=name, reference="", kind="ratio")


def _made(maps: Mapping[str, Array], content: str, **about: str) -> MapsOnly:
    cls: type[MapsOnly] = type("MapsOnly", (MapsOnly,), {"__doc__": MapsOnly.__doc__, "maps": maps, **about})
    return cls(content=content)
