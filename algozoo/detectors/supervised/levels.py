"""Principal components of an annulus in time, and how many of them each level of approximation has."""

from typing import NamedTuple, Self

import numpy as np

from algozoo.detectors.contract import Declined
from algozoo.detectors.supervised.points import Array, Indices

Levels = int | tuple[int, ...]
"""How many levels of approximation, or the numbers of components themselves."""

EXPLAINED = (0.5, 0.99)
"""Fractions of the variance that the first and the last level explain (the authors' later code ends at 0.99 too)."""


class Variances(NamedTuple):
    """Principal components of an annulus in time: vectors (n_frames, k) by falling variance, and all variances."""

    vectors: Array
    values: Array

    @classmethod
    def of(cls, products: Array) -> Self:
        """Decompose the products of the frames of an annulus, (n_frames, n_frames)."""
        values, vectors = np.linalg.eigh(products)
        return cls(vectors[:, ::-1], values[::-1].clip(min=0))

    @property
    def explained(self) -> Array:
        """Fraction of the variance that the leading 1, 2, ... components explain together (CEVR)."""
        return np.asarray(np.cumsum(self.values) / self.values.sum())

    @property
    def rank(self) -> int:
        """Number of components that are more than rounding."""
        return int(np.sum(self.values > self.values[0] * len(self.values) * np.finfo(np.float32).eps ** 2))

    def levels(self, wanted: Levels) -> Indices:
        """Choose numbers of components: those that are wanted, or so many.

        These lie evenly between those that explain 50 % and 99 % of the variance. Where these lie too close together,
        the levels go on in steps of one.

        Raises
        ------
        Declined
            If the frames do not give so many; one component at least is left as the residual.
        """
        most = self.rank - 1
        number = wanted if isinstance(wanted, int) else wanted[-1]
        if number > most:
            raise Declined(
                f"{len(self.values)} frames of {self.rank} independent ones give at most {max(most, 0)} levels of "
                f"approximation, and n_levels={wanted} are asked for: lower n_levels, or take more frames"
            )
        if not isinstance(wanted, int):
            return np.array(wanted)
        first, last = (int(np.searchsorted(self.explained, fraction)) + 1 for fraction in EXPLAINED)
        last = max(min(last, most), number)
        first = min(first, last - number + 1)
        return np.rint(np.linspace(first, last, number)).astype(np.intp)
