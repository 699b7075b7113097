import hashlib
import json
import re

import pytest

from algozoo.benchmark.seal import Sealed, reveal, seal
from algozoo.benchmark.suite import load_suite
from algozoo.datasets import dataset_names, load_dataset
from algozoo.errors import AlgoZooError, InputError

SEED = f'"{"0123456789abcdef" * 2}"'


@pytest.fixture
def hidden(suite_file, tmp_path):
    """Write the small suite, with another line for the seed, and other tables for its dataset."""

    def write(seed="", dataset=None):
        text, path = suite_file.read_text(), tmp_path / "hidden.toml"
        assert "seed = 7\n" in text
        text = text.replace("seed = 7\n", seed)
        path.write_text(text if dataset is None else text.replace(str(suite_file.parent / "dataset.toml"), dataset))
        return path

    return write


@pytest.fixture
def night(tmp_path):
    """Write the manifest of a real night next to the suite; the addresses of its files can be chosen."""

    def write(address=""):
        text = load_manifest_text("betapic")
        (tmp_path / "night.toml").write_text(re.sub('url = "https.*"\n', address, text))
        return "night.toml"

    return write


def load_manifest_text(name):
    return (load_dataset(name).folder / f"{name}.toml").read_text()


def test_a_commitment_is_of_the_suite_and_the_salt(suite):
    first, again, other = (Sealed(suite=suite, salt=salt).commitment for salt in ("a", "a", "b"))
    assert first == again != other
    assert first != Sealed(suite=suite.model_copy(update={"seed": 8}), salt="a").commitment


def test_a_seed_of_128_bits_is_drawn_into_the_suite_and_nothing_else_changes(hidden):
    path = hidden()
    before = path.read_text()
    kept = seal(path)
    [line] = set(path.read_text().splitlines()) - set(before.splitlines())
    assert re.fullmatch('seed = "[0-9a-f]{32}"', line)
    assert path.read_text().replace(line + "\n", "") == before
    assert kept.commitment == Sealed(suite=load_suite(str(path)), salt=kept.salt).commitment


def test_every_seal_draws_another_seed_and_salt(hidden, tmp_path):
    drawn = []
    for _ in range(5):
        path = hidden()
        kept = seal(path)
        drawn += [str(load_suite(str(path)).seed), kept.salt]
        (tmp_path / "hidden.toml.seal").unlink()
    assert len(set(drawn)) == 10


def test_a_seed_of_128_bits_that_is_there_is_kept(hidden):
    path = hidden(f"seed = {SEED}\n")
    before = path.read_bytes()
    seal(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("seed", ["7", f"{2**63 - 1}", f'"{7:032x}"'])
def test_a_smaller_seed_is_refused_and_nothing_is_written(hidden, tmp_path, seed):
    path = hidden(f"seed = {seed}\n")
    with pytest.raises(InputError, match=r"hidden\.toml: seed = \d+ can be found by trying.*remove the line"):
        seal(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", [name for name in dataset_names() if load_dataset(name).manifest.kind == "real"])
def test_a_real_night_that_comes_with_algozoo_is_refused_and_nothing_is_written(hidden, tmp_path, name):
    path = hidden(dataset=name)
    before = path.read_text()
    with pytest.raises(InputError, match=f"dataset {name} is a night that anybody can download .*never published"):
        seal(path)
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_night_of_ones_own_is_refused_only_if_it_has_an_address_on_the_web(hidden, night):
    path = hidden(dataset=night('url = "https://example.org/night.fits"\n'))
    with pytest.raises(InputError, match=r"anybody can download \(https://example\.org/night\.fits\)"):
        seal(path)
    night('url = "file:///data/night.fits"\n')
    seal(path)
    path = hidden(dataset=night()).rename(path.with_name("other.toml"))
    seal(path)


def test_mistakes_of_a_suite_are_named_with_the_lines_of_its_file(hidden):
    path = hidden()
    path.write_text(path.read_text().replace("injections = 2", "injections = -2"))
    number = path.read_text().splitlines().index("injections = -2") + 1
    with pytest.raises(InputError, match=rf"injections = -2.*\(line {number}\)"):
        seal(path)


def test_the_revealed_suite_is_the_sealed_one_and_no_other(hidden):
    path = hidden()
    kept = seal(path)
    assert reveal(path, f" {kept.commitment.upper()}\n") == load_suite(str(path))
    path.write_text(path.read_text().replace("injections = 2", "injections = 3"))
    with pytest.raises(AlgoZooError, match="suite small 1 is not the one that was sealed"):
        reveal(path, kept.commitment)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"hidden\.toml\.seal: cannot be read .*`algozoo suite seal` makes it"),
        ("{}", r"hidden\.toml\.seal: was not made by `algozoo suite seal`"),
        ("\udcff", r"hidden\.toml\.seal: is not text in UTF-8"),
    ],
)
def test_a_seal_that_is_lost_or_damaged_is_named(hidden, content, message):
    path = hidden()
    kept = seal(path)
    secret = path.with_name("hidden.toml.seal")
    secret.unlink()
    if content is not None:
        secret.write_text(content, errors="surrogateescape")
    with pytest.raises(InputError, match=message):
        reveal(path, kept.commitment)


def test_a_salt_is_never_written_over(hidden, tmp_path):
    path = hidden()
    kept = seal(path)
    secret = tmp_path / "hidden.toml.seal"
    before = secret.read_bytes()
    assert json.loads(before)["salt"] == kept.salt
    with pytest.raises(InputError, match="which must not be lost"):
        seal(path)
    assert secret.read_bytes() == before


def test_a_commitment_can_be_made_without_algozoo(hidden):
    """By the words of its docstring, so that it can be checked when AlgoZoo has changed."""
    path = hidden(f"seed = {SEED}\n")
    kept = seal(path)
    suite = load_suite(str(path))
    [dataset] = suite.datasets
    manifest = load_dataset(dataset.name).manifest.model_dump(mode="json", exclude_defaults=True)
    said = suite.model_dump(mode="json", exclude_defaults=True, exclude={"datasets"})
    content = [{"salt": kept.salt}, said | {"seed": SEED.strip('"')}, [[{"injections": 2}, manifest]]]
    assert kept.commitment == hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
