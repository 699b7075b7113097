"""What a reader may expect on the board and does not find: detectors that were not run, and rows that are not shown."""

from collections.abc import Iterable
from typing import NamedTuple

from algozoo.benchmark.record import RunRecord
from algozoo.benchmark.suite import SuiteDetector


class Absence(NamedTuple):
    """A detector of the suite without a stored row on a dataset, and why."""

    detector: str
    reason: str


class Hidden(NamedTuple):
    """A dataset that is not on the board, and the detectors that have stored rows on it."""

    dataset: str
    detectors: list[str]


def not_run(records: Iterable[RunRecord]) -> dict[str, list[Absence]]:
    """List, for each dataset that has rows, the detectors of the suite that have none on it.

    Parameters
    ----------
    records : iterable of RunRecord
        Run records of one version of a suite. A run may be of a part of the suite: its detectors are those of all runs.
    """
    expected: dict[str, str] = {}
    found: dict[str, set[str]] = {}
    for record in records:
        expected |= {_label(entry): _reason(entry) for entry in record.suite.detectors}
        found.setdefault(record.dataset, set()).add(record.detector.label)
    return {
        dataset: [Absence(label, reason) for label, reason in expected.items() if _parts(label) not in parts]
        for dataset, labels in found.items()
        for parts in [[_parts(label) for label in labels]]
    }


def hidden(records: Iterable[RunRecord], shown: Iterable[str]) -> list[Hidden]:
    """List the datasets of the suite that the board does not show, with the detectors that have stored rows on them.

    Parameters
    ----------
    records : iterable of RunRecord
        Run records of one version of a suite.
    shown : iterable of str
        Datasets that are on the board.
    """
    stored: dict[str, set[str]] = {}
    for record in records:
        for entry in record.suite.datasets:
            if not entry.name.endswith(".toml"):
                stored.setdefault(entry.name, set())
        stored.setdefault(record.dataset, set()).add(record.detector.label)
    return [Hidden(name, sorted(labels)) for name, labels in stored.items() if name not in set(shown)]


def _label(entry: SuiteDetector) -> str:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.parameters.items()}
    parameters = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"{entry.name}({parameters})" if values else entry.name


def _parts(label: str) -> tuple[str, list[str]]:
    """Split a label into the name and its parameters, whose order does not count."""
    name, _, parameters = label.removesuffix(")").partition("(")
    return name, sorted(parameters.split(", "))


def _reason(entry: SuiteDetector) -> str:
    if entry.needs:
        return f"needs the package {entry.needs}"
    return "slow, run with --all" if entry.slow else "not run yet"
