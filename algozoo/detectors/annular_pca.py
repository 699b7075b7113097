"""PCA by annuli with a rotation threshold: Absil et al. 2013, A&A 559, L12."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algozoo.detectors.annular import AnnularSubtraction, Patch
from algozoo.detectors.contract import Declined
from algozoo.detectors.parameters import Components
from algozoo.detectors.subtraction import Array
from algozoo.imaging.references import principal_weights, weigh


@dataclass(frozen=True, kw_only=True)
class AnnularPCA(AnnularSubtraction):
    """Subtract from each annulus of a frame its projection on the principal components of frames turned away from it.

    Defaults other than `n_components` are those of VIP's `pca_annular` for a PSF of 4 px.

    Parameters
    ----------
    n_components : int or float
        Number of components, or, below 1, the fraction of the variance of a frame's references that they explain
        together. Fewer than in full-frame PCA, because an annulus has fewer pixels, and a frame fewer references.
    """

    name: ClassVar[str] = "annular-pca"
    title: ClassVar[str] = "Annular principal component analysis"
    reference: ClassVar[str] = "Absil et al. 2013, A&A 559, L12, doi:10.1051/0004-6361/201322748"
    version: ClassVar[str] = "2"

    n_components: Components = 5

    @property
    def min_references(self) -> int:
        """One more than components, because their mean is subtracted."""
        return int(self.n_components) + 1 if self.n_components >= 1 else 2

    def subtract_patch(self, patch: Patch) -> Array:
        """Project on the components of each frame's own references and subtract."""
        frames = patch.frames - patch.frames.mean(axis=0)
        try:
            weights = weigh(frames, patch.references, self._weights)
        except ValueError as error:
            raise Declined(f"annulus {patch.annulus}: {error}") from None
        return np.asarray(frames[: len(weights)] - weights @ frames)

    def _weights(self, products: Array, target: Array) -> Array:
        k = self.n_components
        return principal_weights(products, target, int(k) if k >= 1 else n_explaining(products, k))


def n_explaining(products: Array, fraction: float) -> int:
    """Count the leading principal components that explain a fraction of the variance of frames.

    Parameters
    ----------
    products : array (k, k)
        Between the frames.
    fraction : float
        Within (0, 1).
    """
    means = products.mean(axis=0)
    variances = np.linalg.eigvalsh(products - means - means[:, None] + means.mean())[::-1].clip(min=0)
    explained = np.cumsum(variances)
    return int(np.searchsorted(explained, fraction * explained[-1])) + 1
