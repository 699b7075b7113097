"""Detection limits of one detector on one sequence, each closed by companions injected at the limit that is claimed.

Two limits, which answer different questions. *Classical*: how bright must a companion be for its S/N to be a false
alarm as rarely as a 5 sigma deviate of Gaussian noise (Mawet et al. 2014)? It rests on the noise of a ring of apertures
and on the throughput of a companion, and holds for detectors that subtract a model of the star. *Completeness*: at
which contrast is a companion found in half, or 95 %, of the places, at one false positive per map? It holds for all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from algozoo.benchmark.probe import FALSE_POSITIVES_PER_MAP, Field, Look, Mask, Probe
from algozoo.companions import Companion
from algozoo.datasets.dataset import EXCLUSION_RADIUS
from algozoo.detectors.contract import Declined, Detector
from algozoo.detectors.median import Median
from algozoo.detectors.subtraction import PSFSubtraction
from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.contrast import laplace_threshold, ring_noise, signal_to_noise, student_threshold
from algozoo.scoring import garwood, wilson
from algozoo.scoring.completeness import completeness_limits, completeness_map
from algozoo.scoring.intervals import t_quantile

SIGMA = 5.0
DEFAULT_SEPARATIONS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
"""FWHM; those within the field."""
THROUGHPUT_AZIMUTHS = 4
THROUGHPUT_ROUNDS = 5
THROUGHPUT_TOLERANCE = 0.05
BRACKET_STEPS = 6
CLOSED_LEVELS = (0.5, 0.95)
FALLBACK_CONTRAST = 1e-4
LEAST_INJECTIONS = 15

Report = Callable[[str], None]


class Throughput(NamedTuple):
    """Share of a companion's flux that is left in its aperture: mean over azimuths, and standard deviation."""

    mean: float
    scatter: float


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What was measured.

    Attributes
    ----------
    table : DataFrame
        One row per separation: the classical limit for Gaussian ('student') and for Laplacian noise, and the contrasts
        of 50, 90 and 95 % completeness with their 95 % intervals.
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
    report: Report,
) -> Limits:
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
    classical = isinstance(detector, PSFSubtraction)
    if classical:
        for separation in separations:  # before anything takes long
            ring_noise(_image(probe), separation * field.null.fwhm, field.null.fwhm, field.clear)
    empties = [
        probe.outcome(i, kind, -1, candidates, None)
        for i, (kind, candidates) in enumerate(zip(("empty", "flipped"), probe.empty_candidates, strict=False))
    ]
    rows, outcomes, closure = [], list(empties), []
    for annulus, separation in enumerate(separations):
        row: dict[str, Any] = {
            "separation": separation,
            "separation_px": separation * field.null.fwhm,
            "separation_arcsec": separation * field.null.fwhm * field.null.pixel_scale,
        }
        row |= classical_limits(probe, separation, rng) if classical else {}
        guess = row.get("contrast_student", np.nan)
        guess = guess if np.isfinite(guess) else _first_guess(field, separation)
        trials = _completeness_trials(probe, separation, annulus, guess, injections, first=len(outcomes), rng=rng)
        outcomes += trials
        limits = completeness_limits(
            pd.DataFrame([*empties, *trials]), false_positives_per_map=FALSE_POSITIVES_PER_MAP
        ).set_index("level")
        for level, limit in limits.iterrows():
            percent = f"{100 * float(level):g}"  # type: ignore[arg-type]
            row |= {f"contrast_{percent}": limit["contrast"], f"low_{percent}": limit["low"]}
            row |= {f"high_{percent}": limit["high"], f"status_{percent}": limit["status"]}
        row["n"] = len(trials)
        rows.append(row)
        claims = [("5 sigma", row["contrast_student"], row["threshold_student"])] if classical else []
        claims += [(f"{level:.0%} found", row[f"contrast_{100 * level:g}"], level) for level in CLOSED_LEVELS]
        closure += [
            {"separation": separation, **close(probe, separation, *claim, n=injections // 3, rng=rng)}
            for claim in claims
        ]
        report(_line(row))
    return Limits(
        table=pd.DataFrame(rows),
        cells=completeness_map(pd.DataFrame(outcomes), false_positives_per_map=FALSE_POSITIVES_PER_MAP),
        closure=pd.DataFrame(closure),
        notices=_notices(probe, classical=classical),
    )


def classical_limits(probe: Probe, separation: float, rng: np.random.Generator) -> dict[str, Any]:
    """Measure the contrast whose S/N is a 5 sigma event, for Gaussian and for Laplacian noise.

    The noise is that of the empty image, with n apertures on the ring; the flux of a companion is compared with the
    n - 1 others. The throughput depends on the brightness of the companion, so it is measured at the limit itself, by
    repetition.

    Returns
    -------
    dict
        n_apertures, noise, and for both laws threshold (S/N), throughput, its scatter over azimuths, and contrast (NaN
        where no brightness reaches the threshold).

    Raises
    ------
    InputError
        If the ring is outside the field or has too few resolution elements.
    """
    null = probe.field.null
    ring = ring_noise(_image(probe), separation * null.fwhm, null.fwhm, probe.field.clear)
    result: dict[str, Any] = {"n_apertures": ring.n_apertures, "noise": ring.noise}
    others = ring.n_apertures - 1
    for law, threshold in (("student", student_threshold), ("laplace", laplace_threshold)):
        significant = threshold(SIGMA, others)
        flux = significant * ring.noise * float(np.sqrt(1 + 1 / others)) / float(null.star_flux)
        contrast, throughput = _self_consistent(probe, separation, flux, rng)
        result |= {
            f"threshold_{law}": significant,
            f"throughput_{law}": throughput.mean,
            f"throughput_scatter_{law}": throughput.scatter,
            f"contrast_{law}": contrast,
        }
    return result


def measure_throughput(probe: Probe, separation: float, contrast: float, angles: Sequence[float]) -> Throughput:
    """Measure the share of the flux of single companions that a PSF subtraction leaves in their aperture.

    Parameters
    ----------
    probe : Probe
        Of a detector that gives its residual image.
    separation : float
        FWHM.
    contrast : float
    angles : sequence of float
        Position angles in degrees, one companion at a time: companions side by side subtract each other.
    """
    null = probe.field.null
    left = []
    for angle in angles:
        companion = Companion(separation=separation * null.fwhm, position_angle=angle, contrast=contrast)
        difference = np.asarray(probe.look(companion).map.image) - _image(probe)
        left.append(aperture_sum(difference, *companion.position(null), null.fwhm / 2))
    shares = np.array(left) / (contrast * float(null.star_flux))
    return Throughput(float(shares.mean()), float(shares.std(ddof=1)) if shares.size > 1 else np.nan)


def close(
    probe: Probe,
    separation: float,
    claim: str,
    contrast: float,
    expected: float,
    *,
    n: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Inject companions at a claimed limit, at fresh azimuths, and hold what they show against the claim.

    Parameters
    ----------
    probe : Probe
    separation : float
        FWHM.
    claim : str
        What is claimed, for a person.
    contrast : float
        The limit; NaN if there is none, which is then said.
    expected : float
        What is claimed in a number: an S/N for a classical limit, else the share that is found.
    n : int
        Companions, one at a time.
    rng : Generator

    Returns
    -------
    dict
        claim, contrast, expected, recovered, low, high (95 %: Student's for the mean S/N, Wilson's for the share),
        found (of n, at one false positive per map), n, and closes: yes where the interval holds the claim, no, or
        'no limit'.
    """
    row = {"claim": claim, "contrast": contrast, "expected": expected, "recovered": np.nan, "low": np.nan}
    row |= {"high": np.nan, "found": 0, "n": 0, "closes": "no limit"}
    if not np.isfinite(contrast):
        return row
    null = probe.field.null
    looks = [
        probe.look(Companion(separation=separation * null.fwhm, position_angle=angle, contrast=contrast))
        for angle in islice(probe.angles(separation, rng), n)
    ]
    found = sum(map(probe.is_found, looks))
    if expected > 1:
        ratios = np.array([recovered_snr(probe, look) for look in looks])
        recovered, half = float(ratios.mean()), t_quantile(n - 1) * float(ratios.std(ddof=1)) / np.sqrt(n)
        low, high = recovered - half, recovered + half
    else:
        recovered, (low, high) = found / n, (float(bound) for bound in wilson(found, n))
    closes = "yes" if low <= expected <= high else "no"
    return row | {"recovered": recovered, "low": low, "high": high, "found": found, "n": n, "closes": closes}


def recovered_snr(probe: Probe, look: Look) -> float:
    """S/N of a companion in its own residual image, by the definition that a classical limit claims.

    The noise is that of the ring without 1.5 FWHM around the companion, where its own negative lobes are. (The S/N map
    keeps these in its noise, as Mawet et al. 2014 do, and shows less.)
    """
    null = probe.field.null
    x, y = look.companion.position(null)
    ring = ring_noise(
        np.asarray(look.map.image), look.companion.separation, null.fwhm, probe.field.clear & _far_from(x, y, probe)
    )
    return signal_to_noise(aperture_sum(np.asarray(look.map.image), x, y, null.fwhm / 2), ring)


def _far_from(x: float, y: float, probe: Probe) -> Mask:
    rows, columns = np.mgrid[: probe.field.null.size, : probe.field.null.size]
    return np.asarray(np.hypot(columns - x, rows - y) > EXCLUSION_RADIUS * probe.field.null.fwhm)


def _self_consistent(
    probe: Probe, separation: float, flux: float, rng: np.random.Generator
) -> tuple[float, Throughput]:
    """Find the contrast at which throughput times contrast is the flux, relative to the star's, that is needed."""
    angles = list(islice(probe.angles(separation, rng), THROUGHPUT_AZIMUTHS))
    contrast = 2 * flux
    for _ in range(THROUGHPUT_ROUNDS):
        throughput = measure_throughput(probe, separation, contrast, angles)
        if throughput.mean <= 0 or flux / throughput.mean >= 1:
            break
        before, contrast = contrast, flux / throughput.mean
        if abs(contrast / before - 1) < THROUGHPUT_TOLERANCE:
            return contrast, throughput
    return np.nan, throughput


def _completeness_trials(
    probe: Probe, separation: float, annulus: int, guess: float, n: int, *, first: int, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Inject companions one at a time: first to bracket the contrasts between never and always, then across them."""
    angles = probe.angles(separation, rng)
    rows: list[dict[str, Any]] = []

    def found(contrast: float) -> bool:
        companion = Companion(
            separation=separation * probe.field.null.fwhm, position_angle=next(angles), contrast=contrast
        )
        look = probe.look(companion)
        rows.append(probe.outcome(first + len(rows), "injected", annulus, look.candidates, look))
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
    ring = ring_noise(np.asarray(image), separation * field.null.fwhm, field.null.fwhm, field.clear)
    return SIGMA * ring.noise / float(field.null.star_flux)


def _image(probe: Probe) -> np.ndarray:
    """Residual image of the empty sequence."""
    return np.asarray(probe.empty.image)


def _line(row: dict[str, Any]) -> str:
    told = [
        f"{level} % found at {row[f'contrast_{level}']:.2g}" for level in (50, 95) if row[f"status_{level}"] == "ok"
    ]
    told = [f"5 sigma at {row['contrast_student']:.2g}", *told] if "contrast_student" in row else told
    limits = ", ".join(told) or "no limit within the injected contrasts"
    return f"{row['separation']:g} FWHM ({row['separation_arcsec']:.3f} arcsec): {limits}; n = {row['n']}"


def _notices(probe: Probe, *, classical: bool) -> tuple[str, ...]:
    n = len(probe.empty_candidates)
    low, high = garwood(FALSE_POSITIVES_PER_MAP * n, n)
    maps = "the sequence and its flipped twin" if n == 2 else f"the sequence alone ({probe.field.notice})"
    notices = [
        (
            f"found: a score above {probe.threshold:.3g}, which {FALSE_POSITIVES_PER_MAP:g} peak per empty map has; "
            f"measured on {maps}, so that the true rate may be {float(low):.2g} to {float(high):.2g} per map (95 %)"
        )
    ]
    if classical:
        notices.append(
            "5 sigma: a false-alarm probability of 2.9e-7 per resolution element if the noise of the ring is Gaussian "
            "(student) or Laplacian (laplace); closed for Gaussian noise"
        )
    else:
        notices.append(
            f"the classical limit is left out: it rests on the throughput of a PSF subtraction, and "
            f"{probe.detector.name} is none; completeness holds for any detector"
        )
    return tuple(notices)
