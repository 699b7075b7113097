"""What the pages show, read once from the store: outcomes, scores and the records of the runs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from algozoo import scoring
from algozoo.benchmark.ledger import FILE, Entry, about, read_ledger, standing
from algozoo.benchmark.record import Preview, RecordedDetector, RunRecord
from algozoo.benchmark.shard_file import MalformedShard
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import Suite
from algozoo.datasets.annuli import TrialAnnulus
from algozoo.errors import InputError
from algozoo.leaderboard.absences import Absence, Hidden, LeftOut, hidden, not_run
from algozoo.leaderboard.freshness import Freshness, freshness
from algozoo.leaderboard.text import moment
from algozoo.scoring.averages import run_on_all
from algozoo.scoring.intervals import Array
from algozoo.scoring.outcomes import OUTCOME, add_hits
from algozoo.text import printable

ENOUGH_DATASETS = 6
"""Of a kind, for a critical difference: with fewer it is so large that it tells next to nothing."""


@dataclass(frozen=True)
class DatasetResults:
    """Everything about one dataset of the suite.

    Attributes
    ----------
    name, kind : str
        Name, and 'real' or 'simulated'.
    annuli : tuple of TrialAnnulus
        Inner and outer separation (FWHM) and contrast range of the injections.
    about : Preview
        Manifest and shape, as written by the run.
    images : dict of ndarray
        Frame, temporal median, PSF, angles and valid field.
    n_left_out : int
        Sequences that not all of its detectors have run on.
    outcomes, scores, annulus_rates, limits, curves, bands, differences : DataFrame
        Its part of the tables of `algozoo.scoring`; the outcomes with hits.
    claims, alarms, quantiles, uniformity, probabilities, probability_claims : DataFrame
        The same, on calibration.
    unfinished : DataFrame
        Detectors that are left out, as `on_shared_trials` returns them.
    not_run : list of Absence
        Detectors of the suite that have no stored row on it.
    days : dict of str
        Day (UTC) of the latest run of each detector.
    """

    name: str
    kind: str
    annuli: tuple[TrialAnnulus, ...]
    about: Preview
    images: dict[str, Array]
    n_left_out: int
    not_run: list[Absence]
    days: dict[str, str]
    outcomes: pd.DataFrame
    scores: pd.DataFrame
    annulus_rates: pd.DataFrame
    limits: pd.DataFrame
    curves: pd.DataFrame
    bands: pd.DataFrame
    differences: pd.DataFrame
    claims: pd.DataFrame
    alarms: pd.DataFrame
    quantiles: pd.DataFrame
    uniformity: pd.DataFrame
    probabilities: pd.DataFrame
    probability_claims: pd.DataFrame
    unfinished: pd.DataFrame

    @property
    def title(self) -> str:
        """Title in the manifest."""
        return self.about.manifest.title

    @property
    def n_resels(self) -> float:
        """Resolution elements in the valid field of a map, as the curves count them."""
        return float(self.outcomes.drop_duplicates(["sequence", "trial"])["n_resels"].median())

    @property
    def rate_range(self) -> tuple[float, float]:
        """Range of false positives per map that the partial AUC averages over."""
        first = self.scores.iloc[0]
        return float(first["fp_low"]), float(first["fp_high"])

    def threshold(self, label: str) -> float:
        """Return the lowest score of a detector with at most one false positive per map; infinity without a result."""
        curve = self.curves[(self.curves["detector"] == label) & (self.curves["fp_per_map"] <= 1)]
        return float(curve["threshold"].min()) if len(curve) else np.inf


@dataclass(frozen=True)
class KindResults:
    """The average over the datasets of a kind.

    Attributes
    ----------
    name : str
        'simulated' or 'real'.
    averages, curves : DataFrame
        Mean scores, and mean curves.
    ranks : Friedman or None
        Ranks over the datasets, if there are enough of them.
    """

    name: str
    averages: pd.DataFrame
    curves: pd.DataFrame
    ranks: scoring.Friedman | None


@dataclass(frozen=True)
class Results:
    """Everything about one version of a suite.

    Attributes
    ----------
    suite : Suite
        As it was run last.
    records : list of RunRecord
        Run record of each shard, by the time of its start.
    datasets : list of DatasetResults
        In the order in which they were run.
    hidden : list of Hidden
        Datasets of the suite that are not shown.
    left_out : list of LeftOut
        Files of results that cannot be read.
    averages, average_curves : DataFrame
        Mean scores, and mean curves, over the datasets of a kind.
    ledger : list of Entry
        What was decided about rows.
    fresh : dict of str to Freshness
        What was found of third-party rows on fresh nights.
    """

    suite: Suite
    records: list[RunRecord]
    datasets: list[DatasetResults]
    hidden: list[Hidden]
    left_out: list[LeftOut]
    averages: pd.DataFrame
    average_curves: pd.DataFrame
    ledger: list[Entry]
    fresh: dict[str, Freshness]

    def critical_differences(self, kind: str) -> scoring.Friedman | None:
        """Rank the detectors over the datasets of a kind; nothing if there are too few of either."""
        scores = run_on_all(pd.concat([dataset.scores for dataset in self.datasets]))
        own = scores[scores["dataset_kind"] == kind]
        enough = own["dataset"].nunique() >= ENOUGH_DATASETS and own.loc[~own["control"], "detector"].nunique() > 2
        return scoring.friedman(own) if enough else None

    def of_kind(self, kind: str) -> KindResults:
        """Return the average over the datasets of a kind."""
        averages, curves = (table[table["dataset_kind"] == kind] for table in (self.averages, self.average_curves))
        return KindResults(kind, averages, curves, self.critical_differences(kind))

    @property
    def detectors(self) -> dict[str, RecordedDetector]:
        """What the latest run says of each detector, by its label."""
        about = {record.detector.label: record.detector for record in self.records}
        return dict(sorted(about.items()))

    def runs(self, label: str) -> list[RunRecord]:
        """Return the records of the shards of a detector, in the order of time."""
        return [record for record in self.records if record.detector.label == label]

    def decisions(self, label: str) -> list[Entry]:
        """Return what was decided about a detector, and about this suite."""
        return about(self.ledger, self.detectors[label].name, self.suite.name)


def read_results(store: Store, suite: str, version: str, tell: Callable[[str], object]) -> Results:
    """Read and score the outcomes of a suite; shards that are malformed are left out.

    Parameters
    ----------
    store : Store
    suite, version : str
    tell : callable
        Gets a line of text for each shard that is left out.

    Raises
    ------
    InputError
        If the store has no results of this version, or all are withdrawn or of datasets that were never run here.
    AlgoZooError
        If what the store keeps of a dataset, or the ledger, is damaged.
    """
    left_out: list[LeftOut] = []

    def leave_out(error: MalformedShard) -> None:
        tell(f"Notice: left out: {error}")
        left_out.append(LeftOut(error.path.name, error.reason))

    stored_outcomes, every_record = store.read(suite, version, leave_out)
    everything = _printable(stored_outcomes)
    read, stored = _without_withdrawn(everything, every_record, store, ledger := read_ledger(store.folder))
    read = _of_known_datasets(read, store)
    shared, unfinished = scoring.on_shared_trials(read)
    outcomes = add_hits(shared)
    records = sorted(_of_outcomes(stored, outcomes), key=lambda record: record.start)
    absent = not_run(every_record)
    definition = records[-1].suite
    annuli_of = {record.dataset: record.annuli for record in records}
    zones = {name: [(zone.inner, zone.outer) for zone in annuli] for name, annuli in annuli_of.items()}

    campaigns = scoring.Campaigns.of(outcomes, np.random.default_rng(definition.seed))
    board, bands = scoring.evaluate(campaigns), scoring.rates(campaigns)
    tables = {
        "outcomes": outcomes,
        "scores": board.scores,
        "differences": board.differences,
        "bands": bands,
        "unfinished": unfinished,
        **_tables(campaigns, zones, np.random.default_rng(definition.seed)),
    }
    datasets = []
    for name, annuli in annuli_of.items():
        own = {key: table[table["dataset"] == name] for key, table in tables.items()}
        first = own["outcomes"].iloc[0]
        about, images = store.preview(f"{name}-{first['dataset_version']}")
        n_left_out = read.loc[read["dataset"] == name, "sequence"].nunique() - own["outcomes"]["sequence"].nunique()
        days = {r.detector.label: moment(r.started)[:10] for r in records if r.dataset == name}
        kind, missing = first["dataset_kind"], absent[name]
        datasets.append(DatasetResults(name, kind, annuli, about, images, n_left_out, missing, days, **own))
    averages = board.averages
    average_curves = scoring.average_curves(bands.merge(averages[["dataset_kind", "detector"]]))
    unseen = hidden(stored, annuli_of)
    fresh = freshness(everything, every_record, ledger)
    return Results(definition, records, datasets, unseen, left_out, averages, average_curves, ledger, fresh)


def _printable(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Leave out what a terminal or a page would obey of the text that others wrote."""
    columns = [name for name, column in OUTCOME.items() if column.stored == "string" and name in outcomes]
    shown = {
        name: outcomes[name].map({text: printable(text) for text in outcomes[name].dropna().unique()})
        for name in columns
    }
    return outcomes.assign(**shown)


