"""Golden numbers of real trials: one for each detector and dataset of the suite `quick`."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from algozoo.benchmark.golden.numbers import Case, summary
from algozoo.benchmark.suite import load_suite
from algozoo.benchmark.training import fitted
from algozoo.benchmark.trials import draw_trials
from algozoo.datasets import Dataset
from algozoo.detectors.contract import Declined
from algozoo.detectors.registry import create
from algozoo.scoring import find_candidates
from algozoo.sequence import ADISequence


def real_cases(dataset: str, detector: str, mirror: Path | None = None) -> dict[str, Case]:
    """Compute the candidates of one trial of `quick` with all parameters that the suite has for a detector.

    Parameters
    ----------
    dataset, detector : str
    mirror : path, optional
        See `algozoo.datasets.fetch`.

    Raises
    ------
    DatasetUnavailable
        If the files of the dataset are not here.
    """
    suite = load_suite("quick")
    [entry] = [entry for entry in suite.datasets if entry.name == dataset]
    data, null = _night(dataset, mirror)
    trial = draw_trials(suite, entry, data, 0, null)[entry.injections]  # the first in the second annulus
    sequence, valid = trial.sequence(null), data.valid_mask(null)
    cases: dict[str, Case] = {}
    for each in (create(listed.name, **listed.parameters) for listed in suite.detectors if listed.name == detector):
        able = each.told((trial.companion,)) if trial.companion else each
        try:
            scores = fitted(able, data, null, {False})[False].detect(sequence).scores
        except Declined as declined:
            cases[each.label] = Case(declined=str(declined))
            continue
        found = find_candidates(scores, fwhm=sequence.fwhm, valid=valid)
        cases[each.label] = summary(scores)
        cases[f"{each.label}: candidates"] = summary(found.score)
    return cases


@lru_cache(maxsize=1)
def _night(dataset: str, mirror: Path | None) -> tuple[Dataset, ADISequence]:
    """Return a dataset of `quick` and its first sequence, without known companions."""
    suite = load_suite("quick")
    [entry] = [entry for entry in suite.datasets if entry.name == dataset]
    data = suite.load(entry, mirror)
    return data, replace(data.null_sequence(0), name="sequence", meta={})
