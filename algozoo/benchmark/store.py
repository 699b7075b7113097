"""The store: one Parquet file for each shard, named by its content key, whole or not there at all.

``pandas.read_parquet(folder / "shards")`` reads all outcomes; the run record is in each file's schema metadata.
"""

import json
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning
from pydantic import ValidationError

from algozoo.benchmark.record import Preview, RunRecord
from algozoo.benchmark.shard_file import (
    LeaveOut,
    MalformedShard,
    StoredShard,
    agreeing,
    mistakes,
    read_record,
    read_shard,
    write_shard,
)
from algozoo.datasets.hdus import open_hdus
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import read_text, remove_litter, write_whole
from algozoo.scoring.outcomes import OutcomeRow


def _refuse(error: MalformedShard) -> None:
    raise error


@dataclass(frozen=True)
class ExampleMap:
    """A detection map kept for the gallery: of which trial, its scores and, if there is one, its residual image."""

    trial: int
    scores: np.ndarray
    image: np.ndarray | None


class Store:
    """A folder of outcomes.

    Parameters
    ----------
    folder : path
        Made when first written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def remove_litter(self) -> None:
        """Remove what processes that died have left half-written."""
        for name in ("shards", "maps", "datasets"):
            remove_litter(self.folder / name)

    def is_done(self, key: str) -> bool:
        """Return whether a shard is there, without a failed trial in it: a failure is tried again.

        Raises
        ------
        AlgoZooError
            If its file or that of its maps is damaged, or it is of another format.
        """
        path = self._shard(key)
        if not path.is_file():
            return False
        record = read_shard(path, read_record(path)).record
        self.maps(key)
        return record.n_failed == 0

    def write(self, record: RunRecord, rows: Sequence[OutcomeRow], maps: Sequence[ExampleMap]) -> None:
        """Write a shard under the key of its record, its maps first, so that a shard that is there is complete.

        Raises
        ------
        AlgoZooError
            If the disk is full or the folder cannot be written; nothing half-written is left.
        """
        if maps:
            write_whole(self._maps(record.key), lambda path: _map_file(maps).writeto(path, checksum=True))
        write_shard(self._shard(record.key), record, rows)

    def write_preview(self, about: Preview, images: dict[str, np.ndarray]) -> None:
        """Keep what a dataset looks like: named arrays as FITS, and facts as JSON beside them."""
        name = f"{about.manifest.name}-{about.manifest.version}"
        hdus = fits.HDUList([fits.PrimaryHDU()])
        hdus += [fits.ImageHDU(np.asarray(image), name=key) for key, image in images.items()]
        write_whole(self.folder / "datasets" / f"{name}.fits", hdus.writeto)
        text = json.dumps(about.model_dump(mode="json"), indent=1)
        write_whole(self.folder / "datasets" / f"{name}.json", lambda path: path.write_text(text, encoding="utf-8"))

    def has_preview(self, name: str) -> bool:
        """Return whether a dataset was run here."""
        return (self.folder / "datasets" / f"{name}.json").is_file()

    def preview(self, name: str) -> tuple[Preview, dict[str, np.ndarray]]:
        """Read what `write_preview` wrote of a dataset and its version, joined by a hyphen."""
        path = self.folder / "datasets" / f"{name}.fits"
        try:
            about = Preview.model_validate_json(read_text(path.with_suffix(".json")))
            with open_hdus(path) as hdus:
                return about, {hdu.name.lower(): np.array(hdu.data, dtype=float) for hdu in hdus[1:]}
        except ValidationError as error:
            raise _no_preview(path.with_suffix(".json"), mistakes(error)) from None
        except Exception as error:  # a damaged file may raise anything
            raise _no_preview(path, error) from error

    def suites(self) -> list[tuple[str, str]]:
        """Names and versions of the suites that the store has results of; files that are damaged are passed over."""
        records = (record for record, _ in self._records(lambda _: None))
        return sorted({(record.suite.name, record.suite.version) for record in records})

    def records(self) -> list[RunRecord]:
        """Run records of all shards of all suites.

        Raises
        ------
        AlgoZooError
            If a file is damaged, or a name in it could not be that of a file; the message names it.
        """
        return [record for record, _ in self._records(_refuse)]

    def read(self, suite: str, version: str, leave_out: LeaveOut = _refuse) -> tuple[pd.DataFrame, list[RunRecord]]:
        """Read the outcomes of a suite: one row a trial, and one run record a shard.

        Where a detector was run more than once, as after a change of its code, the latest counts. What was run on
        other trials than the latest of a dataset, as after a change of its manifest, is left out.

        Parameters
        ----------
        suite, version : str
        leave_out : callable, optional
            Gets the error of each file that is malformed, which is then left out; by default it is raised.

        Raises
        ------
        InputError
            If there are none, or only of other versions.
        AlgoZooError
            If a file is damaged; the message names it.
        """
        shards = sorted(self._shards(suite, version, leave_out), key=lambda shard: shard.record.start)
        trials = {shard.record.dataset: shard.record.trials for shard in shards}
        latest = {shard.place: shard for shard in shards if shard.record.trials == trials[shard.record.dataset]}
        shown = agreeing(latest.values(), leave_out)
        if not shown:
            held = ", ".join(f"{name} version {v}" for name, v in self.suites()) or "nothing"
            raise InputError(
                f"{self.folder} has no results of suite {suite} version {version}; it holds {held}, and versions are "
                "never mixed. Run the suite first, or give another folder with --store"
            )
        return pa.concat_tables([shard.rows for shard in shown]).to_pandas(), [shard.record for shard in shown]

    def maps(self, key: str, shape: tuple[int, ...] | None = None) -> list[ExampleMap]:
        """Read the example maps of a shard.

        Parameters
        ----------
        key : str
        shape : tuple of int, optional
            That they must have; they must be alike in any case.

        Raises
        ------
        AlgoZooError
            If the file is damaged; the message names it.
        """
        path = self._maps(key)
        if not path.is_file():
            return []
        try:
            return _read_maps(path, shape)
        except Exception as error:  # a damaged file may raise anything
            raise MalformedShard(path, error) from error

    def _records(self, leave_out: LeaveOut) -> Iterator[tuple[RunRecord, Path]]:
        for path in sorted((self.folder / "shards").glob("*.parquet")):
            try:
                yield read_record(path), path
            except MalformedShard as error:
                leave_out(error)

    def _shards(self, suite: str, version: str, leave_out: LeaveOut) -> Iterator[StoredShard]:
        for record, path in self._records(leave_out):
            if (record.suite.name, record.suite.version) == (suite, version):
                try:
                    yield read_shard(path, record)
                except MalformedShard as error:
                    leave_out(error)

    def _shard(self, key: str) -> Path:
        return self.folder / "shards" / f"{key}.parquet"

    def _maps(self, key: str) -> Path:
        return self.folder / "maps" / f"{key}.fits"


def _no_preview(path: Path, error: Exception | str) -> AlgoZooError:
    return AlgoZooError(f"{path}: not readable ({error}); run the suite again to make it again")


def _map_file(maps: Sequence[ExampleMap]) -> fits.HDUList:
    hdus = fits.HDUList([fits.PrimaryHDU()])
    for example in maps:
        for name, layer in (("SCORES", example.scores), ("IMAGE", example.image)):
            if layer is not None:
                hdus.append(fits.ImageHDU(layer.astype(np.float32), fits.Header({"TRIAL": example.trial}), name=name))
    return hdus


def _read_maps(path: Path, expected: tuple[int, ...] | None) -> list[ExampleMap]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", AstropyUserWarning)  # a wrong checksum
        with open_hdus(path, checksum=True) as hdus:
            layers = {(hdu.header["TRIAL"], hdu.name): np.array(hdu.data, dtype=float) for hdu in hdus[1:]}
    shapes = {layer.shape for layer in layers.values()}
    expected = expected or next(iter(shapes), ())
    if shapes != {expected} or len(expected) != 2:
        raise ValueError(f"its maps have shape {' and '.join(map(str, shapes))}, expected {expected or '2-D'}")
    trials = sorted({trial for trial, _ in layers})
    return [ExampleMap(trial, layers[trial, "SCORES"], layers.get((trial, "IMAGE"))) for trial in trials]
