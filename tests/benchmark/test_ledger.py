import json

import pytest

from algozoo.benchmark.ledger import (
    Attempt,
    NightsOf,
    about,
    append,
    attempts_on,
    judged,
    read_ledger,
    row_digest,
    standing,
)
from algozoo.benchmark.store import Store
from algozoo.errors import AlgoZooError, InputError
from algozoo.scoring.fresh import Advantage
from algozoo.scoring.resampling import Estimate


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


def attempt(value: float, *, digest: str = "a" * 64, nights: int = 8, in_time: bool = True) -> Attempt:
    public, fresh = (Advantage(Estimate(v, 0.05, 7.0), n, 0.125) for v, n in ((0.4, 4), (value, nights)))
    return Attempt(
        suite="quick",
        version="2",
        detector="mine",
        digest=digest,
        seed=hex(2**127 + 1),
        n_nights=nights,
        measured={"naco": NightsOf(public=public, fresh=fresh)} if in_time else {},
    )


def test_checks_on_fresh_nights_come_back_as_they_were(empty):
    made = [attempt(0.1), attempt(0.3, digest="b" * 64), attempt(0.0, in_time=False)]
    for one in made:
        append(empty, "fresh", "mine", "CI", "8 nights", one)
    assert attempts_on(read_ledger(empty), "a" * 64) == [made[0], made[2]]
    assert int(read_ledger(empty)[0].fresh.seed, 0) == 2**127 + 1


def test_a_check_on_fresh_nights_is_no_decision(store):
    append(store, "fresh", "mine", "CI", "8 nights", attempt(0.1))
    assert standing(read_ledger(store))["mine"].action == "withdraw"
    assert about(read_ledger(store), "mine", "quick")[-1].action == "fresh"


def test_a_check_without_what_it_found_and_a_decision_with_it_are_no_entries(store):
    path = store / "ledger.jsonl"
    for change in ({"action": "fresh"}, {"fresh": attempt(0.1).model_dump()}):
        whole = path.read_text()
        path.write_text(whole + json.dumps(json.loads(whole.split("\n")[0]) | change) + "\n")
        with pytest.raises(AlgoZooError, match=r"line 5: .*fresh"):
            read_ledger(store)
        path.write_text(whole)


def test_all_attempts_on_one_digest_count_together():
    assert judged([attempt(0.4)])[0] == "holds"
    assert judged([attempt(0.0)])[0] == "does not hold"
    outcome, [test] = judged([attempt(0.0), attempt(0.4, nights=24), attempt(0.9, in_time=False)])
    assert outcome == "holds"
    assert test.fresh.value == pytest.approx(0.3)


def test_attempts_that_were_not_done_in_time_decide_nothing():
    assert judged([attempt(0.4, in_time=False)]) == ("undecided", [])
    assert judged([]) == ("undecided", [])


def test_the_digest_of_a_row_is_of_all_its_shards_in_any_order(make_record):
    one, other = make_record("1"), make_record("2")
    assert row_digest([one, other]) == row_digest([other, one]) != row_digest([one])
