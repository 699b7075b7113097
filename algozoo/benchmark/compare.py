"""Detectors compared on one's own night: the trials, the runner and the scores of a suite, on one sequence."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from algozoo.arguments import checked, expect, integer
from algozoo.benchmark.attempts import Outcome, attempts
from algozoo.benchmark.night import Night
from algozoo.benchmark.shard import outcome_rows
from algozoo.benchmark.suite import Suite, SuiteDataset, SuiteDetector
from algozoo.benchmark.trials import draw_trials
from algozoo.companions import FROM_SKY, Companion, listed
from algozoo.detectors.contract import Detector
from algozoo.detectors.registry import create
from algozoo.errors import InputError
from algozoo.reporter import Reporter
from algozoo.scoring import Board, Campaigns, evaluate, rates
from algozoo.sequence import ADISequence

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from algozoo.scoring.outcomes import OutcomeRow

SECONDS_BETWEEN_LINES = 10.0
SHOWN = [
    *("detector", "partial_auc", "partial_auc_low", "partial_auc_high", "tpr", "tpr_low", "tpr_high", "rank"),
    *("n_injected", "n_empty", "seconds", "status", "reason"),
]
CALL = 'compare(night, ["pca", "loci"], injections=60)'
WITH_KNOWN = f'compare(night, ["pca", "loci"], companions=[{FROM_SKY}])'


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """What `compare` measured.

    Attributes
    ----------
    name : str
        Of the sequence.
    outcomes : DataFrame
        One row per trial and detector, as in the results of a suite; `algozoo.scoring` takes it.
    notices : tuple of str
        What a reader must know, such as an annulus that is left out.
    """

    name: str
    outcomes: pd.DataFrame
    notices: tuple[str, ...]

    @cached_property
    def campaigns(self) -> Campaigns:
        """The outcomes with hits and bootstrap weights, of which all scores are made."""
        return Campaigns.of(self.outcomes, np.random.default_rng(0))

    @cached_property
    def board(self) -> Board:
        """The scores of all detectors and the differences between them; see `algozoo.scoring.evaluate`."""
        return evaluate(self.campaigns)

    def table(self) -> pd.DataFrame:
        """Return one row per detector, best first: its scores with their 95 % intervals, seconds per map, failures.

        `partial_auc` is the mean true-positive rate over the logarithm of the false positives per map, `tpr` the
        true-positive rate at one false positive per map; see `algozoo.scoring.score`.
        """
        return self.board.scores[SHOWN]

    def curves(self) -> pd.DataFrame:
        """Return true-positive rates against false positives per map with 95 % bands; see `algozoo.scoring.rates`."""
        return rates(self.campaigns)

    def plot(self) -> "Figure":
        """Draw the curves and their bands with matplotlib's pyplot, so that a notebook shows them."""
        from algozoo.plots.rates import plot_rates  # noqa: PLC0415 - matplotlib takes long to import

        return plot_rates(self.curves(), list(self.board.scores["detector"]), self.name)


@checked
def compare(
    sequence: ADISequence,
    detectors: str | Detector | Iterable[str | Detector],
    *,
    injections: int = 60,
    companions: Companion | Iterable[Companion] = (),
    seed: int = 0,
    report: Reporter | None = None,
) -> Comparison:
    """Compare detectors on one night: injected companions found against false positives, on the same trials for all.

    Known companions are subtracted. Companions are injected one a trial, in annuli as wide as the frames allow, into
    all frames and into three blocks of them; false positives are counted in maps without companions, also of the
    reversed angles. The contrasts at which `pca` finds 5 % and 95 % of the companions bound those of the injections:
    they are measured first, which takes minutes, and kept in the cache.

    Parameters
    ----------
    sequence : ADISequence
    detectors : str, Detector or several of these
        Names, or detectors with other parameters than the defaults.
    injections : int
        Trials with a companion, rounded up to the same number for each annulus.
    companions : Companion or several, optional
        Those that are really there.
    seed : int
        Of the positions and contrasts.
    report : Reporter, optional
        Gets the progress; lines of text are printed by default.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If an argument is of another type or a detector does not exist, the frames are too small, or the flux of the
        star is not known.
    AlgoZooError
        If no annulus has companions that `pca` finds.
    """
    expect(sequence, ADISequence, "compare: sequence", CALL)
    sequence.need_star_flux()
    known, chosen = listed(sequence, companions, WITH_KNOWN), _chosen(detectors)
    injections, seed = integer(injections, 1, "compare: injections", CALL), integer(seed, 0, "compare: seed", CALL)
    report = Reporter() if report is None else report
    expect(report, Reporter, "compare: report", f"{CALL[:-1]}, report=Reporter())")
    night, notices = Night.of(sequence, known).calibrated(report)
    null = night.null_sequence(0)
    if refusal := night.flip_refusal(null):
        notices.append(f"there are maps of one orientation only without companions: {refusal}")
    suite = Suite(
        format=1,
        name="comparison",
        version="1",
        title=sequence.name,
        description=sequence.name,
        seed=seed,
        datasets=(SuiteDataset(name=night.name, injections=-(-injections // len(night.manifest.annuli))),),
        detectors=tuple(SuiteDetector(name=detector.name) for detector in chosen),
    )
    trials = draw_trials(suite, suite.datasets[0], night, 0, null)
    rows: list[OutcomeRow] = []
    for detector in chosen:
        detector.prepare(report.say)
        done = attempts(detector, night, null, trials, np.random.default_rng(seed))
        outcomes = list(_reported(done, detector.label, len(trials), report.say))
        rows += outcome_rows(suite, 0, night, null, detector, outcomes)
    return Comparison(name=sequence.name, outcomes=pd.DataFrame(rows), notices=tuple(notices))


def _chosen(detectors: str | Detector | Iterable[str | Detector]) -> list[Detector]:
    if isinstance(detectors, str | Detector):
        detectors = [detectors]
    expect(detectors, Iterable, "compare: detectors", CALL)
    chosen = []
    for detector in detectors:
        expect(detector, (str, Detector), "compare: detector", CALL)
        chosen.append(create(detector) if isinstance(detector, str) else detector)
    labels = [detector.label for detector in chosen]
    if not labels or len(set(labels)) < len(labels):
        raise InputError(f"compare: detectors are {labels}, expected one or more, each once, as in {CALL}")
    return chosen


def _reported(outcomes: Iterable[Outcome], label: str, total: int, say: Callable[[str], object]) -> Iterator[Outcome]:
    """Pass outcomes on, and report how many there are every few seconds and at the end."""
    start = last = monotonic()
    for done, outcome in enumerate(outcomes, start=1):
        now = monotonic()
        if done == total or now - last >= SECONDS_BETWEEN_LINES:
            last = now
            say(f"{label}: {done} of {total} maps, {(now - start) / done * (total - done):.0f} s left")
        yield outcome
