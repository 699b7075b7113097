"""Statistics of a sequence, ring by ring around the star, by which the simulator is compared with a real night."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kurtosis

from algozoo.companions import Companion, inject
from algozoo.detectors.median import Median
from algozoo.detectors.pca import PCA
from algozoo.detectors.subtraction import PSFSubtraction
from algozoo.imaging.combine import combine
from algozoo.imaging.rotate import derotate
from algozoo.imaging.snr import snr_at
from algozoo.sequence import ADISequence

Array = NDArray[np.float64]

RINGS = range(1, 9)
"""Their radii in FWHM; each is one FWHM wide."""
LAGS = (1, 5, 15, 30, 56)
"""Frames."""
COMPONENTS = (1, 2, 5, 10, 20)
SEPARATIONS = (17, 28, 40)
"""Pixels from the star where companions are injected."""
CONTRAST = 1e-4
FRESH_NIGHTS = (3, 4, 5)
"""Sequences of `naco-lp` that the simulator is judged by: not the first three, which its parameters were tuned on."""


def statistics(sequence: ADISequence) -> dict[str, Array]:
    """Describe the starlight of a sequence.

    Returns
    -------
    dict of array
        Fluxes are in units of the peak of the star without the coronagraph.
    """
    cube = sequence.cube / (sequence.star_flux * sequence.psf.max())
    y, x = np.mgrid[: sequence.size, : sequence.size] - sequence.centre
    separation = np.hypot(x, y) / sequence.fwhm
    rings = [abs(separation - radius) < 0.5 for radius in RINGS]
    residuals = {
        k: PCA(n_components=k).subtract(sequence) / (sequence.star_flux * sequence.psf.max()) for k in (10, 20)
    }
    image = combine(derotate(residuals[10], sequence.parallactic_angles))
    deviations = cube - cube.mean(axis=0)
    pixel_radius = np.rint(separation * sequence.fwhm).astype(int)
    speckles = cube - radial_mean(cube, pixel_radius)
    whitened = residuals[10] / np.sqrt(radial_mean(np.mean(residuals[10] ** 2, axis=0, keepdims=True), pixel_radius))
    return {
        "mean halo": np.array([cube[:, ring].mean() for ring in rings]),
        "temporal standard deviation": np.array([rms(deviations[:, ring]) for ring in rings]),
        "residual of a frame, PCA(10)": np.array([rms(residuals[10][:, ring]) for ring in rings]),
        "final image, PCA(10)": np.array([image[ring].std() for ring in rings]),
        "excess kurtosis, PCA(20)": np.array([kurtosis(residuals[20][:, ring], axis=None) for ring in rings]),
        "variance in components": explained_variance(deviations),
        "frame correlation, 1-4 FWHM": frame_correlation(speckles[:, (separation > 1) & (separation < 4)]),
        "frame correlation, 4-9 FWHM": frame_correlation(speckles[:, (separation > 4) & (separation < 9)]),
        "spatial autocorrelation": spatial_autocorrelation(whitened, (separation > 2) & (separation < 8)),
        "S/N of a companion, PCA(10)": companion_snr(sequence, PCA(n_components=10)),
        "S/N of a companion, median": companion_snr(sequence, Median()),
    }


def temporal_statistics(sequence: ADISequence) -> dict[str, Array]:
    """Describe how fast the starlight changes, ring by ring; the simulator does not match these yet.

    Returns
    -------
    dict of array
        Autocorrelations are means over the pixels of a ring, weighted by their variance, each pixel's mean removed. The
        lifetime is the lag, in frames, at which they fall to 1/e.
    """
    y, x = np.mgrid[: sequence.size, : sequence.size] - sequence.centre
    separation = np.hypot(x, y) / sequence.fwhm
    rings = [abs(separation - radius) < 0.5 for radius in RINGS]
    residuals = PCA(n_components=10).subtract(sequence)
    frames = [autocorrelation(sequence.cube[:, ring].astype(float)) for ring in rings]
    return {
        "autocorrelation at lag 1": np.array([values[1] for values in frames]),
        "speckle lifetime, frames": np.array([lifetime(values) for values in frames]),
        "autocorrelation at lag 1, PCA(10)": np.array([autocorrelation(residuals[:, ring])[1] for ring in rings]),
    }


def autocorrelation(series: Array) -> Array:
    """Autocorrelation (n_lags,) of time series (n_frames, n_pixels), at lags up to a third of the frames."""
    deviations = series - series.mean(axis=0)
    n = len(series)
    lags = range(n // 3)
    return np.array([np.sum(deviations[lag:] * deviations[: n - lag]) for lag in lags]) / np.sum(deviations**2)


def lifetime(correlation: Array) -> float:
    """Lag at which an autocorrelation falls to 1/e, between lags by linear interpolation."""
    last = int(np.argmax(correlation < np.exp(-1))) - 1
    return float(last + (correlation[last] - np.exp(-1)) / (correlation[last] - correlation[last + 1]))


def rms(values: Array) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(values**2)))


def radial_mean(frames: Array, radius: NDArray[np.intp]) -> Array:
    """Mean of each frame over the ring of pixels through each pixel; `radius` is that of each in whole pixels."""
    rings = radius.ravel()
    sums = np.array([np.bincount(rings, frame) for frame in frames.reshape(len(frames), -1)])
    return np.asarray((sums / np.bincount(rings))[:, radius])


def explained_variance(deviations: Array) -> Array:
    """Fraction of the variance in the first principal components."""
    frames = deviations.reshape(len(deviations), -1)
    variances = np.linalg.eigvalsh(frames @ frames.T)[::-1]
    return np.asarray(np.cumsum(variances)[np.array(COMPONENTS) - 1] / variances.sum())


def frame_correlation(pixels: Array) -> Array:
    """Mean Pearson correlation of two frames at each lag."""
    correlation = np.corrcoef(pixels)
    return np.array([np.diagonal(correlation, lag).mean() for lag in LAGS])


def spatial_autocorrelation(residuals: Array, mask: NDArray[np.bool_]) -> Array:
    """Correlation of residuals with those 1, 2 and 3 pixels to the side."""

    def at(lag: int) -> float:
        both = mask[:, :-lag] & mask[:, lag:]
        a, b = residuals[:, :, :-lag][:, both], residuals[:, :, lag:][:, both]
        return float(np.mean(a * b) / np.sqrt(np.mean(a**2) * np.mean(b**2)))

    return np.array([at(lag) for lag in (1, 2, 3)])


def companion_snr(sequence: ADISequence, detector: PSFSubtraction) -> Array:
    """Mean S/N of a companion of contrast `CONTRAST` at each of `SEPARATIONS`, over six places."""

    def snr(separation: float, azimuth: float) -> float:
        companion = Companion(separation=separation, azimuth=azimuth, contrast=CONTRAST)
        residuals = detector.subtract(inject(sequence, [companion]))
        image = combine(derotate(residuals, sequence.parallactic_angles))
        return snr_at(image, *companion.position(sequence), sequence.fwhm)

    return np.array([np.mean([snr(r, angle) for angle in range(0, 360, 60)]) for r in SEPARATIONS])
