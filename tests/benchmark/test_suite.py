import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.benchmark.suite import Suite, load_suite, suite_names
from algozoo.datasets import load_dataset
from algozoo.detectors.registry import BUILT_IN, create
from algozoo.errors import InputError


@pytest.mark.parametrize("name", suite_names())
def test_every_suite_that_comes_with_algozoo_is_sound(name):
    suite = load_suite(name)
    assert suite.name == name
    for entry in suite.datasets:
        dataset = load_dataset(entry.name)
        assert (entry.sequences or 0) <= dataset.n_sequences
        assert all(annulus.contrast for annulus in dataset.manifest.annuli)
    labels = [create(d.name, **d.parameters).label for d in suite.detectors]
    assert len(set(labels)) == len(labels)
    assert {name for name in BUILT_IN if create(name).control} <= set(labels)


def test_an_unknown_suite_gets_the_nearest_suggested():
    with pytest.raises(InputError, match="no suite is called 'quik'; did you mean 'quick'"):
        load_suite("quik")


def test_every_mistake_of_a_suite_is_reported_at_once(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("""
format = 2
name = "Bad Name"
title = "Bad"
description = ""
seed = -1
extra = 1
[[datasets]]
name = "tiny"
sequences = -1
injections = 0
""")
    with pytest.raises(InputError) as caught:
        load_suite(str(path))
    message = str(caught.value)
    assert str(path) in message
    for field in ("format", "name", "version", "seed", "extra", "sequences", "injections", "detectors"):
        assert field in message


def test_the_full_suite_has_three_hundred_companions_in_twenty_sequences_of_a_simulated_dataset():
    for entry in load_suite("full").datasets:
        dataset = load_dataset(entry.name)
        if dataset.manifest.kind == "simulated":
            assert entry.sequences * entry.injections * len(dataset.manifest.annuli) == 300
            assert entry.sequences == 20


@pytest.mark.parametrize("name", ["quick", "full"])
def test_every_detector_of_the_zoo_is_compared(name):
    assert set(BUILT_IN) <= {detector.name for detector in load_suite(name).detectors}


@given(seed=st.integers(0, 2**128 - 1))
def test_a_seed_of_up_to_128_bits_is_kept_by_readers_whose_numbers_have_64_bits(suite, seed):
    seeded = suite.model_copy(update={"seed": seed})
    assert Suite.model_validate_json(seeded.model_dump_json()) == seeded
    written = json.loads(seeded.model_dump_json())["seed"]
    assert written == seed if seed < 2**63 else (len(written), int(written, 16)) == (32, seed)


def test_a_seed_in_hexadecimal_is_read(suite_file, tmp_path):
    path, text = tmp_path / "suite.toml", suite_file.read_text()
    assert "seed = 7\n" in text
    path.write_text(text.replace("seed = 7\n", 'seed = "00112233445566778899AABBccddeeff"\n'))
    assert load_suite(str(path)).seed == 0x00112233445566778899AABBCCDDEEFF


@pytest.mark.parametrize("seed", ['"7"', '""', f'"0x{"1" * 30}"', f'"{"1" * 33}"', f'"{"g" * 32}"', f"{2**128}"])
def test_a_seed_of_another_length_is_refused_with_its_line(suite_file, tmp_path, seed):
    path, text = tmp_path / "suite.toml", suite_file.read_text()
    path.write_text(text.replace("seed = 7\n", f"seed = {seed}\n"))
    with pytest.raises(InputError, match=r"seed = .*(32 hexadecimal digits|expected less than).*\(line 7\)"):
        load_suite(str(path))
