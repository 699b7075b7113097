"""Detection limits of one detector on one sequence, each closed by companions injected at the limit that is claimed.

Two limits, which answer different questions. *Classical*: how bright must a companion be for its S/N to be a false
alarm as rarely as a 5 sigma deviate of Gaussian noise (Mawet et al. 2014)? It rests on the noise of a ring of apertures
and on the throughput of a companion, and holds for detectors that subtract a model of the star. *Completeness*: at
which contrast is a companion found in half, or 95 %, of the places, at one false positive per map? It holds for all.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from algozoo.companions import Companion
from algozoo.detectors.contract import Declined, Detector
from algozoo.detectors.median import Median
from algozoo.errors import InputError
from algozoo.imaging.contrast import ring_noise
from algozoo.limits.classical import SIGMA, classical_limits, residual_image
from algozoo.limits.closure import close
from algozoo.limits.probe import FALSE_POSITIVES_PER_MAP, Field, Probe
from algozoo.scoring import garwood
from algozoo.scoring.completeness import LEVELS, completeness_limits, completeness_map
from algozoo.scoring.outcomes import OutcomeRow

DEFAULT_SEPARATIONS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
"""FWHM; those within the field."""
BRACKET_STEPS = 6
LAWS = ("student", "laplace")
FALLBACK_CONTRAST = 1e-4
LEAST_INJECTIONS = 15


@dataclass(frozen=True, kw_only=True)
class DetectionLimits:
    """What was measured.

    Attributes
    ----------
    table : DataFrame
        One row per separation: the classical limit for Gaussian ('student') and for Laplacian noise, and the contrasts
        of 50, 90 and 95 % completeness with their 95 % intervals; a status says why there is no limit.
    cells : DataFrame
        Completeness in cells of separation and contrast; see `algozoo.scoring.completeness_map`.
    closure : DataFrame
        One row per claim: what companions at the claimed contrast, at fresh azimuths, showed.
    notices : tuple of str
        What a reader must know: thresholds, what is left out and why.
    """

    table: pd.DataFrame
    cells: pd.DataFrame
    closure: pd.DataFrame
    notices: tuple[str, ...]


def choose_separations(field: Field, asked: Sequence[float] = ()) -> list[float]:
    """Return the separations in FWHM that were asked for, or those from 2 FWHM on that the field holds.

    Raises
    ------
    InputError
        If one is outside the field.
    """
    inside = [separation for separation in asked or DEFAULT_SEPARATIONS if field.inner <= separation <= field.outer]
    if (asked and len(inside) < len(asked)) or not inside:
        outside = ", ".join(f"{separation:g}" for separation in asked if separation not in inside) or "2 FWHM or more"
        raise InputError(
            f"separation {outside}: outside the field of {field.null.name}, which is searched from {field.inner:g} to "
            f"{field.outer:.3g} FWHM"
        )
    return sorted(set(inside))


def measure_limits(
    detector: Detector,
    field: Field,
    *,
    separations: Sequence[float],
    injections: int,
    rng: np.random.Generator,
    report: Callable[[str], None],
) -> DetectionLimits:
    """Measure the limits at some separations, and close them.

    Parameters
    ----------
    detector : Detector
    field : Field
    separations : sequence of float
        FWHM; see `choose_separations`.
    injections : int
        Companions for the completeness at each separation; a third as many close each claim.
    rng : Generator
        Source of the azimuths.
    report : callable
        Called with a line of text as each separation is done.

    Raises
    ------
    InputError
        If there are too few injections, or too few resolution elements at a separation.
    AlgoZooError
        If the detector declines the sequence.
    """
    if injections < LEAST_INJECTIONS:
        raise InputError(f"{injections} injections are too few for completeness, expected at least {LEAST_INJECTIONS}")
    probe = Probe(detector, field)
    if detector.subtracts:
        for separation in separations:  # before anything takes long
            _noise(residual_image(probe), separation, field)
    kinds = zip(("empty", "flipped"), probe.empty_candidates, strict=False)
    empties = [probe.outcome(i, kind, -1, candidates, None) for i, (kind, candidates) in enumerate(kinds)]
    rows, outcomes, closure = [], list(empties), []
    for annulus, separation in enumerate(separations):
        row = _separations(separation, field)
        if detector.subtracts:
            row |= classical_limits(probe, separation, rng)
        guess = row.get("contrast_student", np.nan)
        guess = guess if np.isfinite(guess) else _first_guess(field, separation)
        trials = _completeness_trials(probe, separation, annulus, guess, injections, first=len(outcomes), rng=rng)
        outcomes += trials
        row |= _completeness([*empties, *trials]) | {"n": len(trials)}
        rows.append(row)
        for claim in _claims(row):
            closed = close(probe, separation, *claim, n=injections // 3, rng=rng)
            closure.append({"separation": separation, **closed})
        report(_line(row))
    return DetectionLimits(
        table=pd.DataFrame(rows),
        cells=completeness_map(pd.DataFrame(outcomes), false_positives_per_map=FALSE_POSITIVES_PER_MAP),
        closure=pd.DataFrame(closure),
        notices=tuple(_notices(probe)),
    )


def _noise(image: np.ndarray, separation: float, field: Field) -> float:
    """Noise of the ring at a separation in FWHM."""
    return ring_noise(image, separation * field.null.fwhm, field.null.fwhm, field.clear).noise


def _separations(separation: float, field: Field) -> dict[str, Any]:
    pixels = separation * field.null.fwhm
    return {
        "separation": separation,
        "separation_px": pixels,
        "separation_arcsec": pixels * field.null.pixel_scale,
    }


def _completeness(outcomes: list[OutcomeRow]) -> dict[str, Any]:
    """Return the contrast, its interval and the status for each fraction that is found."""
    limits = completeness_limits(pd.DataFrame(outcomes), false_positives_per_map=FALSE_POSITIVES_PER_MAP)
    return {
        f"{name}_{100 * limit['level']:g}": limit[name]
        for limit in limits.to_dict("records")
        for name in ("contrast", "low", "high", "status")
    }


def _claims(row: dict[str, Any]) -> Iterator[tuple[str, float, float]]:
    """Yield what a row of the table claims, at which contrast, and what companions of that contrast must show."""
    for law in LAWS:
        if f"contrast_{law}" in row:
            yield f"5 sigma, {law}", row[f"contrast_{law}"], row[f"threshold_{law}"]
    for level in LEVELS:
        yield f"{level:.0%} found", row[f"contrast_{100 * level:g}"], level


def _completeness_trials(
    probe: Probe, separation: float, annulus: int, guess: float, n: int, *, first: int, rng: np.random.Generator
) -> list[OutcomeRow]:
    """Inject companions one at a time: first to bracket the contrasts between never and always, then across them."""
    angles = probe.angles(separation, rng)
    rows: list[OutcomeRow] = []

    def found(contrast: float) -> bool:
        companion = Companion(separation=separation * probe.field.null.fwhm, azimuth=next(angles), contrast=contrast)
        look = probe.look(companion)
        rows.append(probe.outcome(first + len(rows), "injected", annulus, look.candidates, companion))
        return probe.is_found(look)

    faint, bright = guess, 2 * guess
    for _ in range(BRACKET_STEPS):
        if all([found(bright), found(bright)]):
            break
        bright *= 2
    for _ in range(BRACKET_STEPS):
        if not any([found(faint), found(faint)]):
            break
        faint /= 2
    for contrast in np.geomspace(faint, 1.5 * bright, max(n - len(rows), 0)):
        found(float(contrast))
    return rows


def _first_guess(field: Field, separation: float) -> float:
    """Five times the noise of median subtraction, where the detector itself gives no image."""
    try:
        image = Median().detect(field.null).image
    except Declined:
        return FALLBACK_CONTRAST
    return SIGMA * _noise(np.asarray(image), separation, field) / float(field.null.star_flux)


def _line(row: dict[str, Any]) -> str:
    told = [f"{level} % found {_place(row, str(level))}" for level in (50, 95)]
    told = [f"5 sigma {_place(row, 'student')}", *told] if "contrast_student" in row else told
    return f"{row['separation']:g} FWHM ({row['separation_arcsec']:.3f} arcsec): {', '.join(told)}; n = {row['n']}"


def _place(row: dict[str, Any], name: str) -> str:
    """Tell where a limit is: at a contrast, above one, or nowhere, and why."""
    status = row[f"status_{name}"]
    if status == "ok":
        return f"at {row[f'contrast_{name}']:.2g}"
    if status == "no upper bound" and row[f"low_{name}"] > 0:
        return f"above {row[f'low_{name}']:.2g}"
    return f"has no limit ({'no bound' if status == 'no upper bound' else status})"


def _notices(probe: Probe) -> Iterator[str]:
    n = len(probe.empty_candidates)
    low, high = garwood(FALSE_POSITIVES_PER_MAP * n, n)
    maps = "the sequence and its flipped twin" if n == 2 else f"the sequence alone ({probe.field.notice})"
    yield (
        f"found: a score above {probe.threshold:.3g}, which {FALSE_POSITIVES_PER_MAP:g} peak per empty map has; "
        f"measured on {maps}, so that the true rate may be {float(low):.2g} to {float(high):.2g} per map (95 %)"
    )
    if probe.detector.subtracts:
        yield (
            "5 sigma: a false-alarm probability of 2.9e-7 per resolution element if the noise of the ring is Gaussian "
            "(student) or Laplacian (laplace)"
        )
    else:
        yield (
            f"the classical limit is left out: it rests on the throughput of a PSF subtraction, and "
            f"{probe.detector.name} is none; completeness holds for any detector"
        )
    if note := probe.detector.note(probe.field.null):
        yield note
