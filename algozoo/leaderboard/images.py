"""Pictures of data and of detection maps, as PNG."""

from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import AsinhNorm
from matplotlib.figure import Figure
from matplotlib.image import imsave
from matplotlib.patches import Circle
from numpy.typing import NDArray

from algozoo.leaderboard.results import DatasetResults
from algozoo.scoring.intervals import Array


def preview(dataset: DatasetResults) -> bytes:
    """Draw a frame, the temporal median and the PSF of a dataset's first sequence, and its parallactic angles."""
    images, about = dataset.images, dataset.about
    field = about.manifest.valid_field
    figure = Figure(figsize=(9.4, 2.6), dpi=110, layout="constrained")
    first, median, psf, angles = figure.subplots(1, 4)
    for axes, name, title in ((first, "frame", "First frame"), (median, "median", "Temporal median")):
        _image(axes, images[name], about.pixel_scale, title)
        for radius in (field.inner, field.outer):
            _circle(axes, radius * about.fwhm * about.pixel_scale)
    _image(psf, images["psf"], about.pixel_scale, "PSF, disc of one FWHM")
    _circle(psf, about.fwhm * about.pixel_scale / 2)
    angles.plot(images["angles"], ".", markersize=3, color="#0072b2")
    angles.set_title("Parallactic angle (degrees)", fontsize=9, pad=4)
    angles.set_xlabel("frame", fontsize=8)
    angles.tick_params(labelsize=7)
    angles.set_box_aspect(1)
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def pixels(values: Array, valid: NDArray[np.bool_]) -> tuple[bytes, float, float]:
    """Draw an image in grey, a pixel for each pixel, transparent outside the valid field.

    Returns
    -------
    png : bytes
    low, high : float
        Values that black and white stand for: the half per cent darkest are all black.
    """
    low, high = np.nanpercentile(np.where(valid, values, np.nan), [0.5, 100])
    grey = np.nan_to_num(np.clip((values - low) / max(high - low, 1e-30), 0, 1))
    opaque = valid & np.isfinite(values)
    buffer = BytesIO()
    imsave(buffer, np.dstack([grey, grey, grey, opaque]), origin="lower", format="png")
    return buffer.getvalue(), float(low), float(high)


def _image(axes: Axes, image: Array, scale: float, title: str) -> None:
    half = len(image) / 2 * scale
    axes.imshow(image, origin="lower", extent=(-half, half, -half, half), cmap="gray", norm=_stretch(image))
    axes.set_title(title, fontsize=9, pad=4)
    axes.set_xlabel("arcsec", fontsize=8)
    axes.tick_params(labelsize=7)


def _circle(axes: Axes, radius: float) -> None:
    axes.add_patch(Circle((0, 0), radius, fill=False, edgecolor="white", linestyle="--", linewidth=1.2))


def _stretch(image: Array) -> AsinhNorm:
    """Linear near the noise or a hundredth of the peak, logarithmic above."""
    noise = 1.48 * np.median(np.abs(image - np.median(image)))
    return AsinhNorm(linear_width=max(noise, image.max() / 100, 1e-30), vmin=np.percentile(image, 1), vmax=image.max())
