from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.random import Generator

from algozoo.companions import Companion
from algozoo.errors import InputError
from algozoo.scoring import on_shared_trials
from algozoo.scoring.outcomes import COLUMNS, OUTCOME, OutcomeRow, add_hits, check_outcomes, true_companion
from algozoo.sequence import ADISequence

Make = Callable[..., pd.DataFrame]


def test_a_hit_has_the_score_position_and_error_of_its_candidate(make_outcomes: Make, rng: Generator) -> None:
    hits = add_hits(make_outcomes(rng, detectors=("good",)))
    injected = hits[hits["trial_kind"] == "injected"]
    np.testing.assert_allclose(injected["hit_x"], injected["x"] + 1)
    np.testing.assert_allclose(injected["hit_y"], injected["y"])
    np.testing.assert_allclose(injected["position_error"], 1)
    assert (injected["hit_score"] == injected["candidate_score"].str[-1]).all()


def test_empty_maps_have_no_hit(make_outcomes: Make, rng: Generator) -> None:
    hits = add_hits(make_outcomes(rng))
    assert hits.loc[hits["trial_kind"] != "injected", "hit_score"].isna().all()


def test_a_map_without_a_candidate_is_a_miss(make_outcomes: Make, rng: Generator) -> None:
    assert add_hits(make_outcomes(rng, detectors=("blank",)))["hit_score"].isna().all()


@pytest.mark.parametrize("status", ["failed", "invalid", "declined"])
def test_a_trial_that_did_not_end_well_is_a_miss_whatever_its_candidates(
    make_outcomes: Make, rng: Generator, status: str
) -> None:
    outcomes = make_outcomes(rng, detectors=("good",)).assign(status=status)
    assert add_hits(outcomes)["hit_score"].isna().all()


def test_candidates_may_come_as_lists_in_any_order(make_outcomes: Make, rng: Generator) -> None:
    outcomes = make_outcomes(rng)
    lists = outcomes.copy()
    for column in ("candidate_x", "candidate_y", "candidate_score"):
        lists[column] = [values[::-1].tolist() for values in outcomes[column]]
    np.testing.assert_array_equal(add_hits(lists)["hit_score"], add_hits(outcomes)["hit_score"])


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(make_outcomes: Make, rng: Generator, column: str) -> None:
    with pytest.raises(InputError, match=rf"\b{column}\b"):
        check_outcomes(make_outcomes(rng, n_injected=1, n_empty=1).drop(columns=column))


def test_an_empty_table_is_an_input_error_that_names_the_columns(make_outcomes: Make, rng: Generator) -> None:
    with pytest.raises(InputError, match="candidate_score"):
        check_outcomes(make_outcomes(rng).iloc[:0])


@pytest.mark.parametrize("column", ["suite", "suite_version", "dataset_version", "dataset_kind"])
def test_versions_are_never_mixed(make_outcomes: Make, rng: Generator, column: str) -> None:
    outcomes = make_outcomes(rng)
    outcomes.loc[0, column] = "another"
    with pytest.raises(InputError, match="another"):
        check_outcomes(outcomes)


def test_a_trial_that_is_there_twice_is_an_input_error(make_outcomes: Make, rng: Generator) -> None:
    outcomes = make_outcomes(rng)
    with pytest.raises(InputError, match="there twice"):
        check_outcomes(outcomes.iloc[[0, *range(len(outcomes))]])


def test_an_unknown_kind_of_trial_is_named(make_outcomes: Make, rng: Generator) -> None:
    with pytest.raises(InputError, match="blind"):
        check_outcomes(make_outcomes(rng).assign(trial_kind="blind"))


def run_on(outcomes: pd.DataFrame, detector: str, sequences: set[int]) -> pd.DataFrame:
    return outcomes[(outcomes["detector"] != detector) | outcomes["sequence"].isin(sequences)]


def test_a_sequence_that_a_detector_has_yet_to_run_is_left_out_for_all(make_outcomes: Make, rng: Generator) -> None:
    outcomes = make_outcomes(rng)
    kept, unfinished = on_shared_trials(run_on(outcomes, "good", {0, 1, 3}))
    pd.testing.assert_frame_equal(kept, outcomes[outcomes["sequence"] != 2])
    assert unfinished.empty


