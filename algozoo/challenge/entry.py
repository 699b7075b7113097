"""Entries of the data challenges: flat zips of FITS files, of which all mistakes are told at once."""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from algozoo.challenge.blobs import BlobRule
from algozoo.challenge.summary import ChallengeMap
from algozoo.challenge.truth import MapTruth, SpectrumTruth
from algozoo.datasets.arrays import image_in, number_in
from algozoo.datasets.hdus import PACKED
from algozoo.errors import InputError
from algozoo.files import Unpacked, finish, most_unpacked, open_file
from algozoo.text import in_line

Value = TypeVar("Value")

LARGEST_IMAGE = 40 * 2**20
LARGEST_FILE = 256 * 2**20
LARGEST_ENTRY = 2**30
"""Bytes, unpacked: a small zip can hold a disk full; see also `algozoo.files.most_unpacked`."""

MOST_FILES = 1000
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
UNREADABLE = (*PACKED, OSError, NotImplementedError, ValueError)
"""What a damaged zip raises."""


class MapEntry(NamedTuple):
    """An entry of the first challenge: what is above the threshold is a detection, in all maps."""

    threshold: float
    maps: list[ChallengeMap]


def read_map_entry(path: str | Path, truth: MapTruth) -> MapEntry:
    """Read an entry of the first challenge.

    Parameters
    ----------
    path : path
        Zip without folders: ``detection_threshold.fits`` (1x1), for each set ``INSTRUMENT_detmap_NUMBER.fits`` and, as
        it likes, ``INSTRUMENT_fwhm_NUMBER.fits``, ``npix.fits``, ``overlap_threshold.fits``, ``max_blob_fact.fits``.
    truth : MapTruth

    Raises
    ------
    InputError
        If anything is wrong; each further line is one mistake.
    """
    with _open(path) as entry:
        threshold = entry.read("detection_threshold.fits", _threshold, np.nan, needed=True)
        found, infinite = [], "infinite pixels, expected numbers, or NaN"
        for one in truth.sets:
            size = (one.size, one.size)
            parse = _image(size, "has", "that of the set's frames", np.isinf, infinite)
            scores = entry.read(one.file("detmap"), parse, np.empty(size), needed=True)
            fwhm = entry.read(one.file("fwhm"), _number("at least 1 px", lambda v: v >= 1), one.fwhm)
            found.append((one, scores, fwhm))
        whole = _number("a whole number from 1", lambda v: v >= 1 and v % 1 == 0)
        npix = entry.read("npix.fits", whole, float(BlobRule.npix))
        overlap = entry.read("overlap_threshold.fits", _number("0 to 1", lambda v: 0 <= v <= 1), BlobRule.overlap)
        positive = _number("a positive number", lambda v: v > 0)
        factor = entry.read("max_blob_fact.fits", positive, BlobRule.max_blob_factor)
    rule = BlobRule(fwhm=np.nan, npix=int(npix), overlap=overlap, max_blob_factor=factor)
    maps = [ChallengeMap(truth=one, scores=scores, rule=replace(rule, fwhm=fwhm)) for one, scores, fwhm in found]
    return MapEntry(threshold, maps)


def read_spectrum_entry(
    path: str | Path, truth: SpectrumTruth, task: Literal["astrometry", "photometry"]
) -> dict[str, NDArray[np.float64]]:
    """Read the estimates of one task of the second challenge.

    Parameters
    ----------
    path : path
        Zip without folders: for each set ``TASK_SET.fits`` (or ``.mef``), of which the first image has the estimates:
        (n_companions, 2) or (n_companions, n_wavelengths). What follows, errors and posteriors, is not read.
    truth : SpectrumTruth
    task : {'astrometry', 'photometry'}

    Returns
    -------
    dict of ndarray
        By the names of the sets.

    Raises
    ------
    InputError
        If anything is wrong; each further line is one mistake.
    """
    with _open(path) as entry:
        estimates = {}
        for one in truth.sets:
            expected = one.offsets if task == "astrometry" else one.contrasts
            names = (f"{task}_{one.name}.fits", f"{task}_{one.name}.mef")
            name = next((name for name in names if name in entry.members), names[0])
            words = "values that are no numbers; -1 is 'not found'"
            parse = _image(expected.shape, "estimates have", "a row per companion", lambda v: ~np.isfinite(v), words)
            estimates[one.name] = entry.read(name, parse, expected, needed=True)
    return estimates


