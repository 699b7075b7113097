"""Sequences and parameters that no detector of the zoo can work with: a clear error, or declined with the reason."""

from dataclasses import replace

import numpy as np
import pytest

from algozoo.detectors.annular_pca import AnnularPCA
from algozoo.detectors.contract import Declined
from algozoo.detectors.llsg import LLSG
from algozoo.detectors.nmf import NMF
from algozoo.detectors.pca import PCA
from algozoo.detectors.registry import BUILT_IN, create
from algozoo.detectors.stim import STIM
from algozoo.errors import InputError

ZOO = [
    pytest.param(detector, id=detector.name, marks=pytest.mark.torch if detector.name == "sodinn" else ())
    for detector in map(create, BUILT_IN)
    if not detector.control
]
UNTRAINED = [case for case in ZOO if not case.values[0].learns]
WITH_LIBRARY = [case for case in ZOO if "library" in case.values[0].parameters]
MODELS = [PCA(), STIM(), NMF(), AnnularPCA(), LLSG()]
every_detector = pytest.mark.parametrize("detector", ZOO)
every_model = pytest.mark.parametrize("detector", MODELS, ids=lambda d: d.name)

N_FRAMES = 24


@pytest.fixture
def sequence(make_sequence):
    return make_sequence(n_frames=N_FRAMES, parallactic_angles=np.linspace(3, 88, N_FRAMES))


def changed(sequence, **values):
    return type(sequence)(**{**vars(sequence), **values})


def order(detector):
    """Return the parameter that says how rich the model is."""
    return "rank" if detector.name == "llsg" else "n_components"


@pytest.mark.parametrize("detector", UNTRAINED)
def test_noise_alone_is_scored_in_a_part_of_the_field_at_least(sequence, detector):
    assert np.isfinite(detector.detect(sequence).scores).mean() > 0.3


@every_detector
def test_one_frame_is_declined(sequence, detector):
    single = changed(sequence, cube=sequence.cube[:1], parallactic_angles=[10.0])
    with pytest.raises(Declined, match=r"at most 0 references|from 1 frames|^1 frames of 0|all of 1 frames|has 1"):
        detector.detect(single)


@every_detector
@pytest.mark.parametrize("level", [0.0, 7.0])
def test_equal_frames_are_declined(sequence, detector, level):
    halo = level * np.exp(-np.hypot(*(np.mgrid[:41, :41] - 20)) / 8)
    with pytest.raises(Declined, match=r"alike|are equal|0 independent ones"):
        detector.detect(changed(sequence, cube=np.broadcast_to(halo, sequence.cube.shape)))


@every_model
@pytest.mark.parametrize("n", [N_FRAMES, 100])
def test_a_model_richer_than_the_frames_is_declined_with_both_numbers(sequence, detector, n):
    needed = n + 1 if detector.name == "annular-pca" else n
    with pytest.raises(Declined, match=rf"\b{needed}\b.*\b{N_FRAMES}\b|\b{N_FRAMES - 1}\b.*\b{needed}\b"):
        replace(detector, **{order(detector): n}).detect(sequence)


@every_model
@pytest.mark.parametrize("n", [0, -1])
def test_an_empty_model_is_refused(sequence, detector, n):
    with pytest.raises(InputError, match=f"{order(detector)} is {n}, expected"):
        replace(detector, **{order(detector): n}).detect(sequence)


@pytest.mark.parametrize("detector", WITH_LIBRARY)
@pytest.mark.parametrize("library", ["reference", "both"])
def test_a_reference_star_that_is_not_there_is_declined(sequence, detector, library):
    with pytest.raises(Declined, match=f"library='{library}' needs a sequence with reference frames"):
        replace(detector, library=library).detect(sequence)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"cube": np.where(np.arange(41) == 30, np.nan, np.ones((24, 41, 41)))}, "NaN or infinite pixels in 24 of 24"),
        ({"cube": np.ones((3, 24, 41, 41))}, r"wavelengths has shape None, expected \(3,\)"),
        ({"reference": np.ones((5, 31, 31))}, "reference frames are 31 pixels wide, those of cube 41"),
    ],
    ids=["NaN within the field", "4-D without wavelengths", "reference of another size"],
)
def test_a_sequence_that_makes_no_sense_reaches_no_detector(sequence, values, message):
    with pytest.raises(InputError, match=message):
        changed(sequence, **values)
