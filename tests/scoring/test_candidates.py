import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.random import Generator
from numpy.typing import NDArray

from algozoo.errors import InputError
from algozoo.scoring import Candidates, find_candidates, match

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MAPS = arrays(float, (12, 15), elements=st.one_of(st.integers(-3, 3).map(float), st.just(np.nan)))
EVERYWHERE = np.ones((12, 15), dtype=bool)


def peaks(scores: Array, fwhm: float = 3.0, valid: Mask | None = None) -> list[tuple[float, float, float]]:
    found = find_candidates(scores, fwhm=fwhm, valid=np.ones(scores.shape, dtype=bool) if valid is None else valid)
    return list(zip(found.x.tolist(), found.y.tolist(), found.score.tolist(), strict=True))


def test_a_lone_peak_is_found_with_x_as_the_column() -> None:
    scores = np.zeros((21, 21))
    scores[4, 7] = 5.0
    assert peaks(scores)[0] == (7.0, 4.0, 5.0)


@given(MAPS)
def test_candidates_are_finite_sorted_and_more_than_a_radius_apart(scores: Array) -> None:
    found = find_candidates(scores, fwhm=3.0, valid=EVERYWHERE)
    assert np.isfinite(found.score).all()
    assert (np.diff(found.score) <= 0).all()
    distance = np.hypot(np.subtract.outer(found.x, found.x), np.subtract.outer(found.y, found.y))
    assert (distance[~np.eye(found.x.size, dtype=bool)] > 3.0).all()


@given(MAPS)
def test_candidates_are_unchanged_by_an_increasing_transform(scores: Array) -> None:
    before, after = (find_candidates(s, fwhm=3.0, valid=EVERYWHERE) for s in (scores, np.exp(scores)))
    np.testing.assert_array_equal([after.x, after.y], [before.x, before.y])


@given(MAPS)
def test_a_peak_is_no_lower_than_its_neighbours(scores: Array) -> None:
    for x, y, score in peaks(scores):
        around = scores[max(int(y) - 1, 0) : int(y) + 2, max(int(x) - 1, 0) : int(x) + 2]
        assert score >= np.nanmax(around)


@pytest.mark.parametrize("value", [0.0, 7.5, -1.0, np.nan, np.inf, -np.inf])
def test_a_constant_map_has_no_candidate(value: float) -> None:
    assert peaks(np.full((20, 20), value)) == []


def test_a_constant_map_with_nan_around_has_no_candidate() -> None:
    scores = np.full((20, 20), np.nan)
    scores[5:15, 5:15] = 1.0
    assert peaks(scores) == []


def test_an_empty_field_has_no_candidate(rng: Generator) -> None:
    assert peaks(rng.normal(size=(20, 20)), valid=np.zeros((20, 20), dtype=bool)) == []


def test_a_pixel_that_stands_alone_in_nan_is_a_candidate() -> None:
    scores = np.full((20, 20), np.nan)
    scores[3, 8] = 0.2
    assert peaks(scores) == [(8.0, 3.0, 0.2)]


def test_what_is_infinite_is_no_candidate_and_hides_none() -> None:
    scores = np.zeros((20, 20))
    scores[3, 8], scores[3, 9] = np.inf, 2.0
    assert peaks(scores)[0] == (9.0, 3.0, 2.0)


def test_a_slope_that_the_edge_of_the_field_cuts_is_no_peak() -> None:
    scores = np.tile(np.arange(20.0), (20, 1))
    valid = np.zeros((20, 20), dtype=bool)
    valid[5:15, 5:15] = True
    assert peaks(scores, valid=valid) == []


def test_a_peak_on_the_edge_of_the_field_is_found() -> None:
    y, x = np.mgrid[:20, :20]
    valid = x <= 10
    scores = np.exp(-((x - 10) ** 2 + (y - 8) ** 2) / 4)
    assert peaks(scores, valid=valid)[0] == (10.0, 8.0, 1.0)


def test_of_two_peaks_within_one_fwhm_the_higher_stays() -> None:
    scores = np.zeros((30, 30))
    scores[10, 10], scores[10, 13], scores[10, 16] = 3.0, 2.0, 1.0
    assert [p for p in peaks(scores, fwhm=4.0) if p[2] > 0] == [(10.0, 10.0, 3.0), (16.0, 10.0, 1.0)]


def test_equal_peaks_within_one_fwhm_give_the_upper_left_one() -> None:
    scores = np.zeros((30, 30))
    scores[10, 12] = scores[10, 10] = scores[12, 10] = 3.0
    assert [p for p in peaks(scores, fwhm=4.0) if p[2] > 0] == [(10.0, 10.0, 3.0)]


@pytest.mark.parametrize("shape", [(20, 21), (20,), (2, 20, 20)])
def test_a_map_of_another_shape_than_the_field_is_an_input_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"\(20, 20\)"):
        find_candidates(np.zeros(shape), fwhm=4.0, valid=np.ones((20, 20), dtype=bool))


def test_a_saturated_source_is_one_candidate_in_its_middle() -> None:
    y, x = np.mgrid[:41, :41]
    scores = np.clip(np.exp(-((x - 20) ** 2 + (y - 18) ** 2) / 60), 0, 0.6)
    assert (scores == 0.6).sum() > 60
    assert peaks(scores) == [(20.0, 18.0, 0.6)]


def test_a_shelf_below_a_peak_is_no_candidate() -> None:
    scores = np.zeros((21, 21))
    scores[8:13, 4:17] = 1
    scores[10, 15] = 2
    assert peaks(scores) == [(15.0, 10.0, 2.0)]


def listed(*positions: tuple[float, float, float]) -> Candidates:
    return Candidates(*np.array(positions, dtype=float).reshape(-1, 3).T)


def test_a_second_peak_on_a_found_companion_is_ignored() -> None:
    found = match(listed((10, 10, 5), (12, 10, 3), (40, 40, 4)), [10.5], [10], radius=4)
    assert found.candidate.tolist() == [0]
    assert found.false_positive.tolist() == [False, False, True]


def test_the_highest_candidate_within_the_radius_is_the_match_even_if_another_is_nearer() -> None:
    assert match(listed((10, 10, 3), (13, 10, 5)), [10], [10], radius=4).candidate.tolist() == [1]


def test_two_companions_share_no_candidate() -> None:
    found = match(listed((10, 10, 5), (12, 10, 4)), [10, 11.5], [10, 10], radius=4)
    assert found.candidate.tolist() == [0, 1]
    assert match(listed((11, 10, 5)), [10, 11.5], [10, 10], radius=4).candidate.tolist() == [-1, 0]


def test_no_candidate_is_a_miss() -> None:
    found = match(listed(), [10], [10], radius=4)
    assert found.candidate.tolist() == [-1]
    assert found.false_positive.size == 0


def test_without_a_companion_every_candidate_is_a_false_positive() -> None:
    assert match(listed((1, 1, 5), (9, 9, 4)), [], [], radius=4).false_positive.all()


POSITIONS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 9)), max_size=12)


@given(POSITIONS, POSITIONS)
def test_each_candidate_is_a_match_a_false_positive_or_ignored(
    positions: list[tuple[int, int, int]], truths: list[tuple[int, int, int]]
) -> None:
    found = match(listed(*positions), [t[0] for t in truths], [t[1] for t in truths], radius=3)
    matched = found.candidate[found.candidate >= 0]
    assert len(set(matched.tolist())) == matched.size
    assert not found.false_positive[matched].any()
