import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from algozoo.benchmark import night
from algozoo.benchmark.compare import compare
from algozoo.companions import Companion, inject
from algozoo.detectors.contract import Declined, DetectionMap, Detector
from algozoo.detectors.controls import Blank, Oracle
from algozoo.detectors.pca import PCA
from algozoo.errors import AlgoZooError, InputError
from algozoo.reporter import Reporter

PLANET = Companion(separation=10, azimuth=100, contrast=0.5)


class Lines(Reporter):
    def __init__(self):
        self.lines = []

    def say(self, text):
        self.lines.append(text)


class Refuses(Detector):
    """Decline everything."""

    name, title, reference = "refuses", "Refuses", "none"

    def detect(self, sequence) -> DetectionMap:  # noqa: ARG002 - the contract
        raise Declined("never in the mood")


@pytest.fixture(autouse=True)
def _quick(monkeypatch, tmp_path):
    mpl.use("Agg")
    monkeypatch.setattr(night, "N_COMPANIONS", 3)
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path))
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def sequence(make_sequence):
    return make_sequence(n_frames=12, parallactic_angles=np.linspace(0, 140, 12))


@pytest.fixture
def lines():
    return Lines()


def test_detectors_see_the_same_trials_and_known_companions_are_gone(sequence, lines):
    with_planet = inject(sequence, PLANET)
    found = compare(with_planet, [PCA(n_components=2), Blank()], injections=4, companions=PLANET, report=lines)
    of = {name: rows.reset_index(drop=True) for name, rows in found.outcomes.groupby("detector")}
    trials = ["trial", "trial_kind", "block", "annulus", "x", "y", "contrast"]
    assert of["pca(n_components=2)"][trials].equals(of["blank"][trials])
    empty = of["pca(n_components=2)"].query("trial_kind != 'injected'")
    assert set(empty["trial_kind"]) == {"empty", "flipped"}
    assert set(empty["block"]) == {"", "first", "middle", "last"}
    x, y = PLANET.position(with_planet)
    for row in empty.query("trial_kind == 'empty'").itertuples():
        assert np.hypot(row.candidate_x - x, row.candidate_y - y).min() > with_planet.fwhm


def test_the_oracle_finds_all_and_the_blank_detector_nothing(sequence, lines):
    table = compare(sequence, [Oracle(), "blank"], injections=4, report=lines).table().set_index("detector")
    assert table.loc["oracle", "partial_auc"] == 1
    assert table.loc["blank", "partial_auc"] == 0
    assert table.loc["oracle", "n_injected"] == 4


def test_contrasts_are_calibrated_once_and_kept(sequence, lines):
    first = compare(sequence, "median", injections=4, report=lines)
    steps = [line for line in lines.lines if "companions" in line]
    again = Lines()
    second = compare(sequence, "median", injections=4, report=again)
    assert steps
    assert not [line for line in again.lines if "companions" in line]
    assert first.outcomes["contrast"].equals(second.outcomes["contrast"])
    compare(sequence.flipped(), "median", injections=4, report=again)
    assert [line for line in again.lines if "companions" in line]  # another night


def test_the_figure_has_a_curve_for_each_detector_and_names_one_without_a_result(sequence, lines):
    found = compare(sequence, [PCA(n_components=2), Refuses()], injections=4, report=lines)
    legend = [text.get_text() for text in found.plot().axes[0].get_legend().get_texts()]
    assert set(legend) == {"pca(n_components=2)", "refuses (no result)"}
    assert found.table().set_index("detector").loc["refuses", ["status", "reason"]].tolist() == [
        "declined",
        "never in the mood",
    ]


def test_frames_that_are_too_small_are_refused(make_sequence, lines):
    with pytest.raises(InputError, match=r"expected at least 5.5: give larger frames"):
        compare(make_sequence(size=15, psf=np.ones((1, 1)), fwhm=3.5), "median", report=lines)


def test_a_night_without_any_companion_that_can_be_found_says_so(sequence, lines, monkeypatch):
    monkeypatch.setattr("algozoo.benchmark.calibrate.BRIGHTEST", 1e-9)
    monkeypatch.setattr(night, "BRIGHTEST", 1e-9)
    with pytest.raises(AlgoZooError, match=r"no annulus is left \(annulus 1.5 to 3 FWHM is left out: pca does"):
        compare(sequence, "median", report=lines)
