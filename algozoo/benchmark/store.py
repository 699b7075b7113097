"""The store: one Parquet file for each shard, named by its content key, whole or not there at all.

``pandas.read_parquet(folder / "shards")`` reads all outcomes; the run record is in each file's schema metadata.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from algozoo.benchmark.record import FORMAT, Preview, RunRecord
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import write_whole
from algozoo.scoring.outcomes import LIST, OUTCOME, OutcomeRow
from algozoo.toml import Version, in_words


def _arrow(stored: str) -> pa.DataType:
    number = stored.removeprefix(LIST)
    return pa.type_for_alias(stored) if number == stored else pa.list_(pa.type_for_alias(number))


SCHEMA = pa.schema([(name, _arrow(column.stored)) for name, column in OUTCOME.items()])


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
        """Return whether a shard is there, without a failed trial in it: a failure is tried again."""
        path = self._shard(key)
        return path.is_file() and _record(path).n_failed == 0

    def write(self, record: RunRecord, rows: Sequence[OutcomeRow], maps: Sequence[ExampleMap]) -> None:
        """Write a shard under the key of its record, its maps first, so that a shard that is there is complete.

        Raises
        ------
        AlgoZooError
            If the disk is full or the folder cannot be written; nothing half-written is left.
        """
        facts = record.to_json()
        schema = SCHEMA.with_metadata({"algozoo": facts, "sha256": _digest(facts.encode())})
        table = pa.Table.from_pylist([vars(row) for row in rows], schema)
        if maps:
            write_whole(self._maps(record.key), lambda path: _map_file(maps).writeto(path))
        write_whole(self._shard(record.key), lambda path: _write_table(table, path))

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
            about = Preview.model_validate_json(path.with_suffix(".json").read_text(encoding="utf-8"))
            with fits.open(path) as hdus:
                return about, {hdu.name.lower(): np.array(hdu.data, dtype=float) for hdu in hdus[1:]}
        except ValidationError as error:
            raise _no_preview(path.with_suffix(".json"), _mistakes(error)) from None
        except (OSError, ValueError) as error:
            raise _no_preview(path, error) from error

    def suites(self) -> list[tuple[str, str]]:
        """Names and versions of the suites that the store has results of."""
        return sorted({(record.suite.name, record.suite.version) for record in self.records()})

    def records(self) -> list[RunRecord]:
        """Run records of all shards of all suites.

        Raises
        ------
        AlgoZooError
            If a file is damaged, or a name in it could not be that of a file; the message names it.
        """
        return [record for record, _ in self._records()]

    def read(self, suite: str, version: str) -> tuple[pd.DataFrame, list[RunRecord]]:
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
            for record, path in sorted(self._records(), key=lambda shard: shard[0].start)
            if (record.suite.name, record.suite.version) == (suite, version)
        ]
        trials = {record.dataset: record.trials for record, _ in of_suite}
        latest = {
            (record.dataset, record.detector.label, record.sequence): (record, path)
            for record, path in of_suite
            if record.trials == trials[record.dataset]
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
        """Read the example maps of a shard.

        Raises
        ------
        AlgoZooError
            If the file is damaged; the message names it.
        """
        path = self._maps(key)
        if not path.is_file():
            return []
        try:
            with fits.open(path) as hdus:
                layers = {(hdu.header["TRIAL"], hdu.name): np.array(hdu.data, dtype=float) for hdu in hdus[1:]}
            trials = sorted({trial for trial, _ in layers})
            return [ExampleMap(trial, layers[trial, "SCORES"], layers.get((trial, "IMAGE"))) for trial in trials]
        except (OSError, KeyError, ValueError, TypeError) as error:
            raise AlgoZooError(f"{path}: damaged, or no maps of AlgoZoo ({error}); delete it") from error

    def _records(self) -> Iterator[tuple[RunRecord, Path]]:
        for path in sorted((self.folder / "shards").glob("*.parquet")):
            yield _record(path), path

    def _shard(self, key: str) -> Path:
        return self.folder / "shards" / f"{key}.parquet"

    def _maps(self, key: str) -> Path:
        return self.folder / "maps" / f"{key}.fits"


def _digest(content: bytes) -> bytes:
    return sha256(content).hexdigest().encode()


def _write_table(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)


def _record(path: Path) -> RunRecord:
    try:
        metadata = pq.read_schema(path).metadata or {}
        facts, digest = json.loads(metadata[b"algozoo"]), _digest(metadata[b"algozoo"])
        version = facts.get("format")
    except (OSError, KeyError, ValueError, AttributeError, RuntimeError) as error:
        raise _damaged(path, error) from error
    if metadata.get(b"sha256", digest) != digest:  # earlier files have none
        raise _damaged(path, "its run record has another checksum")
    if version != FORMAT:
        raise InputError(
            f"{path}: written in store format {version}, this AlgoZoo reads format {FORMAT}; use another "
            "folder with --store"
        )
    try:
        return RunRecord.model_validate(facts | {"key": path.stem})
    except ValidationError as error:
        raise _damaged(path, _mistakes(error)) from None


def _read_table(path: Path, record: RunRecord) -> pa.Table:
    """Read the rows of a shard; of what they are is said by its record alone."""
    try:
        if absent := sorted(set(SCHEMA.names) - {*pq.read_schema(path).names}):
            raise _damaged(path, f"it lacks the columns {', '.join(absent)}")
        table = pq.read_table(path, schema=SCHEMA, page_checksum_verification=True)
        for version in filter(None, table["dataset_version"].unique().to_pylist()):
            TypeAdapter(Version).validate_python(version)
    except ValidationError as error:
        raise _damaged(path, f"dataset_version {_mistakes(error)}") from None
    except (OSError, ValueError, RuntimeError) as error:
        raise _damaged(path, error) from error
    said = {
        "suite": record.suite.name,
        "suite_version": record.suite.version,
        "dataset": record.dataset,
        "sequence": record.sequence,
        "detector": record.detector.label,
    }
    for name, value in said.items():
        field = SCHEMA.field(name)
        table = table.set_column(SCHEMA.get_field_index(name), field, pa.array([value] * len(table), field.type))
    return table


def _mistakes(error: ValidationError) -> str:
    return "; ".join(map(_mistake, error.errors()))


def _mistake(mistake: ErrorDetails) -> str:
    where = ".".join(map(str, mistake["loc"]))
    if mistake["type"] == "missing":
        return f"{where} is missing"
    value = "" if isinstance(mistake["input"], dict | list) else f"is {mistake['input']!r}"
    return f"{' '.join(filter(None, [where, value]))}: {in_words(mistake)}"


def _damaged(path: Path, error: Exception | str) -> AlgoZooError:
    return AlgoZooError(f"{path}: damaged, or no result of AlgoZoo ({error}); delete it and run the suite again")


def _no_preview(path: Path, error: Exception | str) -> AlgoZooError:
    return AlgoZooError(f"{path}: not readable ({error}); run the suite again to make it again")


def _map_file(maps: Sequence[ExampleMap]) -> fits.HDUList:
    hdus = fits.HDUList([fits.PrimaryHDU()])
    for example in maps:
        for name, layer in (("SCORES", example.scores), ("IMAGE", example.image)):
            if layer is not None:
                hdus.append(fits.ImageHDU(layer.astype(np.float32), fits.Header({"TRIAL": example.trial}), name=name))
    return hdus