def _tables(
    campaigns: scoring.Campaigns, zones: dict[str, list[tuple[float, float]]], rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Make the tables that go into `DatasetResults` as they are."""
    probabilities = scoring.candidate_probabilities(campaigns)
    return {
        "annulus_rates": scoring.by_annulus(campaigns),
        "limits": scoring.completeness_limits(campaigns),
        "curves": scoring.curves(campaigns),
        "claims": scoring.overconfidence(campaigns),
        "alarms": scoring.false_alarms(campaigns, zones),
        "quantiles": scoring.null_quantiles(campaigns, zones),
        "uniformity": scoring.uniformity(campaigns, zones, rng=rng),
        "probabilities": probabilities,
        "probability_claims": scoring.probability_claims(probabilities),
    }


def _without_withdrawn(
    outcomes: pd.DataFrame, records: list[RunRecord], store: Store, ledger: list[Entry]
) -> tuple[pd.DataFrame, list[RunRecord]]:
    """Leave out the detectors that the ledger says are withdrawn; their results stay in the store."""
    hidden = {name for name, entry in standing(ledger).items() if entry.action == "withdraw"}
    kept = [r for r in records if r.detector.name not in hidden]
    if not kept:
        raise InputError(f"{store.folder}: all results of this suite are withdrawn, says {FILE}")
    return outcomes[outcomes["detector"].isin({r.detector.label for r in kept})], kept


def _of_known_datasets(outcomes: pd.DataFrame, store: Store) -> pd.DataFrame:
    """Leave out datasets that were never run here: published results may be of data that cannot be had."""
    versions = outcomes.groupby("dataset")["dataset_version"].first()
    known = [name for name, version in versions.items() if store.has_preview(f"{name}-{version}")]
    if not known:
        raise InputError(
            f"{store.folder}: has results of {', '.join(versions.index)}, and no dataset of the suite was run here: "
            "run the suite"
        )
    return outcomes[outcomes["dataset"].isin(known)]


def _of_outcomes(records: list[RunRecord], outcomes: pd.DataFrame) -> list[RunRecord]:
    """Keep the records of the shards that the outcomes are of."""
    shards = set(outcomes[["dataset", "detector", "sequence"]].drop_duplicates().itertuples(index=False, name=None))
    return [r for r in records if (r.dataset, r.detector.label, r.sequence) in shards]
