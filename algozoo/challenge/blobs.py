"""Blob counter of the first data challenge, defects and all: for comparison, never for rank.

Cantalloube et al. 2020 (2101.05080). The counting is that of ``compute_binary_map`` of vip_hci 2.1.1, the sums are
those of the challenge's server. The defects: two blobs on one companion are two detections; a set without companions
counts the previous set once more; nothing right among detections stops the server; a map that merges into one blob has
few false positives and no detection. `resolution_elements` counts without them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from algozoo.errors import InputError


@dataclass(frozen=True, kw_only=True)
class BlobRule:
    """What makes a blob a detection.

    Parameters
    ----------
    fwhm : float
        Radius, not diameter, in px of the disc around a companion.
    npix : int
        Pixels of the smallest blob that counts.
    overlap : float
        A blob is a detection if more than this share of it, or of the disc if that is smaller, lies in the disc.
    max_blob_factor : float
        A blob of more than this many discs is no detection, and as many false positives as discs fit into its area.
    """

    fwhm: float
    npix: int = 2
    overlap: float = 0.7
    max_blob_factor: float = 2.0


class Tally(NamedTuple):
    """Detections, false positives and companions of one set or of several; NaN where the server had no number."""

    detections: float
    false_positives: float
    n_companions: float

    @property
    def tpr(self) -> float:
        """Detections per companion; above 1 where blobs on one companion count twice, NaN without companions."""
        return self.detections / self.n_companions if self.n_companions else np.nan

    @property
    def fdr(self) -> float:
        """False positives among all detections, 0 where there are none."""
        n = self.detections + self.false_positives
        return self.false_positives / n if n else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and TPR, 0 where nothing is right, NaN without companions."""
        if not self.n_companions:
            return np.nan
        return 2 * self.detections / (self.detections + self.false_positives + self.n_companions)


def count_blobs(scores: ArrayLike, threshold: float, x: ArrayLike, y: ArrayLike, rule: BlobRule) -> Tally:
    """Count the blobs of one map above a threshold.

    Blobs are pixels above the threshold that touch with their sides (4-connectivity); NaN is below.

    Parameters
    ----------
    scores : array_like (ny, nx)
        Detection map.
    threshold : float
    x, y : array_like (n,)
        Positions of the companions in px, from 0 in the centre of the lower left pixel.
    rule : BlobRule

    Returns
    -------
    Tally

    Raises
    ------
    InputError
        If a companion lies outside the map.
    """
    scores = np.asarray(scores, dtype=float)
    blob, n_blobs = ndimage.label(scores > threshold)
    area = np.bincount(blob.ravel(), minlength=n_blobs + 1)
    in_disc = np.zeros((len(np.atleast_1d(x)), n_blobs + 1))
    disc_area = np.zeros((len(in_disc), 1))
    for i, (x_i, y_i) in enumerate(zip(np.atleast_1d(x), np.atleast_1d(y), strict=True)):
        disc = _disc(scores.shape, x_i, y_i, rule.fwhm)
        if not disc.any():
            raise InputError(
                f"A companion is at x = {x_i:g}, y = {y_i:g}, outside the map of shape {scores.shape}, x first."
            )
        in_disc[i], disc_area[i] = np.bincount(blob[disc], minlength=n_blobs + 1), disc.sum()
    counts = (np.arange(n_blobs + 1) > 0) & (area >= rule.npix)
    element = _disc(scores.shape, scores.shape[1] // 2, scores.shape[0] // 2, rule.fwhm).sum()
    too_big = counts & (area > rule.max_blob_factor * element)
    on_companion = (in_disc / np.minimum(np.maximum(area, 1), disc_area) > rule.overlap).any(axis=0)
    detections = (counts & ~too_big & on_companion).sum()
    false_positives = (counts & ~too_big & ~on_companion).sum() + (area[too_big] / element).sum()
    return Tally(int(detections), int(np.round(false_positives)), len(in_disc))


def add_up(tallies: Iterable[Tally]) -> Tally:
    """Add the counts of all sets as the challenge's server did.

    In the place of a set without companions it took the counts of the set before it once more.

    Parameters
    ----------
    tallies : iterable of Tally
        In the order of the sets.

    Returns
    -------
    Tally
        NaN counts if the first set has no companion: the server stopped with an error.
    """
    last, total = Tally(np.nan, np.nan, 0), np.zeros(3)
    for tally in tallies:
        last = tally if tally.n_companions else last._replace(n_companions=0)
        total += last
    return Tally(*total.tolist())


def _disc(shape: tuple[int, ...], x: float, y: float, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((rows - y) ** 2 + (columns - x) ** 2 < radius**2)
