"""Full-frame PCA (KLIP): Soummer et al. 2012, ApJL 755, L28; Amara & Quanz 2012, MNRAS 427, 948."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from algozoo.detectors.contract import Declined
from algozoo.detectors.library import Library, library_cubes, library_frames
from algozoo.detectors.parameters import Components
from algozoo.detectors.spectral import Channels
from algozoo.detectors.subtraction import Array, PSFSubtraction
from algozoo.imaging.lowrank import leading_components, remove_components
from algozoo.sequence import ADISequence


@dataclass(frozen=True, kw_only=True)
class PCA(PSFSubtraction):
    """Subtract from each frame its projection on the leading principal components of the sequence.

    Parameters
    ----------
    n_components : int or float
        Number of components, or, below 1, the fraction of the variance that they explain together. The best number
        depends on the data; the default is our choice, and the suites have 5 and 20 beside it.
    library : {'own', 'reference', 'both'}
        Frames that mean and components are taken from: the sequence's own, those of a reference star, or both.
    spectral : {'two-step', 'joint'}
        For 4-D cubes. Two steps: subtract the spectral median of each moment, then the components of what remains.
        Joint: subtract the components of all channels of all moments, aligned on their speckles.
    """

    name: ClassVar[str] = "pca"
    title: ClassVar[str] = "Full-frame principal component analysis (PCA, KLIP)"
    reference: ClassVar[str] = "Soummer et al. 2012, ApJL 755, L28, doi:10.1088/2041-8205/755/2/L28"
    version: ClassVar[str] = "2"

    n_components: Components = 10
    library: Library = "own"
    spectral: Literal["two-step", "joint"] = "two-step"

    def subtract(self, sequence: ADISequence) -> Array:
        """Project on the components and subtract (Soummer et al. 2012, steps 4 to 7)."""
        if self.spectral == "joint":
            raise Declined("spectral='joint' needs a sequence with wavelengths; this one has none")
        frames = library_frames(sequence, self.library).reshape(-1, sequence.size**2)
        mean, components = self._model(frames)
        own = self.library != "reference"
        residuals = frames[: sequence.n_frames] if own else sequence.cube.reshape(sequence.n_frames, -1) - mean
        remove_components(residuals, components)
        return residuals.reshape(sequence.cube.shape)

    def subtract_spectral(self, sequence: ADISequence) -> Array:
        """Subtract in two steps, or the components of all channels of all moments at once."""
        if self.spectral == "two-step":
            return super().subtract_spectral(sequence)
        libraries = [Channels(cube, sequence) for cube in library_cubes(sequence, self.library)]
        rows = [channels.aligned(t) for channels in libraries for t in range(channels.n_frames)]
        mean, components = self._model(np.concatenate(rows).reshape(-1, rows[0][0].size))

        def star(aligned: Array) -> Array:
            frames = aligned.reshape(len(aligned), -1)
            return np.asarray(mean + (frames - mean) @ components.T @ components).reshape(aligned.shape)

        return Channels(sequence.cube, sequence).residuals(star)

    def _model(self, frames: Array) -> tuple[Array, Array]:
        """Mean (n_pixels,) and components (k, n_pixels) of frames, from which the mean is subtracted in place."""
        k = self.n_components
        if k > len(frames) - 1:
            raise Declined(f"{k} components cannot be had from {len(frames)} frames, at most {len(frames) - 1}")
        mean = frames.mean(axis=0)
        frames -= mean
        components = leading_components(frames, k)
        if len(components) < k and k >= 1:
            raise Declined(f"{k} components cannot be had from frames that have {len(components)} independent ones")
        return mean, components