def test_a_detector_that_has_just_begun_is_left_out_and_named(make_outcomes: Make, rng: Generator) -> None:
    outcomes = make_outcomes(rng)
    kept, unfinished = on_shared_trials(run_on(outcomes, "good", {2}))
    pd.testing.assert_frame_equal(kept, outcomes[outcomes["detector"] != "good"])
    assert unfinished.to_dict("records") == [{"dataset": "night", "detector": "good", "n_run": 1, "n_sequences": 4}]


def test_a_sequence_without_one_of_its_trials_was_not_run(make_outcomes: Make, rng: Generator) -> None:
    outcomes = make_outcomes(rng)
    chosen = (outcomes["detector"] == "poor") & (outcomes["sequence"] == 1) & (outcomes["trial"] == 0)
    kept, _ = on_shared_trials(outcomes[~chosen])
    assert set(kept["sequence"]) == {0, 2, 3}
    assert set(kept["detector"]) == set(outcomes["detector"])


def test_controls_that_are_ahead_do_not_drive_detectors_out(make_outcomes: Make, rng: Generator) -> None:
    outcomes = run_on(run_on(make_outcomes(rng), "good", {0}), "poor", {0})
    kept, unfinished = on_shared_trials(outcomes)
    assert set(kept["detector"]) == {"oracle", "blank", "good", "poor"}
    assert set(kept["sequence"]) == {0}
    assert unfinished.empty


@given(done=st.lists(st.sets(st.integers(0, 4)), min_size=2, max_size=5))
def test_what_is_kept_is_whole_and_no_detector_that_fits_is_left_out(done: list[set[int]]) -> None:
    row = dict.fromkeys(COLUMNS, 0) | {"control": False, "dataset": "fake", "trial_kind": "empty"}
    pairs = {(str(i), sequence) for i, sequences in enumerate(done) for sequence in sequences}
    table = pd.DataFrame([row | {"detector": d, "sequence": s, "trial": t} for d, s in pairs for t in range(3)])
    assume(pairs)
    kept, unfinished = on_shared_trials(table)
    detectors, sequences = set(kept["detector"]), set(kept["sequence"])
    assert len(kept) == 3 * len(detectors) * len(sequences) >= 3 * max(map(len, done))
    assert all(done[int(detector)] >= sequences for detector in detectors)
    assert not any(done[int(detector)] >= sequences for detector in unfinished["detector"])
    assert detectors | set(unfinished["detector"]) == set(table["detector"])


def test_a_row_without_its_optional_columns_can_be_scored(make_sequence: Callable[..., ADISequence]) -> None:
    sequence = make_sequence()
    companion = Companion(separation=8.0, azimuth=90.0, contrast=1e-3)
    facts = dict.fromkeys(COLUMNS, "a") | dict.fromkeys(("sequence", "trial", "annulus"), 0)
    facts |= {"control": False, "trial_kind": "injected", "status": "ok", "fwhm": 4.0, "n_resels": 80.0}
    facts |= {"seconds": 1.0, "cpu_seconds": 1.0, **true_companion(companion, sequence)}
    x, y = companion.position(sequence)
    facts |= {"candidate_x": np.array([x]), "candidate_y": np.array([y + 1]), "candidate_score": np.array([7.0])}
    hits = add_hits(pd.DataFrame([OutcomeRow(**facts)]))
    assert list(hits.columns[: len(OUTCOME)]) == list(OUTCOME)
    assert (hits["hit_score"][0], hits["position_error"][0]) == (7.0, 1.0)


def test_a_trial_without_a_companion_has_no_place(make_sequence: Callable[..., ADISequence]) -> None:
    place = true_companion(None, make_sequence())
    assert set(place) == {"separation", "position_angle", "contrast", "x", "y"}
    assert np.isnan(list(place.values())).all()


def test_the_page_lists_every_column_with_its_type_unit_and_meaning() -> None:
    text = (Path(__file__).parents[2] / "docs" / "method.md").read_text(encoding="utf-8")
    section = text.partition("## The table of outcomes\n")[2].partition("\n## ")[0]
    shown = [line for line in section.splitlines() if line.startswith("| `")]
    assert shown == [f"| `{name}` | {c.stored} | {c.unit} | {c.meaning} |" for name, c in OUTCOME.items()]
