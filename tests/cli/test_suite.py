import json
import shutil
import tomllib

import pytest


@pytest.fixture
def hidden(suite_file, tmp_path):
    """Copy the small suite and its manifest to where they may be changed."""
    for name in ("suite.toml", "dataset.toml"):
        text = (suite_file.parent / name).read_text().replace(str(suite_file.parent / "dataset.toml"), "dataset.toml")
        (tmp_path / name).write_text(text.replace("seed = 7\n", ""))
    return tmp_path / "suite.toml"


@pytest.fixture
def sealed(algozoo, hidden):
    ended = algozoo("suite", "seal", hidden)
    assert ended.code == 0, ended.err
    return json.loads(hidden.with_name("suite.toml.seal").read_text()), ended


def reveal(algozoo, hidden, commitment):
    return algozoo("suite", "reveal", hidden, "--commitment", commitment)


def test_what_was_sealed_is_recognised(algozoo, hidden, sealed):
    kept, ended = sealed
    assert ended.out == f"small 1 {kept['commitment']}\n"
    revealed = reveal(algozoo, hidden, kept["commitment"])
    assert revealed.code == 0
    assert seed_in(hidden) in revealed.out


def seed_in(hidden):
    return tomllib.loads(hidden.read_text())["seed"]


def test_the_published_line_tells_neither_seed_nor_salt(hidden, sealed):
    kept, ended = sealed
    for secret in (kept["salt"], seed_in(hidden)):
        assert secret not in ended.out + ended.err
    assert len(kept["salt"]) == 64


def test_comments_and_the_place_of_the_files_do_not_count(algozoo, sealed, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("suite.toml", "dataset.toml"):
        (elsewhere / name).write_text("# revealed\n" + (tmp_path / name).read_text())
    shutil.copy(tmp_path / "suite.toml.seal", elsewhere)
    assert reveal(algozoo, elsewhere / "suite.toml", sealed[0]["commitment"]).code == 0


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("suite.toml", 'seed = "', f'seed = "{"0" * 32}" # "'),
        ("suite.toml", "injections = 2", "injections = 3"),
        ("suite.toml", 'name = "median"', 'name = "pca"'),
        ("dataset.toml", "seed = ", "seed = 1"),
        ("suite.toml.seal", '"salt": "', '"salt": "0'),
    ],
)
def test_any_change_is_noticed(algozoo, hidden, sealed, name, old, new):
    path = hidden.with_name(name)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    revealed = reveal(algozoo, hidden, sealed[0]["commitment"])
    assert revealed.code == 1
    assert "is not the one that was sealed" in revealed.err


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("commitment", ["0" * 64, "nönsense"])
def test_another_commitment_is_noticed(algozoo, hidden, commitment):
    assert reveal(algozoo, hidden, commitment).code == 1


def test_two_seals_of_one_suite_differ_and_none_is_overwritten(algozoo, hidden, sealed):
    again = algozoo("suite", "seal", hidden)
    assert again.code == 2
    assert "must not be lost" in again.err
    hidden.with_name("suite.toml.seal").rename(hidden.with_name("first.seal"))
    assert algozoo("suite", "seal", hidden).out != sealed[1].out


def test_suites_are_listed(algozoo):
    assert "quick" in {row["name"] for row in json.loads(algozoo("suite", "list", "--format", "json").out)}


def test_a_missing_file_ends_with_2(algozoo, tmp_path):
    ended = algozoo("suite", "seal", tmp_path / "none.toml")
    assert ended.code == 2
    assert "none.toml" in ended.err
