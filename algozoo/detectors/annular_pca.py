"""PCA by annuli with a rotation threshold: Absil et al. 2013, A&A 559, L12."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from algozoo.detectors.annular import AnnularSubtraction, Patch, is_count
from algozoo.detectors.contract import Declined
from algozoo.detectors.subtraction import Array
from algozoo.errors import InputError
from algozoo.imaging.references import principal_weights, weigh


@dataclass(frozen=True, kw_only=True)
class AnnularPCA(AnnularSubtraction):
    """Subtract from each annulus of a frame its projection on the principal components of frames turned away from it.

    Defaults other than `n_components` are those of VIP's `pca_annular` for a PSF of 4 px.

    Parameters
    ----------
    n_components : int
        Fewer than in full-frame PCA, because an annulus has fewer pixels, and a frame fewer references.
    """

    name: ClassVar[str] = "annular-pca"
    title: ClassVar[str] = "Annular principal component analysis"
    reference: ClassVar[str] = "Absil et al. 2013, A&A 559, L12, doi:10.1051/0004-6361/201322748"

    n_components: int = 5

    @property
    def min_references(self) -> int:
        """One more than components, because their mean is subtracted."""
        return self.n_components + 1

    def subtract_patch(self, patch: Patch) -> Array:
        """Project on the components of each frame's own references and subtract."""
        frames = patch.frames - patch.frames.mean(axis=0)
        try:
            weights = weigh(frames, patch.references, partial(principal_weights, n_components=self.n_components))
        except ValueError as error:
            raise Declined(f"annulus {patch.annulus}: {error}") from None
        return np.asarray(frames[: len(weights)] - weights @ frames)

    def check_parameters(self) -> None:
        """Raise an InputError at a parameter that makes no sense."""
        if not is_count(self.n_components):
            raise InputError(f"{self.name}: n_components is {self.n_components}, expected 1, 2, ...")
        super().check_parameters()
