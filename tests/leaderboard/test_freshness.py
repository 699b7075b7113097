import shutil
from pathlib import Path
from typing import Any

import pytest

from algozoo.benchmark.ledger import Attempt, NightsOf, append, read_ledger, row_digest
from algozoo.benchmark.record import RunRecord
from algozoo.benchmark.store import Store
from algozoo.leaderboard.freshness import freshness
from algozoo.leaderboard.site import build_site
from algozoo.scoring.fresh import Advantage
from algozoo.scoring.resampling import Estimate


def third_party(records: list[RunRecord]) -> list[RunRecord]:
    """Say of `median` that it is a submission."""
    return [
        record.model_copy(update={"detector": record.detector.model_copy(update={"sandbox": "bubblewrap"})})
        if record.detector.name == "median"
        else record
        for record in records
    ]


@pytest.fixture
def checked(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return a store in which `median` is a submission that does not hold."""
    shutil.copytree(store.folder, tmp_path / "results")
    copy = Store(tmp_path / "results")
    read = Store.read

    def read_third_party(self: Store, suite: str, version: str, *more: Any) -> tuple[object, list[RunRecord]]:
        outcomes, records = read(self, suite, version, *more)
        return outcomes, third_party(records)

    monkeypatch.setattr(Store, "read", read_third_party)
    own = [r for r in copy.records() if r.detector.name == "median" and r.dataset in {"alpha", "beta"}]

    def nights(public: float, fresh: float) -> NightsOf:
        before, after = (Advantage(Estimate(v, 0.04, 9.0), 3, 1 / 6) for v in (public, fresh))
        return NightsOf(public=before, fresh=after)

    found = Attempt(
        suite="quick",
        version="1",
        detector="median",
        digest=row_digest(own),
        seed="0xabc",
        n_nights=8,
        measured={"alpha": nights(0.6, 0.1), "beta": nights(0.4, -0.2)},
    )
    append(copy.folder, "fresh", "median", "CI", "8 nights", found)
    return copy


def test_a_row_says_what_fresh_nights_showed_next_to_the_public_ones(checked: Store, tmp_path: Path) -> None:
    text = build_site(checked, "quick", "1", tmp_path / "site").read_text(encoding="utf-8")
    date = checked_on(checked)
    assert (
        f"fresh nights: does not hold ({date}); ahead of pca by 0.10 [0.01, 0.19] there, 0.60 [0.51, 0.69] here" in text
    )
    assert "ahead of pca by \N{MINUS SIGN}0.05 [" in text  # the mean
    assert text.count("public night: its author may have seen it") == 1
    own = (tmp_path / "site" / "quick" / "detectors" / "median.html").read_text(encoding="utf-8")
    assert f"Does not hold ({date})." in own
    assert '<td class="number">0.60 [0.51, 0.69]</td><td class="number">0.10 [0.01, 0.19]</td>' in own
    assert "a check runs it on nights that are simulated from a new seed" in own
    assert "Fresh nights" not in (tmp_path / "site" / "quick" / "detectors" / "pca.html").read_text(encoding="utf-8")


def test_a_row_whose_code_changed_is_not_checked_again(checked: Store) -> None:
    outcomes, records = checked.read("quick", "1")
    ledger = read_ledger(checked.folder)
    assert set(freshness(outcomes, records, ledger)) == {"median"}
    assert freshness(outcomes, records, ledger)["median"].words.startswith("does not hold")
    changed = [r.model_copy(update={"key": f"{r.key}-new"}) if r.dataset == "beta" else r for r in records]
    assert freshness(outcomes, changed, ledger)["median"].words == "not checked"
    real = [r.model_copy(update={"key": f"{r.key}-new"}) if r.dataset == "night" else r for r in records]
    assert freshness(outcomes, real, ledger)["median"].words.startswith("does not hold")


def test_own_rows_have_no_badge(store: Store) -> None:
    outcomes, records = store.read("quick", "1")
    assert freshness(outcomes, records, []) == {}


def checked_on(store: Store) -> str:
    [entry] = read_ledger(store.folder)
    return entry.date.date().isoformat()
