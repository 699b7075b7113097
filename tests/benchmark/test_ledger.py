import json

import pytest

from algozoo.benchmark.ledger import about, append, read_ledger, standing
from algozoo.benchmark.store import Store
from algozoo.errors import AlgoZooError, InputError


@pytest.fixture
def empty(tmp_path, make_record):
    """Have results of two detectors, and no ledger."""
    for name in ("mine", "other"):
        Store(tmp_path).write(make_record(name, suite="quick", name=name), [], [])
    return tmp_path


@pytest.fixture
def store(empty):
    append(empty, "accept", "mine", "A. Keeper", "re-run of 20 trials: identical")
    append(empty, "accept", "other", "A. Keeper", "re-run of 20 trials: identical")
    append(empty, "re-score", "quick", "A. Keeper", "scorer 2")
    append(empty, "withdraw", "mine", "B. Author", "found a mistake\u2028in the angles")
    return empty


def lines(store):
    return (store / "ledger.jsonl").read_text().split("\n")[:-1]


def write(store, changed):
    (store / "ledger.jsonl").write_text("".join(f"{line}\n" for line in changed))


def test_entries_come_back_in_order_with_all_that_was_said(store):
    entries = read_ledger(store)
    assert [(entry.action, entry.name) for entry in entries] == [
        ("accept", "mine"),
        ("accept", "other"),
        ("re-score", "quick"),
        ("withdraw", "mine"),
    ]
    assert entries[3].reason == "found a mistake\u2028in the angles"
    assert entries[3].author == "B. Author"
    assert entries[0].date <= entries[3].date


def test_the_latest_decision_about_a_detector_stands(store):
    assert {name: entry.action for name, entry in standing(read_ledger(store)).items()} == {
        "mine": "withdraw",
        "other": "accept",
    }


def test_what_was_decided_about_a_detector_and_its_suite_is_found(store):
    assert [entry.action for entry in about(read_ledger(store), "mine", "quick")] == ["accept", "re-score", "withdraw"]
    assert [entry.action for entry in about(read_ledger(store), "other", "full")] == ["accept"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("accept", "mine", "", "because"), "--author is empty; say who decides"),
        (("accept", "mine", "A", "  "), "--reason is empty; say why"),
        (("accept", "mime", "A", "because"), "no detector with results in .* is called 'mime'; did you mean 'mine'"),
        (("re-score", "mine", "A", "because"), "no suite with results in .* is called 'mine'; there are: quick"),
    ],
)
def test_nothing_is_decided_by_nobody_or_about_nothing(empty, said, told):
    with pytest.raises(InputError, match=told):
        append(empty, *said)
    assert not (empty / "ledger.jsonl").exists()


def test_a_store_without_a_ledger_has_no_entries(tmp_path):
    assert read_ledger(tmp_path) == []


@pytest.mark.parametrize("field", ["author", "reason", "date", "name", "action"])
def test_a_line_that_is_changed_is_told(store, field):
    first, *rest = lines(store)
    value = {"date": "2020-01-01T00:00:00Z", "action": "dispute"}.get(field, "somebody else")
    write(store, [json.dumps(json.loads(first) | {field: value}, separators=(",", ":")), *rest])
    with pytest.raises(AlgoZooError, match=r"ledger.jsonl: line 2 does not follow"):
        read_ledger(store)


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_a_line_that_is_removed_is_told(store, taken):
    kept = lines(store)
    del kept[taken]
    write(store, kept)
    with pytest.raises(AlgoZooError, match=rf"line {taken + 1} does not follow"):
        read_ledger(store)


def test_a_line_cut_short_or_nonsense_is_told_and_nothing_is_added_to_it(store):
    path = store / "ledger.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    with pytest.raises(AlgoZooError, match="line 4 is cut short"):
        append(store, "dispute", "other", "C", "no")
    path.write_bytes(whole + b"{}\n")
    with pytest.raises(AlgoZooError, match="line 5: previous: Field required"):
        read_ledger(store)
