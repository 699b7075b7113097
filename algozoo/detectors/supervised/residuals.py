"""Multi-level approximate residuals (MLAR): Gomez Gonzalez et al. 2018, A&A 613, A71, sect. 3.1.

The star is modelled in an annulus by more and more principal components. At each level the residual frames are
derotated and averaged, and a sample is a small patch of the averages, level by level.

The residual frames of k components are ``(1 - sum_j u_j u_j^T) X``, with `u_j` the left singular vectors of the annulus
(one value a frame) and X the frames less their mean: each level is the one before it less the eigenimages ``u_j^T X``
of the components between them, and only the points that are asked for are derotated. Around a companion the derotated
mean is taken of the eigenimages, turned as frame t and weighted by ``u_j[t]``.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from algozoo.companions import Companion, inject
from algozoo.detectors.supervised.levels import Levels, Variances
from algozoo.detectors.supervised.points import (
    Array,
    Indices,
    boxed_source,
    derotation_of,
    interpolation_taps,
    pixels_near,
    renumbered,
    turn_points,
)
from algozoo.errors import InputError
from algozoo.imaging.annuli import Annulus, segments
from algozoo.imaging.robust import scatter
from algozoo.sequence import ADISequence

Normalisation = Literal["slice", "sample", "noise"]
FRAMES_AT_A_TIME = 8
"""Are derotated: what they need then stays in the cache of the processor."""


def patch_size(fwhm: float, widths: float = 2.0) -> int:
    """Side of a patch in pixels: `widths` times the FWHM (pixels), rounded up to an odd number."""
    return int(np.ceil(widths * fwhm)) | 1


def field_annuli(size: int, fwhm: float) -> tuple[Annulus, ...]:
    """Annuli one FWHM (pixels) wide, from one FWHM on to where apertures of that diameter leave the frame."""
    last = (size - fwhm) / 2
    number = max(1, round(last / fwhm - 1))
    edges = np.append(fwhm * np.arange(1, number + 1), last + 1e-9)
    return tuple(Annulus(float(inner), float(outer)) for inner, outer in pairwise(edges))


def annular_residuals(sequence: ADISequence, n_levels: Levels, patch: int) -> "list[Residuals]":
    """Residuals of a sequence with a 3-D cube in each annulus of the field; see `Residuals` for what they raise."""
    frames, rings = _less_mean(sequence), field_annuli(sequence.size, sequence.fwhm)
    return [Residuals(sequence, frames, annulus, n_levels, patch) for annulus in rings]


def normalised(patches: Array, how: Normalisation, noise: Array) -> NDArray[np.float32]:
    """Bring samples to a common scale.

    Parameters
    ----------
    patches : array (n, n_levels, patch, patch)
    how : {'slice', 'sample', 'noise'}
        To the range from 0 to 1 level by level, or all levels together; or in units of the noise. What is constant
        becomes 0.
    noise : array (n_levels,) or (n, n_levels)
        Scatter of the annulus at each level, of all samples or of each.
    """
    if how == "noise":
        return np.asarray(patches / np.where(noise > 0, noise, np.inf)[..., None, None], dtype=np.float32)
    axes = (-2, -1) if how == "slice" else (-3, -2, -1)
    low = patches.min(axis=axes, keepdims=True)
    extent = patches.max(axis=axes, keepdims=True) - low
    return np.asarray((patches - low) / np.where(extent > 0, extent, np.inf), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Residuals:
    """Residuals of a sequence in one annulus, at several levels of approximation.

    Parameters
    ----------
    sequence : ADISequence
        With a 3-D cube.
    frames : array (n_frames, n, n)
        Of the sequence, less their mean.
    annulus : Annulus
        The star is modelled on it and, on both sides, on half a patch and one pixel more.
    n_levels : int or tuple of int
        So many, or residuals with these numbers of components, rising.
    patch : int
        Side of a patch in pixels, odd.

    Raises
    ------
    Declined
        If there are too few frames for the levels (on first use).
    InputError
        If the annulus has no more pixels than components are asked for, or the patch does not fit in a frame (on first
        use).
    """

    sequence: ADISequence
    frames: Array
    annulus: Annulus
    n_levels: Levels
    patch: int

    @cached_property
    def modelled(self) -> NDArray[np.bool_]:
        """Pixels of the frame on which the star is modelled, (n, n)."""
        size, wider = self.sequence.size, self.patch / 2 + 1
        if self.patch > size:
            raise InputError(f"patches of {self.patch} px do not fit in frames of {size} px: lower patch_width")
        annulus = Annulus(max(self.annulus.inner - wider, 0.0), self.annulus.outer + wider)
        mask = np.zeros(size**2, dtype=bool)
        mask[segments(size, annulus)[0]] = True
        most = self.n_levels if isinstance(self.n_levels, int) else self.n_levels[-1]
        if mask.sum() <= most:
            raise InputError(
                f"annulus {annulus} has {mask.sum()} pixels, no more than the {most} components that n_levels asks "
                f"for: it is too thin for patches of {self.patch} px; take a larger patch_width, or lower n_levels"
            )
        return mask.reshape(size, size)

    @cached_property
    def products(self) -> Array:
        """Products of the frames on the modelled pixels."""
        pixels = self.frames[:, self.modelled]
        return pixels @ pixels.T

    @cached_property
    def variances(self) -> Variances:
        """Principal components of the annulus."""
        return Variances.of(self.products)

    @cached_property
    def levels(self) -> Indices:
        """Numbers of components, (n_levels,)."""
        return self.variances.levels(self.n_levels)

    @cached_property
    def pixels(self) -> Indices:
        """Pixels of the annulus itself, as indices into a flattened frame."""
        return segments(self.sequence.size, self.annulus)[0]

    @cached_property
    def near(self) -> Indices:
        """Pixels of the annulus and half a patch around, as indices into a flattened frame."""
        return np.flatnonzero(pixels_near(self.pixels, self.sequence.size, self.patch // 2))

    @cached_property
    def unturned(self) -> Array:
        """Residuals at the pixels `near`, (n_levels, n)."""
        return self.at(*self.sky(*np.divmod(self.near, self.sequence.size), 0, 0, 0))

    @cached_property
    def noise(self) -> Array:
        """Scatter of the residuals of the annulus at each level, robust against a companion, (n_levels,)."""
        return scatter(self.unturned[:, np.isin(self.near, self.pixels)])

    def at(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Residuals at points of the sky.

        Parameters
        ----------
        x, y : array (n,)
            Pixels from the star in the derotated frame; any numbers.

        Returns
        -------
        array (n_levels, n)
        """
        sequence, radii = self.sequence, np.hypot(x, y)
        # interpolated from pixels less than sqrt(2) away; points outside the frame are brought to its edge
        [seen] = segments(sequence.size, Annulus(max(min(radii.min(), sequence.centre) - 1.5, 0), radii.max() + 1.5))
        number = np.zeros(sequence.size**2, dtype=np.intp)
        number[seen] = np.arange(len(seen))
        frames = self.frames.reshape(sequence.n_frames, -1)[:, seen]
        vectors = self.variances.vectors[:, : self.levels[-1]]
        eigenimages = vectors.T @ frames
        images = np.zeros((len(self.levels), len(radii)))
        for first in range(0, len(frames), FRAMES_AT_A_TIME):
            some = slice(first, first + FRAMES_AT_A_TIME)
            pixels, weights = interpolation_taps(sequence, sequence.parallactic_angles[some], x, y)
            derotation = derotation_of(number[pixels], weights, len(seen))
            left = frames[some].copy()
            for index, (before, level) in enumerate(pairwise((0, *self.levels))):
                left -= vectors[some, before:level] @ eigenimages[before:level]
                images[index] += derotation @ left.ravel()
        return images / len(frames)

    def image(self, turn: float = 0.0, dx: float = 0.0, dy: float = 0.0) -> Array:
        """Residuals at every pixel of the annulus and half a patch around, (n_levels, n, n); NaN elsewhere.

        Parameters
        ----------
        turn : float
            The sky is turned by so many degrees counter-clockwise first, and
        dx, dy : float
            moved by so many pixels. Both give other samples of the same residuals, interpolated once, as all are.
        """
        size = self.sequence.size
        images = np.full((len(self.levels), size**2), np.nan)
        if turn or dx or dy:
            images[:, self.near] = self.at(*self.sky(*np.divmod(self.near, size), turn, dx, dy))
        else:
            images[:, self.near] = self.unturned
        return images.reshape(-1, size, size)

    def sky(self, rows: Indices, columns: Indices, turn: float, dx: float, dy: float) -> tuple[Array, Array]:
        """Places on the sky, x and y in pixels from the star, that pixels of `image` show."""
        return turn_points(columns - self.sequence.centre - dx, rows - self.sequence.centre - dy, turn)

    def patches(self, images: Array, pixels: Indices) -> Array:
        """Cut the patches around pixels out of images, (n, n_levels, patch, patch); the edge of the frame goes on."""
        half = self.patch // 2
        padded = np.pad(images, ((0, 0), (half, half), (half, half)), mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, (self.patch, self.patch), axis=(1, 2))
        rows, columns = np.divmod(pixels, images.shape[-1])
        return np.ascontiguousarray(windows[:, rows, columns].swapaxes(0, 1))

    def beside(self, companion: Companion) -> "Residuals":
        """Return the residuals of the same annulus with a companion in the sequence, all of them anew."""
        sequence = inject(self.sequence, [companion])
        return replace(self, sequence=sequence, frames=_less_mean(sequence))

    def injected(
        self, companion: Companion, contrasts: ArrayLike, offset: tuple[float, float] = (0, 0), turn: float = 0.0
    ) -> Array:
        """Patches around a companion, injected with each of several contrasts: as `inject` and a new model would give.

        Only what the companion touches is worked on. The products of the frames change by a matrix that is linear in
        the contrast and one that is quadratic, and the patch alone is derotated.

        Parameters
        ----------
        companion : Companion
            Its contrast does not count.
        contrasts : array (n_contrasts,)
        offset : tuple of 2 floats
            Place of the companion from the centre of the patch, x and y in pixels.
        turn : float
            The patch shows the sky turned by so many degrees counter-clockwise about its centre.

        Returns
        -------
        array (n_contrasts, n_levels, patch, patch)
        """
        sequence, n_frames = self.sequence, self.sequence.n_frames
        pixels_off = np.arange(self.patch) - self.patch // 2
        x, y = (float(place[0]) - sequence.centre for place in companion.track(sequence.centre, np.zeros(1)))
        grid_x, grid_y = np.meshgrid(pixels_off, pixels_off)
        off_x, off_y = turn_points(grid_x.ravel(), grid_y.ravel(), turn)
        points_x, points_y = x - offset[0] + off_x, y - offset[1] + off_y
        pixels, weights = interpolation_taps(sequence, sequence.parallactic_angles, points_x, points_y)

        box, source = boxed_source(companion, sequence, pixels)
        source -= source.mean(axis=0)
        frames = self.frames[(slice(None), *box)].reshape(n_frames, -1)
        modelled = np.flatnonzero(self.modelled[box])
        on_model = source[:, modelled]
        linear = frames[:, modelled] @ on_model.T
        linear += linear.T
        quadratic = on_model @ on_model.T

        seen, taps = renumbered(pixels, box, sequence.size)
        frames, source = frames[:, seen], source[:, seen]
        derotation = derotation_of(taps, weights, len(seen))
        plain, added = derotation @ frames.ravel(), derotation @ source.ravel()
        starts = np.arange(0, weights.size + 1, 4)
        interpolation = csr_array((weights.ravel(), taps.ravel(), starts), shape=(len(starts) - 1, len(seen)))
        patches = []
        for contrast in np.asarray(contrasts, dtype=float):
            variances = Variances.of(self.products + contrast * linear + contrast**2 * quadratic)
            levels = variances.levels(self.n_levels)
            vectors = variances.vectors[:, : levels[-1]]
            eigenimages = (frames + contrast * source).T @ vectors
            turned = (interpolation @ eigenimages).reshape(len(points_x), n_frames, -1)
            taken = np.cumsum(np.einsum("qtk,tk->kq", turned, vectors), axis=0)[levels - 1]
            patches.append((plain + contrast * added - taken) / n_frames)
        return np.reshape(patches, (len(patches), len(self.levels), self.patch, self.patch))


def _less_mean(sequence: ADISequence) -> Array:
    frames = sequence.cube.astype(np.float64)
    return np.asarray(frames - frames.mean(axis=0))
