from hypothesis import given
from hypothesis import strategies as st

from algozoo.sandbox.allowance import Allowance


@given(st.integers(2, 10**6), st.integers(1, 10**6))
def test_both_folders_together_never_take_more_than_the_memory_in_which_they_lie(memory, scratch):
    folder = Allowance(seconds=1, memory_mb=memory, scratch_mb=scratch).folder_mb
    assert 2 * folder <= memory
    assert folder <= scratch
    assert folder == scratch or 2 * folder >= memory - 1
