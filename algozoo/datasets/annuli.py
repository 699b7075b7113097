"""Annuli of a dataset: where companions are injected, how bright, and what simulated data look like there."""

from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from algozoo.errors import AlgoZooError
from algozoo.sequence import ADISequence
from algozoo.toml import Fraction, Positive, Table, Text, Version

TOLERANCE = 0.02
"""Relative difference from the pinned statistics that is allowed; machines differ by rounding, far less."""


class TrialAnnulus(Table):
    """Where companions are injected and how bright they are.

    `inner` and `outer` are separations in FWHM. Contrasts are drawn from the range `contrast`, uniformly in their
    logarithm; `algozoo datasets calibrate` fills it in where it is not given.
    """

    inner: Positive
    outer: Positive
    contrast: Annotated[tuple[Fraction, Fraction], Field(strict=False)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.inner >= self.outer:
            raise ValueError(f"inner is {self.inner:g} and outer {self.outer:g} FWHM, expected inner < outer")
        if self.contrast and self.contrast[0] > self.contrast[1]:
            raise ValueError(f"contrast is {list(self.contrast)}, expected the fainter end first")
        return self


class Calibration(Table):
    """The record of how the contrasts of the annuli were found; see `algozoo.benchmark.calibrate`.

    At both ends of each range, the detector `baseline` finds the fractions `detected` of `n_companions` companions,
    at `false_positives_per_map` in `n_empty` maps without one. `version` is that of the dataset.
    """

    version: Version
    algozoo: Text
    baseline: Text
    detected: Annotated[tuple[Fraction, Fraction], Field(strict=False)]
    false_positives_per_map: Positive
    n_companions: Annotated[int, Field(ge=1)]
    n_empty: Annotated[int, Field(ge=1)]
    seed: Annotated[int, Field(ge=0)]


class Statistics(Table):
    """What pins simulated data, whose bytes differ between machines: statistics of the first sequence.

    `fwhm` is in pixels, `field_rotation` in degrees. `halo` and `noise` are medians over each annulus of the mean and
    of the standard deviation over time, in units of the star's flux; with wavelengths, after the mean over them.
    """

    fwhm: Positive
    field_rotation: float
    halo: Annotated[tuple[float, ...], Field(strict=False)]
    noise: Annotated[tuple[float, ...], Field(strict=False)]


def measure(sequence: ADISequence, annuli: tuple[TrialAnnulus, ...]) -> Statistics:
    """Measure the statistics of a sequence, to four digits."""
    frames = sequence.cube.reshape(-1, *sequence.cube.shape[-3:]).mean(axis=0, dtype=float)
    frames /= np.mean(sequence.star_flux)
    y, x = np.mgrid[: sequence.size, : sequence.size] - sequence.centre
    separation = np.hypot(x, y) / sequence.fwhm
    masks = [(annulus.inner <= separation) & (separation < annulus.outer) for annulus in annuli]
    mean, deviation = frames.mean(axis=0), frames.std(axis=0)
    return Statistics(
        fwhm=_rounded(sequence.fwhm),
        field_rotation=_rounded(sequence.field_rotation),
        halo=tuple(_rounded(np.median(mean[mask])) for mask in masks),
        noise=tuple(_rounded(np.median(deviation[mask])) for mask in masks),
    )


def compare(name: str, measured: Statistics, pinned: Statistics) -> None:
    """Hold measured statistics against pinned ones.

    Raises
    ------
    AlgoZooError
        If one differs by more than `TOLERANCE`: this machine simulates other data than the manifest describes.
    """
    for field in Statistics.model_fields:
        ours, theirs = np.atleast_1d(getattr(measured, field)), np.atleast_1d(getattr(pinned, field))
        if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=TOLERANCE, atol=0):
            raise AlgoZooError(
                f"{name}: {field} of the first sequence is {ours.tolist()}, and its manifest says {theirs.tolist()}: "
                "the simulation differs from that of this version of the dataset, and results cannot be compared"
            )


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
