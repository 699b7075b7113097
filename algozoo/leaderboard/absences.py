"""What a reader may expect on the board and does not find: detectors that were not run, and results not shown."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from algozoo.benchmark.record import RecordedDetector, RunRecord
from algozoo.benchmark.suite import SuiteDetector


class Absence(NamedTuple):
    """A detector of the suite without a stored row on a dataset, and why."""

    detector: str
    reason: str


class Hidden(NamedTuple):
    """A dataset that is not on the board, and the detectors that have stored rows on it."""

    dataset: str
    detectors: list[str]


class LeftOut(NamedTuple):
    """A result that cannot be read: the name of its file, and why."""

    name: str
    reason: str


def not_run(records: Iterable[RunRecord]) -> dict[str, list[Absence]]:
    """List, for each dataset that has rows, the detectors of the suite that have none on it.

    Parameters
    ----------
    records : iterable of RunRecord
        Run records of one version of a suite. A run may be of a part of the suite: its detectors are those of all runs.
    """
    expected: dict[str, SuiteDetector] = {}
    found: dict[str, list[RecordedDetector]] = {}
    for record in records:
        expected |= {_label(entry): entry for entry in record.suite.detectors}
        found.setdefault(record.dataset, []).append(record.detector)
    return {
        dataset: [
            Absence(label, _reason(entry))
            for label, entry in expected.items()
            if not any(_is_of(detector, entry) for detector in detectors)
        ]
        for dataset, detectors in found.items()
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
    parameters = ", ".join(f"{name}={value}" for name, value in _values(entry).items())
    return f"{entry.name}({parameters})" if parameters else entry.name


def _is_of(detector: RecordedDetector, entry: SuiteDetector) -> bool:
    """Return whether a detector that was run is that of an entry, which may give parameters their defaults."""
    given = {name: repr(value) for name, value in _values(entry).items()}
    changed = detector.parameters.keys() & set(re.findall(r"(\w+)=", detector.label))
    return detector.name == entry.name and given.items() <= detector.parameters.items() and changed <= given.keys()


def _values(entry: SuiteDetector) -> dict[str, object]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.parameters.items()}


def _reason(entry: SuiteDetector) -> str:
    if entry.needs:
        return f"needs the package {entry.needs}"
    return "slow, run with --all" if entry.slow else "not run yet"
