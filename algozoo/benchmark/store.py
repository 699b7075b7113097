"""The store: one Parquet file for each shard, named by its content key, whole or not there at all.

``pandas.read_parquet(folder / "shards")`` reads all outcomes; the run record is in each file's schema metadata.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from algozoo.errors import AlgoZooError, InputError
from algozoo.files import write_whole
from algozoo.toml import DetectorLabel, DetectorName, Name, Version

FORMAT = 3
SETTLED = frozenset({"ok", "declined"})
"""Outcomes of a trial that another run would not change; the others are its failures."""

_CANDIDATES = pa.list_(pa.float32())
SCHEMA = pa.schema(
    [
        ("suite", pa.string()),
        ("suite_version", pa.string()),
        ("dataset", pa.string()),
        ("dataset_version", pa.string()),
        ("dataset_kind", pa.string()),
        ("sequence", pa.int32()),
        ("detector", pa.string()),
        ("control", pa.bool_()),
        ("training", pa.string()),
        ("trial", pa.int32()),
        ("trial_kind", pa.string()),
        ("block", pa.string()),
        ("annulus", pa.int32()),
        ("separation", pa.float64()),
        ("position_angle", pa.float64()),
        ("contrast", pa.float64()),
        ("x", pa.float64()),
        ("y", pa.float64()),
        ("fwhm", pa.float64()),
        ("n_resels", pa.float64()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("seconds", pa.float64()),
        ("cpu_seconds", pa.float64()),
        ("map_kind", pa.string()),
        ("candidate_x", _CANDIDATES),
        ("candidate_y", _CANDIDATES),
        ("candidate_score", pa.list_(pa.float64())),
        ("candidate_flux", pa.list_(pa.float64())),
        ("null_separation", _CANDIDATES),
        ("null_score", _CANDIDATES),
    ]
)


class _OfSuite(BaseModel):
    name: Name
    version: str


class _OfDetector(BaseModel):
    name: DetectorName = "unnamed"
    label: DetectorLabel


class _Record(BaseModel):
    """What every record has, with names that can be those of files: a store may hold what others sent."""

    suite: _OfSuite
    dataset: Name
    sequence: int
    trials: str
    started: str
    detector: _OfDetector


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

    def is_done(self, key: str) -> bool:
        """Tell whether a shard is there, without a failed trial in it: a failure is tried again."""
        path = self._shard(key)
        return path.is_file() and _record(path)["n_failed"] == 0

    def write(self, key: str, record: dict[str, Any], rows: list[dict[str, Any]], maps: list[ExampleMap]) -> None:
        """Write a shard, its maps first, so that a shard that is there is complete.

        Raises
        ------
        AlgoZooError
            If the disk is full or the folder cannot be written; nothing half-written is left.
        """
        failed = sum(row["status"] not in SETTLED for row in rows)
        record = {"format": FORMAT, "key": key, "n_failed": failed, **record}
        table = pa.Table.from_pylist(rows, SCHEMA.with_metadata({"algozoo": json.dumps(record)}))
        if maps:
            write_whole(self._maps(key), lambda path: _map_file(maps).writeto(path))
        write_whole(self._shard(key), lambda path: pq.write_table(table, path, compression="zstd"))

    def write_preview(self, name: str, about: dict[str, Any], images: dict[str, np.ndarray]) -> None:
        """Keep what a dataset looks like: named arrays as FITS, and facts as JSON beside them."""
        hdus = fits.HDUList([fits.PrimaryHDU()])
        hdus += [fits.ImageHDU(np.asarray(image), name=key) for key, image in images.items()]
        write_whole(self.folder / "datasets" / f"{name}.fits", hdus.writeto)
        text = json.dumps(about, indent=1)
        write_whole(self.folder / "datasets" / f"{name}.json", lambda path: path.write_text(text, encoding="utf-8"))

    def has_preview(self, name: str) -> bool:
        """Tell whether a dataset was run here."""
        return (self.folder / "datasets" / f"{name}.json").is_file()

    def preview(self, name: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Read what `write_preview` wrote."""
        path = self.folder / "datasets" / f"{name}.fits"
        try:
            about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            with fits.open(path) as hdus:
                return about, {hdu.name.lower(): np.array(hdu.data, dtype=float) for hdu in hdus[1:]}
        except (OSError, ValueError) as error:
            raise AlgoZooError(f"{path}: not readable ({error}); run the suite again to make it anew") from error

    def suites(self) -> list[tuple[str, str]]:
        """Names and versions of the suites that the store has results of."""
        return sorted({(record["suite"]["name"], record["suite"]["version"]) for record in self.records()})

    def records(self) -> list[dict[str, Any]]:
        """Run records of all shards of all suites.

        Raises
        ------
        AlgoZooError
            If a file is damaged, or a name in it could not be that of a file; the message names it.
        """
        return [record for record, _ in self._records()]

    def read(self, suite: str, version: str) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
        """Read the outcomes of a suite: one row a trial, and one run record a shard.

        Where a detector was run more than once, as after a change of its code, the latest counts. What was run on
        other trials than the latest of a dataset, as after a change of its manifest, is left out.

        Raises
        ------
        InputError
            If there are none, or only of other versions.
        AlgoZooError
            If a file is damaged; the message names it.
        """
        of_suite = [
            (record, path)
            for record, path in sorted(self._records(), key=lambda shard: str(shard[0]["started"]))
            if (record["suite"]["name"], record["suite"]["version"]) == (suite, version)
        ]
        trials = {record["dataset"]: record["trials"] for record, _ in of_suite}
        latest = {
            (record["dataset"], record["detector"]["label"], record["sequence"]): (record, path)
            for record, path in of_suite
            if record["trials"] == trials[record["dataset"]]
        }
        if not latest:
            held = ", ".join(f"{name} version {v}" for name, v in self.suites()) or "nothing"
            raise InputError(
                f"{self.folder} has no results of suite {suite} version {version}; it holds {held}, and versions are "
                "never mixed. Run the suite first, or give another folder with --store"
            )
        table = pa.concat_tables([_read_table(path, record) for record, path in latest.values()])
        return table.to_pandas(), [record for record, _ in latest.values()]

    def maps(self, key: str) -> list[ExampleMap]:
        """Read the example maps of a shard."""
        path = self._maps(key)
        if not path.is_file():
            return []
        with fits.open(path) as hdus:
            layers = {(hdu.header["TRIAL"], hdu.name): np.array(hdu.data, dtype=float) for hdu in hdus[1:]}
        trials = sorted({trial for trial, _ in layers})
        return [ExampleMap(trial, layers[trial, "SCORES"], layers.get((trial, "IMAGE"))) for trial in trials]

    def _records(self) -> Iterator[tuple[dict[str, Any], Path]]:
        for path in sorted((self.folder / "shards").glob("*.parquet")):
            yield _record(path), path

    def _shard(self, key: str) -> Path:
        return self.folder / "shards" / f"{key}.parquet"

    def _maps(self, key: str) -> Path:
        return self.folder / "maps" / f"{key}.fits"


