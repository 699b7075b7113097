from hypothesis import given
from hypothesis import strategies as st

from algozoo.detectors.supervised.progress import Progress, seed_of_step


def test_progress_tells_what_was_measured_and_no_more():
    assert (
        str(Progress("epochs", 2, 5, loss=0.12345, seconds_left=9.7))
        == "epochs 2/5, loss 0.123, seconds left, at most 10"
    )
    assert str(Progress("samples drawn", validation_auc=0.5)) == "samples drawn, validation AUC 0.5"


@given(st.integers(0, 2**31), st.lists(st.integers(0, 10_000), min_size=2, max_size=20, unique=True))
def test_each_step_has_a_seed_of_its_own_and_always_the_same(seed, steps):
    seeds = [seed_of_step(seed, step) for step in steps]
    assert seeds == [seed_of_step(seed, step) for step in steps]
    assert len(set(seeds)) == len(seeds)
