from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from algozoo.companions import Companion
from algozoo.detectors.contract import DetectionMap, Detector
from algozoo.detectors.median import Median
from algozoo.detectors.pca import PCA
from algozoo.detectors.subtraction import PSFSubtraction
from algozoo.errors import AlgoZooError, InputError
from algozoo.limits.measure import choose_separations, measure_limits
from algozoo.limits.probe import Field, Probe
from algozoo.scoring.completeness import LEVELS


@dataclass(frozen=True, kw_only=True)
class Squared(Detector):
    """Not a subtraction: no image, and scores of its own kind."""

    name: ClassVar[str] = "squared"

    def detect(self, sequence):
        return DetectionMap(scores=np.sign(scores := Median().detect(sequence).scores) * scores**2, kind="ratio")


@dataclass(frozen=True, kw_only=True)
class Deaf(PSFSubtraction):
    """Leave the same noise whatever is given."""

    name: ClassVar[str] = "deaf"

    def subtract(self, sequence):
        return np.random.default_rng(0).normal(size=sequence.cube.shape)


CLAIMS = ["5 sigma, student", "5 sigma, laplace", "50% found", "90% found", "95% found"]


def silent(_):
    """Report to nobody."""


def test_limits_of_a_subtraction_have_all_parts(field, rng):
    told = []
    limits = measure_limits(Median(), field, separations=[2, 3], injections=18, rng=rng, report=told.append)
    assert len(told) == len(limits.table) == 2
    assert {"contrast_student", "contrast_laplace", "contrast_50", "low_95", "high_95"} <= set(limits.table)
    assert list(limits.closure["claim"]) == 2 * CLAIMS
    columns = [f"contrast_{name}" for name in ("student", "laplace", "50", "90", "95")]
    np.testing.assert_array_equal(limits.closure["contrast"], limits.table[columns].to_numpy().ravel())
    assert (limits.table["contrast_50"] < limits.table["contrast_student"]).all()
    assert limits.cells["n"].sum() == limits.table["n"].sum() >= 36
    assert "0.12 to 3.6 per map" in limits.notices[0]
    assert "2.9e-7" in limits.notices[1]


def test_other_detectors_have_completeness_only_and_it_is_said(field, rng):
    limits = measure_limits(Squared(), field, separations=[3], injections=18, rng=rng, report=silent)
    assert "contrast_student" not in limits.table
    assert limits.table["status_50"].item() == "ok"
    assert list(limits.closure["claim"]) == CLAIMS[2:]
    assert "squared is none" in limits.notices[1]


def test_where_there_is_no_limit_it_is_said_and_why(field, rng, monkeypatch):
    told = []
    limits = measure_limits(Deaf(), field, separations=[3], injections=18, rng=rng, report=told.append)
    assert "5 sigma has no limit (nothing is left of a companion), 50 % found has no limit (not reached)" in told[0]
    assert limits.table["status_laplace"].item() == "nothing is left of a companion"
    assert set(limits.closure["closes"]) == {"no limit"}

    unbounded = pd.DataFrame({"level": LEVELS, "contrast": 0.1, "low": 0.0, "high": np.inf, "status": "no upper bound"})
    monkeypatch.setattr("algozoo.limits.measure.completeness_limits", lambda *_, **__: unbounded)
    measure_limits(Median(), field, separations=[3], injections=18, rng=rng, report=told.append)
    assert "95 % found has no limit (no bound)" in told[1]


def test_increasing_transform_of_the_scores_changes_no_completeness(field):
    def of(detector):
        return measure_limits(
            detector, field, separations=[3], injections=18, rng=np.random.default_rng(0), report=silent
        ).cells[["n", "completeness"]]

    @dataclass(frozen=True, kw_only=True)
    class Cubed(Squared):
        def detect(self, sequence):
            return DetectionMap(scores=super().detect(sequence).scores ** 3, kind="ratio")

    assert of(Squared()).equals(of(Cubed()))


def test_what_cannot_be_measured_is_refused(field, make_sequence, rng):
    with pytest.raises(
        InputError, match=r"separation 7: outside the field of sequence, which is searched from 1\.5 to"
    ):
        choose_separations(field, [2, 7])
    assert choose_separations(field) == [2, 3, 4]
    with pytest.raises(InputError, match="n_frames is 1, expected at least 3"):
        Field.of_sequence(make_sequence(n_frames=1, parallactic_angles=[0.0]), [])
    with pytest.raises(InputError, match="give larger frames"):
        Field.of_sequence(make_sequence(size=21), [])
    with pytest.raises(AlgoZooError, match="declines this sequence: 50 components"):
        _ = Probe(PCA(n_components=50), field).threshold
    with pytest.raises(InputError, match="14 injections are too few"):
        measure_limits(Median(), field, separations=[3], injections=14, rng=rng, report=silent)
    alike = Field.of_sequence(make_sequence(cube=np.ones((12, 41, 41))), [])
    with pytest.raises(AlgoZooError, match="median declines this sequence: nothing is left of the frames"):
        _ = Probe(Median(), alike).threshold
    around = [Companion(separation=9, azimuth=angle, contrast=1e-9) for angle in range(0, 300, 30)]
    crowded = Field.of_sequence(make_sequence(), around)
    with pytest.raises(InputError, match="resolution elements are left there"):
        measure_limits(Median(), crowded, separations=[2], injections=18, rng=rng, report=silent)
