"""Labelled samples for supervised detectors: with an injected companion (C+), and without (C-).

Gomez Gonzalez et al. 2018, A&A 613, A71, sect. 3.2, with these differences. Both classes are taken from the same
residuals, each value interpolated once. Samples are turned and shifted by deciding where the residuals are evaluated,
not by turning patches again. The range of contrasts comes from a robust fit. Training, validation and test samples are
centred in different sectors of the field: copies of one injection are never on both sides, nor are patches around one
pixel. Patches on either side of a border overlap.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from algozoo.detectors.supervised.brightness import FluxFit, fit_flux
from algozoo.detectors.supervised.points import Array
from algozoo.detectors.supervised.residuals import Normalisation, Residuals, normalised
from algozoo.detectors.supervised.sectors import CONTRASTS_PER_PLACE, SECTORS, SPLITS, Places
from algozoo.imaging.robust import scatter

KINDS = ("injection", "residual", "mean")
NOISE_CONTRASTS, NOISE_PLACES = 5, 4
"""Contrasts at which, and places for each, the noise of an annulus is measured with a companion in it."""

MEAN_OF = 3
"""Patches of which the mean is a sample of C-, and"""
MEANS = 0.2
"""the fraction of C- that is made so. The mean is brought to the noise of a single patch."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Labelled MLAR samples, each with where it comes from.

    Parameters
    ----------
    patches : array (n, n_levels, patch, patch)
    labels : bool array (n,)
        True for C+.
    annulus : int array (n,)
        Index of the annulus.
    place : int array (n,)
        Samples of the same injected place share a number; -1 for C-.
    kind, split : int array (n,)
        Index into `KINDS` and `SPLITS`.
    azimuth : array (n,)
        Degrees, of the centre on the sky (of the first patch of a mean).
    contrast : array (n,)
        NaN for C-.
    """

    patches: NDArray[np.float32]
    labels: NDArray[np.bool_]
    annulus: NDArray[np.intp]
    place: NDArray[np.intp]
    kind: NDArray[np.intp]
    split: NDArray[np.intp]
    azimuth: Array
    contrast: Array

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Samples":
        """Return some of the samples."""
        return Samples(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def of(self, split: str) -> "Samples":
        """Return the samples of 'train', 'validation' or 'test'."""
        return self.where(self.split == SPLITS.index(split))

    @classmethod
    def joined(cls, parts: "Sequence[Samples]") -> Self:
        """Put samples together; places are numbered anew."""
        columns = {field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)}
        starts = np.cumsum([0, *(part.place.max(initial=-1) + 1 for part in parts)])
        moved = [np.where(part.place >= 0, part.place + first, -1) for part, first in zip(parts, starts, strict=False)]
        return cls(**columns | {"place": np.concatenate(moved)})


def draw_samples(
    residuals: Sequence[Residuals],
    n_samples: int,
    rng: np.random.Generator,
    *,
    snr: tuple[float, float],
    normalisation: Normalisation,
    usable: NDArray[np.bool_] | None = None,
    report: Callable[[int], None] | None = None,
) -> tuple[Samples, list[FluxFit]]:
    """Draw labelled samples from a sequence without companions.

    Parameters
    ----------
    residuals : sequence of Residuals
        One for each annulus.
    n_samples : int
        Of each class, in each annulus.
    rng : Generator
    snr : tuple of 2 floats
        S/N between which companions are injected, evenly in the logarithm. It is that of an aperture at the level of
        approximation where it is highest, without the penalty for few apertures.
    normalisation : {'slice', 'sample', 'noise'}
    usable : array of bool (n, n), optional
        Where in the derotated field samples may be centred, for example not near known companions.
    report : callable, optional
        Is told how many annuli are done.

    Returns
    -------
    Samples
        Of all annuli, in random order; as many of each class in each split.
    list of FluxFit

    Raises
    ------
    InputError
        If an annulus has no room for samples.
    Declined
        If the sequence has too few frames for the levels.
    """
    start = float(rng.uniform(0, 360))
    parts, fits = [], []
    for number, ring in enumerate(residuals):
        field = Places(ring, usable, start)
        fits.append(fit_flux(field, rng))
        contrasts = snr[0] / fits[-1].slope, snr[1] / fits[-1].slope
        for label, patches, about in (
            (True, *_injections(field, n_samples, contrasts, rng)),
            (False, *_empty(field, n_samples, rng)),
        ):
            n = len(patches)
            constant = {"labels": np.full(n, label), "annulus": np.full(n, number)}
            noise = ring.noise
            if label and normalisation == "noise":
                noise = _noise_beside(field, contrasts, rng)(about["contrast"])
            scaled = normalised(patches, normalisation, noise)
            parts.append(Samples(patches=scaled, **constant, **about))
        if report:
            report(number + 1)
    samples = Samples.joined(parts)
    return samples.where(rng.permutation(len(samples))), fits


def numbers_by_split(n_samples: int) -> list[int]:
    """Say how many of some samples belong to each split, in the order of `SPLITS`."""
    borders = np.rint(np.cumsum([0, *SECTORS.values()]) / sum(SECTORS.values()) * n_samples)
    return [int(number) for number in np.diff(borders)]


def _injections(
    field: Places, n_samples: int, contrasts: tuple[float, float], rng: np.random.Generator
) -> tuple[Array, dict[str, NDArray[Any]]]:
    """Make samples of C+, not normalised."""
    patches, rows = [], []
    for split, number in enumerate(numbers_by_split(n_samples)):
        for first in range(0, number, CONTRASTS_PER_PLACE):
            companion = field.draw(split, rng)
            drawn = contrasts[0] * (contrasts[1] / contrasts[0]) ** rng.random(min(CONTRASTS_PER_PLACE, number - first))
            dx, dy = rng.uniform(-0.5, 0.5, size=2)
            patches.append(field.ring.injected(companion, drawn, (dx, dy), float(rng.uniform(0, 360))))
            rows += [(len(patches) - 1, split, companion.azimuth, contrast) for contrast in drawn]
    place, splits, azimuth, drawn = np.array(rows).T
    return np.concatenate(patches), {
        "place": place.astype(np.intp),
        "kind": np.full(len(rows), KINDS.index("injection")),
        "split": splits.astype(np.intp),
        "azimuth": azimuth,
        "contrast": drawn,
    }


def _noise_beside(field: Places, contrasts: tuple[float, float], rng: np.random.Generator) -> Callable[[Array], Array]:
    """Measure the noise of an annulus with a companion in it, as a detector will that searches for it.

    A companion adds scatter to a small annulus, and takes components: a bright one changes the noise at a level by a
    factor of two. The result gives the noise (n, n_levels) for contrasts (n,).
    """
    grid = np.geomspace(*contrasts, NOISE_CONTRASTS)
    companions = [replace(field.draw(None, rng), contrast=float(c)) for c in np.repeat(grid, NOISE_PLACES)]
    pixels = np.divmod(field.ring.pixels, field.ring.sequence.size)
    searched = map(field.ring.beside, companions)
    noise = np.array([scatter(ring.at(*ring.sky(*pixels, 0, 0, 0))) for ring in searched])
    levels = noise.reshape(NOISE_CONTRASTS, NOISE_PLACES, -1).mean(axis=1).T
    return lambda drawn: np.stack([np.interp(np.log(drawn), np.log(grid), level) for level in levels], axis=1)


def _empty(field: Places, n_samples: int, rng: np.random.Generator) -> tuple[Array, dict[str, NDArray[Any]]]:
    """Make samples of C-, not normalised: patches of the residuals, turned and shifted, and means of such patches."""
    ring, numbers = field.ring, numbers_by_split(n_samples)
    n_means = [round(MEANS * number) for number in numbers]
    needed = [number + (MEAN_OF - 1) * means for number, means in zip(numbers, n_means, strict=True)]
    turns = max(4, int(np.ceil(4 * sum(needed) / len(ring.pixels))))
    patches: list[list[Array]] = [[] for _ in SPLITS]
    azimuths: list[list[Array]] = [[] for _ in SPLITS]
    for turn in rng.uniform(0, 360, size=turns):
        dx, dy = rng.uniform(-0.5, 0.5, size=2)
        images = ring.image(turn, dx, dy)
        x, y = ring.sky(*np.divmod(ring.pixels, ring.sequence.size), turn, dx, dy)
        found = field.split(x, y)
        for split, number in enumerate(needed):
            room = np.flatnonzero(found == split)
            if not room.size:
                raise field.no_room(split)
            share = int(np.ceil(number / turns))
            chosen = rng.choice(room, share, replace=share > room.size)
            patches[split].append(ring.patches(images, ring.pixels[chosen]))
            azimuths[split].append(np.rad2deg(np.arctan2(y[chosen], x[chosen])) % 360)
    drawn, kinds, splits, azimuth = [], [], [], []
    for split, (number, means) in enumerate(zip(numbers, n_means, strict=True)):
        order = rng.permutation(sum(map(len, patches[split])))[: needed[split]]
        pool, angles = np.concatenate(patches[split])[order], np.concatenate(azimuths[split])[order]
        groups = pool[number - means :].reshape(means, MEAN_OF, *pool.shape[1:])
        drawn += [pool[: number - means], groups.mean(axis=1) * np.sqrt(MEAN_OF)]
        kinds += [KINDS.index("residual")] * (number - means) + [KINDS.index("mean")] * means
        splits += [split] * number
        azimuth += [angles[: number - means], angles[number - means :: MEAN_OF]]
    n = len(splits)
    return np.concatenate(drawn), {
        "place": np.full(n, -1),
        "kind": np.array(kinds),
        "split": np.array(splits),
        "azimuth": np.concatenate(azimuth),
        "contrast": np.full(n, np.nan),
    }