class _Entry:
    """The files of a zip, and what is wrong with them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.asked: list[str] = []
        self.missing: list[str] = []
        files = [info for info in archive.infolist() if not (_is_litter(info.filename) or info.filename.endswith("/"))]
        unpacked = sum(info.file_size for info in files)
        if len(files) > MOST_FILES or unpacked > LARGEST_ENTRY:
            raise InputError(
                f"{len(files)} files of {unpacked / 2**20:.0f} MiB unpacked, expected at most {MOST_FILES} of "
                f"{LARGEST_ENTRY / 2**20:.0f} MiB"
            )
        folders = sorted({str(PurePosixPath(info.filename).parent) for info in files} - {"."})
        self.mistakes = [
            f"the folder {in_line(name)}/: expected files without folders; make it with zip -j" for name in folders
        ]
        names = Counter(PurePosixPath(info.filename).name for info in files)
        self.members = {PurePosixPath(info.filename).name: info for info in files}
        self.mistakes += [f"{in_line(name)}: is there {n} times" for name, n in names.items() if n > 1]

    def read(
        self, name: str, parse: Callable[[Unpacked, str], Value], default: Value, *, needed: bool = False
    ) -> Value:
        """Read a file; the default where there is none or, which is a mistake, a bad one."""
        self.asked.append(name)
        if name not in self.members:
            self.missing += [name] if needed else []
            return default
        try:
            with self._opened(name) as content:
                value = parse(content.up_to(LARGEST_IMAGE), name)
                finish(content, name)
        except InputError as mistake:
            self.mistakes.append(str(mistake))
            return default
        return value

    def check(self) -> None:
        """Raise an InputError with all mistakes, if there are any."""
        spare = sorted(self.members.keys() - self.asked)
        for name in self.missing:
            near = get_close_matches(name, spare, n=1, cutoff=0.8)
            self.mistakes.append(f"{name}: missing{f'; is it {in_line(near[0])}?' if near else ''}")
        if self.mistakes:
            count = "1 mistake" if len(self.mistakes) == 1 else f"{len(self.mistakes)} mistakes"
            raise InputError("\n  ".join([count, *self.mistakes]))

    @contextmanager
    def _opened(self, name: str) -> Iterator[Unpacked]:
        info = self.members[name]
        most = min(LARGEST_FILE, most_unpacked(info.compress_size))
        if info.file_size > most:
            raise InputError(
                f"{name}: {info.file_size / 2**20:.0f} MiB unpacked, expected at most {most / 2**20:.0f} MiB"
            )
        if info.compress_type not in METHODS:
            raise InputError(f"{name}: is compressed in another way than that of zip ({info.compress_type})")
        if info.flag_bits & 1:
            raise InputError(f"{name}: is encrypted, expected a zip without a password")
        try:
            with self.archive.open(info) as stream:
                yield Unpacked(stream, info.file_size)
        except UNREADABLE as error:
            raise InputError(f"{name}: is damaged in the zip ({error})") from None


def _is_litter(name: str) -> bool:
    """Tell what archivers leave behind from what was packed."""
    path = PurePosixPath(name)
    return path.parts[:1] == ("__MACOSX",) or path.name.startswith(".")


@contextmanager
def _open(path: str | Path) -> Iterator[_Entry]:
    """Open an entry, and tell its mistakes when all of it has been read."""
    with open_file(path) as file:
        try:
            archive = zipfile.ZipFile(file)
        except UNREADABLE:
            raise InputError(f"{path}: is not a zip file, or is damaged") from None
        try:
            with archive:
                entry = _Entry(archive)
                yield entry
                entry.check()
        except InputError as mistake:
            raise InputError(f"{path}: {mistake}") from None


def _threshold(content: Unpacked, name: str) -> float:
    values, _ = image_in(content, name, unpack_tiles=False)
    if values.shape != (1, 1) or not np.isfinite(values).all():
        found = f"shape {values.shape}" if values.shape != (1, 1) else f"the value {values[0, 0]}"
        raise InputError(f"{name}: has {found}, expected one finite number of shape (1, 1), the threshold of all maps")
    return float(values[0, 0])


def _image(
    shape: tuple[int, ...], has: str, meaning: str, is_bad: Callable[[NDArray[Any]], NDArray[np.bool_]], words: str
) -> Callable[[Unpacked, str], NDArray[np.float64]]:
    def parse(content: Unpacked, name: str) -> NDArray[np.float64]:
        values, _ = image_in(content, name, unpack_tiles=False)
        if values.shape != shape:
            raise InputError(f"{name}: {has} shape {values.shape}, expected {shape}, {meaning}")
        if is_bad(values).any():
            raise InputError(f"{name}: has {is_bad(values).sum()} {words}")
        return values.astype(np.float64)

    return parse


def _number(expected: str, good: Callable[[float], bool]) -> Callable[[Unpacked, str], float]:
    def parse(content: Unpacked, name: str) -> float:
        value = number_in(content, name, unpack_tiles=False)
        if not good(value):
            raise InputError(f"{name}: is {value:g}, expected {expected}")
        return value

    return parse
