import re


def test_a_withdrawn_row_is_hidden_and_its_results_stay(algozoo, suite_file, store, tmp_path):
    algozoo("ledger", "add", "withdraw", "random", "--author", "A. Keeper", "--reason", "chance", *store)
    assert algozoo("leaderboard", "build", suite_file, *store, "--site", tmp_path / "site").code == 0
    page = (tmp_path / "site" / "small" / "index.html").read_text()
    assert "random" not in page
    assert "median" in page
    assert len(list((tmp_path / "results" / "shards").iterdir())) == 8
    shown = algozoo("ledger", "show", *store)
    assert re.search(r"withdraw +random +A\. Keeper +chance", shown.out)


def test_what_was_decided_stands_on_the_page_of_the_detector(algozoo, suite_file, store, tmp_path):
    algozoo("ledger", "add", "dispute", "median", "--author", "A. <Keeper>", "--reason", "the 2nd night", *store)
    algozoo("ledger", "add", "re-score", "small", "--author", "B", "--reason", "scorer 9", *store)
    assert algozoo("leaderboard", "build", suite_file, *store, "--site", tmp_path / "site").code == 0
    page = (tmp_path / "site" / "small" / "detectors" / "median.html").read_text()
    assert re.search(r"<dt>\d{4}-\d\d-\d\d</dt><dd><b>dispute</b> \(A. &lt;Keeper&gt;\): the 2nd night</dd>", page)
    assert "scorer 9" in page
    assert "the 2nd night" not in (tmp_path / "site" / "small" / "detectors" / "random.html").read_text()


def test_a_decision_about_no_row_is_refused(algozoo, store):
    for action, name, told in (
        ("accept", "medium", "did you mean 'median'"),
        ("re-score", "median", "there are: small"),
    ):
        ended = algozoo("ledger", "add", action, name, "--author", "A", "--reason", "b", *store)
        assert ended.code == 2
        assert told in ended.err


def test_a_damaged_ledger_stops_the_board_and_the_verification(algozoo, suite_file, store, tmp_path):
    for number in range(2):
        algozoo("ledger", "add", "accept", "median", "--author", "A", "--reason", f"reason {number}", *store)
    path = tmp_path / "results" / "ledger.jsonl"
    path.write_text(path.read_text().replace('"accept"', '"approve"', 1))
    for command in (["verify", "--suite", suite_file, *store], ["leaderboard", "build", suite_file, *store]):
        ended = algozoo(*command)
        assert ended.code == 1
        assert "ledger.jsonl: line 1: action: expected 'accept'" in ended.err
