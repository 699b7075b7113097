import shutil

import pytest

from algozoo.benchmark.golden import check as module
from algozoo.benchmark.golden import numbers
from algozoo.benchmark.golden.check import check, unchecked
from algozoo.benchmark.golden.parts import part, parts
from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import preparations
from algozoo.benchmark.store import Store
from algozoo.detectors.median import Median
from algozoo.errors import AlgoZooError

TORCH = pytest.mark.torch


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[TORCH] * (n == "sodinn")) for n, one in parts().items() if not one.is_real]
)
def test_every_part_computes_the_numbers_of_its_version(name):
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["naco-lp", "sphere-h", "betapic"])
def test_a_real_trial_of_every_detector_has_the_numbers_of_the_versions(dataset, request):
    """Of each dataset of `quick`."""
    mirror = request.getfixturevalue("shared_data") if dataset == "betapic" else None
    names = [name for name, one in parts().items() if name.startswith(f"quick/{dataset}/") and one.can_run]
    assert len(names) >= 13
    for name in names:
        check(name, mirror)


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Copy the golden files, and return the folder of the copy."""
    folder = tmp_path / "golden"
    shutil.copytree(numbers.folder(), folder)
    monkeypatch.setattr(numbers, "folder", lambda: folder)
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path / "cache"))
    return folder


def moved(name, by=1e-3):
    golden = numbers.read(name)
    [case, *others] = golden.cases
    first = golden.cases[case]
    values = (first.values[0] + by, *first.values[1:])
    changed = {case: first.model_copy(update={"values": values})} | {other: golden.cases[other] for other in others}
    numbers.write(name, golden.model_copy(update={"cases": changed}))


@pytest.mark.usefixtures("stored")
def test_a_run_stops_at_a_moved_number_and_names_the_version_to_raise(suite, tmp_path):
    moved("median")
    steps, _ = next(preparations(plan(suite)[0], Store(tmp_path / "store")))
    with pytest.raises(AlgoZooError) as error:
        list(steps)
    told = str(error.value)
    assert f"the numbers of median are not those of its version {Median.version}" in told
    assert " by " in told
    assert "raise Median.version in algozoo/detectors/median.py" in told
    assert "python -m algozoo.benchmark.golden write median" in told


@pytest.mark.usefixtures("stored")
def test_what_was_good_is_not_computed_again_until_code_or_numbers_change(suite, monkeypatch):
    shards, _ = plan(suite)
    names = unchecked(shards)
    assert set(names) == {"trials", "simulator", "median", "oracle", "random", "blank"}
    for name in names:
        check(name)
    assert unchecked(shards) == []
    moved("blank", by=0.0)
    assert unchecked(shards) == []
    moved("blank")
    assert unchecked(shards) == ["blank"]
    monkeypatch.setattr(module, "code", lambda: "0.1.0 other")
    assert set(unchecked(shards)) == set(names)


@pytest.mark.usefixtures("stored")
def test_a_raised_version_needs_new_numbers(monkeypatch):
    monkeypatch.setattr("algozoo.detectors.controls.Blank.version", "2")
    with pytest.raises(AlgoZooError, match=r"blank has version 2, and its stored numbers have 1: .*write blank"):
        check("blank")


def test_a_part_without_numbers_and_numbers_of_other_inputs_are_refused(stored):
    golden = numbers.read("blank")
    numbers.write("blank", golden.model_copy(update={"cases": dict(list(golden.cases.items())[1:])}))
    with pytest.raises(AlgoZooError, match="stored numbers are of other inputs"):
        check("blank")
    (stored / "blank.json").unlink()
    with pytest.raises(AlgoZooError, match="no numbers of blank are stored"):
        check("blank")


def test_a_damaged_file_is_said(stored):
    (stored / "blank.json").write_text("{")
    with pytest.raises(AlgoZooError, match=r"blank\.json: holds no golden numbers"):
        check("blank")


def test_without_torch_sodinn_is_left_out(monkeypatch):
    monkeypatch.setattr("algozoo.benchmark.golden.parts.find_spec", lambda _: None)
    assert not part("sodinn").can_run
    assert not part("quick/naco-lp/sodinn").can_run
    assert part("sodirf").can_run
