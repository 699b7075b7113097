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


def test_a_reason_that_could_forge_output_is_refused(empty):
    with pytest.raises(InputError, match=r"--reason is 'a\\x1b\[2Kb': .*expected text without control characters"):
        append(empty, "accept", "mine", "A. Keeper", "a\x1b[2Kb")
    assert read_ledger(empty) == []


def test_a_store_without_a_ledger_has_no_entries(tmp_path):
    assert read_ledger(tmp_path) == []


@pytest.mark.parametrize(
    ("field", "value"), [("author", ""), ("date", "yesterday"), ("action", "approve"), ("previous", "0" * 64)]
)
def test_a_line_that_is_no_entry_is_named_with_its_field(store, field, value):
    path = store / "ledger.jsonl"
    first, second, *rest = path.read_text().split("\n")
    path.write_text("\n".join([first, json.dumps(json.loads(second) | {field: value}), *rest]))
    with pytest.raises(AlgoZooError, match=rf"ledger.jsonl: line 2: {field}: .*restore the file"):
        read_ledger(store)


def test_adding_an_entry_keeps_the_lines_before_it(store):
    before = (store / "ledger.jsonl").read_bytes()
    append(store, "dispute", "other", "C", "no")
    assert (store / "ledger.jsonl").read_bytes().startswith(before)


def test_a_line_cut_short_or_nonsense_is_reported_and_nothing_is_added_to_it(store):
    path = store / "ledger.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    with pytest.raises(AlgoZooError, match="line 4 is cut short"):
        append(store, "dispute", "other", "C", "no")
    path.write_bytes(whole + b"{}\n")
    with pytest.raises(AlgoZooError, match="line 5: date: missing; restore the file"):
        read_ledger(store)
