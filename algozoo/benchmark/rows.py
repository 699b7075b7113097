"""The rows of a shard as a table of Arrow: how they are written, and what must hold of them when they are read."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from algozoo.benchmark.record import RunRecord
from algozoo.datasets import FRAME_BLOCKS
from algozoo.detectors.contract import Kind
from algozoo.scoring.outcomes import LIST, OUTCOME, STATUSES, TRIAL_KINDS, OutcomeRow, TrueCompanion
from algozoo.toml import Version

MOST_ROWS, MOST_BYTES = 2**16, 2**28
"""Of a shard, unpacked; a large one has a thousand rows and ten megabytes."""
KNOWN = {
    "dataset_kind": {"real", "simulated"},
    "trial_kind": TRIAL_KINDS,
    "block": {"", *FRAME_BLOCKS},
    "status": STATUSES,
    "map_kind": {"", *get_args(Kind)},
}
LISTS = [name for name, column in OUTCOME.items() if column.stored.startswith(LIST)]
FINITE = {"candidate_x", "candidate_y", "candidate_score", "null_separation", "null_score"}


class MalformedError(ValueError):
    """Rows that no run writes; the message names the column, and what was expected."""


Rule = tuple[str, NDArray[np.bool_], str]
"""A column, whether each row is as it should be, and what was expected of it."""


def _arrow(stored: str) -> pa.DataType:
    number = stored.removeprefix(LIST)
    return pa.type_for_alias(stored) if number == stored else pa.list_(pa.type_for_alias(number))


SCHEMA = pa.schema([(name, _arrow(column.stored)) for name, column in OUTCOME.items()])


def write_rows(path: Path, rows: Sequence[OutcomeRow], metadata: Mapping[str, str | bytes]) -> None:
    """Write rows as Parquet, with a checksum of each page."""
    table = pa.Table.from_pylist([vars(row) for row in rows], SCHEMA.with_metadata(metadata))
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)


def read_rows(path: Path, record: RunRecord) -> pa.Table:
    """Read the rows of a shard; which suite, dataset, sequence and detector they are of is said by its record alone.

    Raises
    ------
    MalformedError
        If columns are missing or have another type, or the rows are not what a run writes.
    Exception
        Whatever Arrow raises for a damaged file.
    """
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        found = file.schema_arrow
        if absent := [name for name in SCHEMA.names if name not in found.names]:
            raise MalformedError(f"it lacks the columns {', '.join(absent)}")
        for name, expected in zip(SCHEMA.names, SCHEMA.types, strict=True):
            if len(found.get_all_field_indices(name)) > 1 or found.field(name).type != expected:
                raise MalformedError(f"column {name} is of another type, expected once {expected}")
        groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
        if file.metadata.num_rows > MOST_ROWS or sum(group.total_byte_size for group in groups) > MOST_BYTES:
            raise MalformedError(f"it is too large, expected at most {MOST_ROWS} rows and {MOST_BYTES} bytes")
        table = file.read(SCHEMA.names).combine_chunks()
    table.validate(full=True)
    _check(table, record)
    said = {
        "suite": record.suite.name,
        "suite_version": record.suite.version,
        "dataset": record.dataset,
        "sequence": record.sequence,
        "detector": record.detector.label,
    }
    columns = [
        pa.array([said[name]] * len(table), SCHEMA.field(name).type) if name in said else table[name]
        for name in SCHEMA.names
    ]
    return pa.table(columns, SCHEMA)


def _check(table: pa.Table, record: RunRecord) -> None:
    """Raise a MalformedError that names the first value that is not as it should be."""
    if not len(table):
        raise MalformedError("it has no row")
    for name in SCHEMA.names:
        values = table[name].combine_chunks()
        if values.null_count or (name in LISTS and values.flatten().null_count):
            raise MalformedError(f"column {name} has nulls, expected values only")
    for version in table["dataset_version"].unique().to_pylist():
        try:
            TypeAdapter(Version).validate_python(version)
        except ValidationError:
            raise MalformedError(f"dataset_version is {version!r}: expected numbers and dots") from None
    rules = [*_rules_of_values(table, len(record.annuli)), *_rules_of_lists(table)]
    for name, good, expected in rules:
        if not good.all():
            row = int(np.argmin(good))
            value = f"has {len(table[name][row])} values" if name in LISTS else f"is {table[name][row].as_py()!r}"
            raise MalformedError(f"{name} {value} in trial {table['trial'][row]}: expected {expected}")


def _rules_of_values(table: pa.Table, n_annuli: int) -> Iterator[Rule]:
    at: dict[str, NDArray[Any]] = {name: table[name].to_numpy() for name in SCHEMA.names if name not in LISTS}
    for name, known in KNOWN.items():
        yield name, np.isin(at[name], sorted(known)), f"one of {', '.join(map(repr, sorted(known)))}"
    for name in ("dataset_version", "dataset_kind", "control", "training"):
        yield name, at[name] == at[name][0], "the same in all rows"
    _, first = np.unique(at["trial"], return_index=True)
    yield "trial", np.isin(np.arange(len(table)), first), "each number once"
    yield "trial", at["trial"] >= 0, "a number from 0 on"
    injected = at["trial_kind"] == "injected"
    inside = (at["annulus"] >= 0) & (at["annulus"] < n_annuli)
    yield "annulus", np.where(injected, inside, at["annulus"] == -1), f"0 to {n_annuli - 1} with a companion, else -1"
    for name in TrueCompanion.__annotations__:
        good = np.where(injected, np.isfinite(at[name]), np.isnan(at[name]))
        yield name, good, "a finite number with a companion, else NaN"
    for name in ("separation", "contrast"):
        yield name, ~injected | (at[name] > 0), "more than 0"
    for name in ("fwhm", "n_resels"):
        yield name, np.isfinite(at[name]) & (at[name] > 0), "a finite number above 0"
    for name in ("seconds", "cpu_seconds"):
        yield name, np.isnan(at[name]) | ((at[name] >= 0) & np.isfinite(at[name])), "a finite number from 0 on, or NaN"


def _rules_of_lists(table: pa.Table) -> Iterator[Rule]:
    columns = {name: table[name].combine_chunks() for name in LISTS}
    lengths = {name: pc.list_value_length(column).to_numpy() for name, column in columns.items()}
    n, n_fluxes = lengths["candidate_x"], lengths["candidate_flux"]
    for name in ("candidate_y", "candidate_score"):
        yield name, lengths[name] == n, "as many as candidate_x"
    yield "candidate_flux", (n_fluxes == n) | (n_fluxes == 0), "as many as candidate_x, or none"
    yield "null_score", lengths["null_score"] == lengths["null_separation"], "as many as null_separation"
    made = (table["status"].combine_chunks().to_numpy(zero_copy_only=False) == "ok") | (n == 0)
    yield "candidate_x", made, "none without a map"
    for name in LISTS:
        values, row = columns[name].flatten().to_numpy(), np.repeat(np.arange(len(table)), lengths[name])
        if name in FINITE:
            yield name, _each(np.isfinite(values), row, len(table)), "finite numbers only"
        if name in {"candidate_x", "candidate_y", "null_separation"}:
            yield name, _each(values > -1, row, len(table)), "positions within the frame"
        if name == "candidate_score":
            sorted_ = (np.diff(values) <= 0) | (np.diff(row) > 0)
            yield name, _each(sorted_, row[1:], len(table)), "the highest first"


def _each(good: NDArray[np.bool_], row: NDArray[np.int_], n_rows: int) -> NDArray[np.bool_]:
    """Whether all values of each row are good."""
    return np.asarray(np.bincount(row[~good], minlength=n_rows) == 0)
