"""A figure of a sequence, to see what a dataset is like."""

from pathlib import Path

import numpy as np
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure
from scipy.ndimage import zoom

from algozoo.files import write_whole
from algozoo.sequence import ADISequence

SHADES = " ░▒▓█"
SKETCH = (24, 48)
"""Rows and columns: characters are twice as high as wide."""


def draw_sequence(sequence: ADISequence, path: Path) -> None:
    """Draw the first frame, the median of all, the PSF and the angles; of a cube with wavelengths, its mean over them.

    Parameters
    ----------
    sequence : ADISequence
    path : path
        A PNG file; it is replaced whole or not at all.

    Raises
    ------
    AlgoZooError
        If it cannot be written.
    """
    frames = sequence.cube.reshape(-1, *sequence.cube.shape[-3:]).mean(axis=0)
    psf = sequence.psf.reshape(-1, *sequence.psf.shape[-2:]).mean(axis=0)
    reach = (sequence.centre + 0.5) * sequence.pixel_scale
    figure = Figure(figsize=(10, 8.4), layout="constrained")
    figure.suptitle(f"{sequence!r}"[len("ADISequence(") : -1].replace("'", ""), fontsize=10)
    axes = figure.subplots(2, 2)
    median = np.median(frames, axis=0)
    for axis, image, title in ((axes[0, 0], frames[0], "first frame"), (axes[0, 1], median, "median of all frames")):
        high = float(np.max(np.abs(image)))
        low = max(float(np.std(image)) * 0.05, high * 1e-6, np.finfo(float).tiny)
        shown = axis.imshow(image, origin="lower", extent=(-reach, reach, -reach, reach), norm=_symlog(low, high))
        axis.plot(0, 0, "+", color="white")
        axis.set(title=title, xlabel="offset [arcsec]", ylabel="offset [arcsec]")
        figure.colorbar(shown, ax=axis, label="flux, unit of the cube")
    half = len(psf) / 2
    shown = axes[1, 0].imshow(
        psf / psf.max(), origin="lower", extent=(-half, half, -half, half), norm=_symlog(1e-3, 1.0)
    )
    axes[1, 0].set(title="off-axis PSF", xlabel="offset [px]", ylabel="offset [px]")
    figure.colorbar(shown, ax=axes[1, 0], label="relative to its peak")
    axes[1, 1].plot(sequence.parallactic_angles, ".-")
    axes[1, 1].set(title="derotation angles", xlabel="frame", ylabel="angle [deg]")
    write_whole(path, lambda temporary: figure.savefig(temporary, dpi=110, format="png", bbox_inches="tight"))


def sketch(sequence: ADISequence) -> str:
    """Draw the median of all frames, on a logarithmic scale, in characters; the star is in the middle, North varies."""
    median = np.median(sequence.cube.reshape(-1, *sequence.cube.shape[-3:]).mean(axis=0), axis=0)
    rows, columns = SKETCH
    small = zoom(median, (rows / sequence.size, columns / sequence.size), order=1)[::-1]
    levels = np.log(np.clip(small, np.percentile(small, 20), None).clip(np.finfo(float).tiny))
    steps = (levels - levels.min()) / max(float(np.ptp(levels)), np.finfo(float).tiny) * (len(SHADES) - 1)
    return "\n".join("".join(SHADES[i] for i in row) for row in np.rint(steps).astype(int))


def _symlog(linear: float, high: float) -> SymLogNorm:
    """Logarithmic colours, linear around zero, where noise makes both signs."""
    return SymLogNorm(linthresh=linear, vmin=-linear, vmax=max(high, 2 * linear))
