from pathlib import Path

import pytest

from algozoo.benchmark.ledger import judged
from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import Suite, SuiteDetector, load_suite
from algozoo.errors import AlgoZooError, InputError
from algozoo.reporter import Reporter
from algozoo.submissions.fresh import Effort, attempt, fresh_shards, published_row

SEED = 2**127 + 5


class Notes(Reporter):
    """Keep what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture(scope="module")
def smoke() -> Suite:
    """Return a suite with a real night besides, which cannot be made afresh."""
    suite = load_suite("smoke")
    real = suite.datasets[0].model_copy(update={"name": "betapic", "optional": True, "sequences": None})
    detectors = (SuiteDetector(name="median"), SuiteDetector(name="pca"))
    return suite.model_copy(update={"datasets": (*suite.datasets, real), "detectors": detectors})


@pytest.fixture(scope="module")
def store(smoke: Suite, tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("store"))
    list(run(plan(smoke, datasets=["tiny"])[0], store))
    return store


def test_the_same_seed_makes_the_same_nights_and_another_seed_others(store: Store, smoke: Suite) -> None:
    row = published_row(store, smoke, "median")
    first, again, other = (attempt(row, seed, Effort(nights=2), Notes()) for seed in (SEED, SEED, SEED + 1))
    assert first == again
    assert set(first.measured) == {"tiny"}
    assert first.measured["tiny"].public == other.measured["tiny"].public
    assert first.measured["tiny"].fresh != other.measured["tiny"].fresh
    assert first.measured["tiny"].fresh.n_nights == 2
    assert first.measured["tiny"].fresh.lowest_rate == 1 / 8  # of the four public nights
    assert int(first.seed, 0) == SEED
    assert not smoke.model_copy(update={"seed": SEED}).load(smoke.datasets[0]).is_here(0)  # nothing is left of them


def test_public_nights_are_none_of_the_fresh_ones(store: Store, smoke: Suite) -> None:
    row = published_row(store, smoke, "median")
    shards = fresh_shards(row.suite, SEED, 5)
    assert len(shards) == 5 * 2
    assert {shard.suite.seed for shard in shards} == {SEED}
    assert {shard.dataset.name for shard in shards} == {"tiny"}
    assert [shard.sequence for shard in shards[:4]] == [0, 0, 1, 1]


def test_it_says_beforehand_what_it_sees_and_how_long_it_takes(store: Store, smoke: Suite) -> None:
    notes = Notes()
    attempt(published_row(store, smoke, "median"), SEED, Effort(nights=2, budget=600), notes)
    [seen] = [i for i, text in enumerate(notes.said) if text.startswith("2 fresh nights of each dataset show")]
    [told] = [i for i, text in enumerate(notes.said) if text.startswith("It takes about 0.")]
    assert "no excess at all" in notes.said[seen]
    assert notes.said[told].endswith("; the budget is 10 minutes")
    assert seen < told < min(i for i, text in enumerate(notes.said) if "/0 median" in text)


def test_a_check_that_is_not_done_in_time_measured_nothing_and_decides_nothing(store: Store, smoke: Suite) -> None:
    tried = attempt(published_row(store, smoke, "median"), SEED, Effort(budget=0), Notes())
    assert tried.measured == {}
    assert judged([tried]) == ("undecided", [])


def test_an_excess_that_no_number_of_nights_would_show_is_refused_before_any_is_made(
    store: Store, smoke: Suite
) -> None:
    notes = Notes()
    with pytest.raises(InputError, match=r"^--see 0.3: no number of fresh nights would show it"):
        attempt(published_row(store, smoke, "median"), SEED, Effort(see=0.3), notes)
    assert not [text for text in notes.said if "median" in text]


@pytest.mark.slow
def test_an_excess_that_more_nights_show_is_refused_with_their_number(smoke: Suite, tmp_path: Path) -> None:
    entry = smoke.datasets[0].model_copy(update={"sequences": 10, "injections": 4})
    larger, store = smoke.model_copy(update={"datasets": (entry,)}), Store(tmp_path)
    list(run(plan(larger, detectors=["median"])[0], store))
    row = published_row(store, larger, "median")
    with pytest.raises(InputError, match=r"^--see 0.4: takes (\d+) fresh nights of each dataset; give --nights \1$"):
        attempt(row, SEED, Effort(nights=2, see=0.4), Notes())


def test_a_row_of_other_code_or_without_all_its_nights_is_refused(store: Store, smoke: Suite, tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    paths = sorted((store.folder / "shards").iterdir())
    for path in paths:
        (tmp_path / "shards" / path.name).write_bytes(path.read_bytes())
    own = next(record for record in store.records() if record.detector.name == "median")
    (tmp_path / "shards" / f"{own.key}.parquet").rename(tmp_path / "shards" / f"{'0' * 64}.parquet")
    with pytest.raises(AlgoZooError, match=r"^median: its row is unfinished, or was made by other code"):
        published_row(Store(tmp_path), smoke, "median")
    (tmp_path / "shards" / f"{'0' * 64}.parquet").unlink()
    with pytest.raises(AlgoZooError, match=r"^median: its row is unfinished"):
        published_row(Store(tmp_path), smoke, "median")


def test_the_digest_of_a_row_is_of_its_own_shards(store: Store, smoke: Suite, tmp_path: Path) -> None:
    alone = Store(tmp_path)
    list(run(plan(smoke, datasets=["tiny"], detectors=["median"])[0], alone))
    assert published_row(alone, smoke, "median").digest == published_row(store, smoke, "median").digest


def test_the_row_that_others_are_held_against_is_refused(store: Store, smoke: Suite) -> None:
    with pytest.raises(InputError, match=r"^pca: cannot be checked on fresh nights; expected a row on simulated data"):
        published_row(store, smoke, "pca")
