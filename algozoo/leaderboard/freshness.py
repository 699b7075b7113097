"""What was found of third-party rows on fresh nights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from algozoo.benchmark.ledger import Entry, judged, row_digest
from algozoo.benchmark.record import RunRecord
from algozoo.leaderboard.text import fixed
from algozoo.scoring.fresh import Excess
from algozoo.scoring.resampling import Estimate

NOT_CHECKED = "not checked"
PUBLIC_NIGHT = "public night: its author may have seen it"


@dataclass(frozen=True)
class Freshness:
    """What all attempts on the code of a row found together.

    Attributes
    ----------
    words : str
        As 'holds (2026-12-01)' or 'not checked'.
    tests : mapping of str to Excess
        By dataset, and of their mean.
    """

    words: str = NOT_CHECKED
    tests: Mapping[str, Excess] = field(default_factory=dict)

    def badge(self, name: str, kind: str) -> str:
        """Say it in a row of the board of a dataset, or of the mean, of a kind of data."""
        if kind == "real":
            return PUBLIC_NIGHT
        test = self.tests.get(name)
        numbers = f"; ahead of pca by {interval(test.fresh)} there, {interval(test.public)} here" if test else ""
        return f"fresh nights: {self.words}{numbers}"


def freshness(outcomes: pd.DataFrame, records: Sequence[RunRecord], ledger: Sequence[Entry]) -> dict[str, Freshness]:
    """Return for each third-party row, by its label, what was found on fresh nights.

    A row whose code or trials changed is another one, and not checked.

    Parameters
    ----------
    outcomes : DataFrame
    records : sequence of RunRecord
        Of all that is in the store of a version of a suite.
    ledger : sequence of Entry
    """
    simulated = set(outcomes.loc[outcomes["dataset_kind"] == "simulated", "dataset"])
    labels = {record.detector.label for record in records if record.detector.sandbox or record.detector.maps_only}
    return {
        label: _freshness(
            row_digest(r for r in records if r.detector.label == label and r.dataset in simulated), ledger
        )
        for label in labels
    }


def _freshness(digest: str, ledger: Sequence[Entry]) -> Freshness:
    own = [entry for entry in ledger if entry.fresh and entry.fresh.digest == digest]
    if not own:
        return Freshness()
    outcome, tests = judged(entry.fresh for entry in own if entry.fresh)
    return Freshness(f"{outcome} ({own[-1].date.date().isoformat()})", {test.dataset: test for test in tests})


def interval(estimate: Estimate) -> str:
    """Write an advantage with its 95 % interval."""
    low, high = estimate.interval(-1, 1)
    return f"{fixed(estimate.value)} [{fixed(low)}, {fixed(high)}]"