def _record(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((pq.read_schema(path).metadata or {})[b"algozoo"])
        version = record.get("format")
    except (OSError, KeyError, ValueError, AttributeError) as error:
        raise _damaged(path, error) from error
    if version != FORMAT:
        raise InputError(
            f"{path}: written in store format {version}, this AlgoZoo reads format {FORMAT}; use another "
            "folder with --store"
        )
    try:
        _Record.model_validate(record)
    except ValidationError as error:
        raise _damaged(path, "; ".join(map(_told, error.errors()))) from None
    return record | {"key": path.stem}


def _read_table(path: Path, record: dict[str, Any]) -> pa.Table:
    """Read the rows of a shard; of what they are is said by its record alone."""
    try:
        table = pq.read_table(path, schema=SCHEMA)
        for version in filter(None, table["dataset_version"].unique().to_pylist()):
            TypeAdapter(Version).validate_python(version)
    except ValidationError as error:
        raise _damaged(path, f"dataset_version: {_told(error.errors()[0])}") from None
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error
    said = {
        "suite": record["suite"]["name"],
        "suite_version": record["suite"]["version"],
        "dataset": record["dataset"],
        "sequence": record["sequence"],
        "detector": record["detector"]["label"],
    }
    for name, value in said.items():
        field = SCHEMA.field(name)
        table = table.set_column(SCHEMA.get_field_index(name), field, pa.array([value] * len(table), field.type))
    return table


def _told(mistake: ErrorDetails) -> str:
    where = ".".join(map(str, mistake["loc"]))
    message = mistake["msg"].removeprefix("Value error, ")
    return f"{where} is {mistake['input']!r}: {message}" if where else f"{mistake['input']!r}: {message}"


def _damaged(path: Path, error: Exception | str) -> AlgoZooError:
    return AlgoZooError(f"{path}: damaged, or no result of AlgoZoo ({error}); delete it and run the suite again")


def _map_file(maps: list[ExampleMap]) -> fits.HDUList:
    hdus = fits.HDUList([fits.PrimaryHDU()])
    for example in maps:
        for name, layer in (("SCORES", example.scores), ("IMAGE", example.image)):
            if layer is not None:
                hdus.append(fits.ImageHDU(layer.astype(np.float32), fits.Header({"TRIAL": example.trial}), name=name))
    return hdus
