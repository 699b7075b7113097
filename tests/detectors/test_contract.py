from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest

from algozoo.detectors.contract import DetectionMap, Detector
from algozoo.detectors.median import Median
from algozoo.detectors.pca import PCA
from algozoo.detectors.registry import BUILT_IN, create
from algozoo.errors import InputError
from algozoo.testing import check_detector


def test_maps_are_read_only_and_readable():
    result = DetectionMap(scores=np.arange(9.0).reshape(3, 3), kind="snr")
    with pytest.raises(ValueError, match="read-only"):
        result.scores[0, 0] = 1
    assert repr(result) == "DetectionMap(snr, 3x3 px, 0 to 8)"
    assert "nothing scored" in repr(DetectionMap(scores=np.full((3, 3), np.nan), kind="ratio"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scores": np.zeros(3)}, r"scores has shape \(3,\)"),
        ({"scores": np.zeros((3, 4))}, r"scores has shape \(3, 4\)"),
        ({"scores": "high"}, "not an array of numbers"),
        ({"kind": "magic"}, "kind is 'magic', expected one of snr"),
        ({"image": np.zeros((4, 4))}, r"image has shape \(4, 4\)"),
        ({"flux": [[object()] * 3] * 3}, "flux is not an array of numbers"),
        ({"scores": np.zeros((3, 3), dtype=complex)}, "scores is complex, expected real numbers"),
        ({"image": np.ma.masked_less(np.zeros((3, 3)), 1)}, "image is masked, expected NaN"),
    ],
)
def test_bad_maps_are_refused(fields, message):
    with pytest.raises(InputError, match=message):
        DetectionMap(**({"scores": np.zeros((3, 3)), "kind": "snr"} | fields))


def test_label_tells_what_differs_from_the_defaults():
    assert PCA().label == "pca"
    assert PCA(n_components=20).label == "pca(n_components=20)"
    assert PCA(n_components=5, combine="mean").label == "pca(combine=mean, n_components=5)"


def test_label_leaves_out_what_is_not_a_parameter():
    @dataclass(frozen=True, kw_only=True)
    class Fitted(Median):
        weights: tuple[float, ...] = field(default_factory=tuple)
        learned: np.ndarray = field(default_factory=lambda: np.zeros(3), init=False)

    assert Fitted().label == "median"
    assert Fitted(weights=(1.0,)).label == "median(weights=(1.0,))"


def test_parameters_make_the_detector_anew():
    detector = PCA(n_components=0.9, combine="mean")
    assert PCA(**detector.parameters) == detector


def test_fit_of_an_unsupervised_detector_is_itself(make_sequence):
    detector = Median()
    assert detector.fit(make_sequence()) is detector


def test_what_is_missing_is_named_before_a_long_run():
    class Needy(Median):
        needs: ClassVar[tuple[str, ...]] = ("numpy", "no_such_module")

    Median().prepare()
    with pytest.raises(InputError, match="median needs no_such_module, which is not installed"):
        Needy().prepare()


@pytest.mark.parametrize("ensemble", [False, True])
def test_a_detector_is_fitted_to_what_its_class_says(ensemble):
    class Pupil(Median):
        def fit(self, sequence):  # noqa: ARG002
            return self

    assert (Median().learns, Pupil().learns) == (False, True)
    assert Median().training(ensemble=ensemble) == "none"
    assert Pupil().training(ensemble=ensemble) == ("transfer" if ensemble else "flipped twin of each trial")


def test_a_detector_must_detect():
    @dataclass(frozen=True, kw_only=True)
    class Lazy(Detector):
        name: ClassVar[str] = "lazy"

    with pytest.raises(TypeError, match="detect"):
        Lazy()


SMALL = {
    "sodirf": {"n_samples": 60, "n_levels": 8, "n_trees": 40},
    "sodinn": {"n_samples": 60, "n_levels": 8, "patch_width": 1.5, "architecture": "conv3d", "epochs": 4},
}
"""What takes long by default, with less to learn from."""


MARKS = {"sodirf": pytest.mark.slow, "sodinn": [pytest.mark.slow, pytest.mark.torch]}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=MARKS.get(name, ())) for name in sorted(BUILT_IN)],
)
def test_every_built_in_keeps_the_contract(name):
    report = check_detector(create(name, **SMALL.get(name, {})))
    assert report.passed, report
    assert report.seconds_per_map > 0
