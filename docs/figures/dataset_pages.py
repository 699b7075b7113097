"""Write docs/datasets/*.md and *.png: a page for each dataset, made from its manifest and its first sequence.

Usage: python docs/figures/dataset_pages.py MIRROR [NAME ...], where MIRROR is the folder with the files of `betapic`.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import SymLogNorm

from algozoo.benchmark.calibrate import baseline
from algozoo.companions import Companion, inject
from algozoo.datasets import Dataset, RealManifest, dataset_names, load_dataset
from algozoo.errors import InputError
from algozoo.sequence import ADISequence

CAPTION = """\
The last picture is made of S/N maps of the baseline named below: one companion was injected into each annulus
(circles), each into frames of its own, as bright as the brightest of the trials, of which this baseline finds 95 %."""
PAGES = Path(__file__).parents[1] / "datasets"
SHOWN_ANGLES = (90.0, 210.0, 330.0)
"""Degrees: where the companions of the three annuli stand in the picture."""


def main(mirror: str, *names: str) -> None:
    """Write the pages of some datasets, or of all."""
    for name in names or dataset_names():
        dataset = load_dataset(name, mirror=mirror)
        (PAGES / f"{name}.md").write_text(page(dataset))
        draw(dataset, PAGES / f"{name}.png")
        sys.stdout.write(f"{name}\n")


def page(dataset: Dataset) -> str:
    """Write the page of a dataset."""
    manifest = dataset.manifest
    return "\n".join(
        [
            f"# {dataset.name}: {manifest.title}",
            "",
            manifest.description.strip(),
            "",
            f"![First frame, median, PSF and residual S/N map of {dataset.name}]({dataset.name}.png)",
            "",
            CAPTION,
            "",
            "| | |",
            "|---|---|",
            *(f"| {field} | {value} |" for field, value in facts(dataset)),
            "",
            "## Annuli",
            "",
            "| annulus | separation | arcsec | contrast | magnitudes |",
            "|---|---|---|---|---|",
            *annuli(dataset),
            "",
            calibration(dataset),
            "",
        ]
    )


def facts(dataset: Dataset) -> Iterator[tuple[str, str]]:
    """List what a reader asks first."""
    manifest, sequence = dataset.manifest, dataset.check()
    yield "kind", manifest.kind
    yield "instrument", manifest.instrument
    yield "sequences", str(dataset.n_sequences)
    channels = f" in {len(sequence.cube)} channels" if sequence.cube.ndim == 4 else ""
    yield "frames", f"{sequence.n_frames} of {sequence.size} x {sequence.size} pixels{channels}"
    if sequence.reference is not None:
        yield "reference frames", f"{len(sequence.reference)}, of another star"
    if sequence.wavelengths is not None:
        yield "wavelengths", f"{sequence.wavelengths.min():.2f} to {sequence.wavelengths.max():.2f} micrometres"
    yield "field rotation", rotation(dataset, sequence)
    yield "pixel scale", f"{1000 * manifest.pixel_scale:g} mas"
    yield "FWHM", f"{sequence.fwhm:.2f} pixels, {1000 * sequence.fwhm * manifest.pixel_scale:.0f} mas"
    yield "valid field", f"{manifest.valid_field.inner:g} to {manifest.valid_field.outer:g} FWHM"
    for companion in manifest.companions if isinstance(manifest, RealManifest) else ():
        place = f"{1000 * companion.separation:.1f} mas, {companion.position_angle:.2f} deg"
        yield "known companion", f"{companion.name}: {place}, contrast {companion.contrast:.3g}; removed before trials"
    yield "version", manifest.version
    yield "licence", manifest.licence
    yield "source", manifest.source
    yield "citation", manifest.citation


def rotation(dataset: Dataset, sequence: ADISequence) -> str:
    """Rotation of a night, or the range that the nights of an ensemble are drawn from."""
    if isinstance(dataset.manifest, RealManifest) or dataset.manifest.simulation.field_rotation_deg is None:
        return f"{sequence.field_rotation:.1f} degrees"
    drawn = dataset.manifest.simulation.field_rotation_deg
    return f"{drawn.low:g} to {drawn.high:g} degrees, {sequence.field_rotation:.1f} in the first sequence"


def annuli(dataset: Dataset) -> Iterator[str]:
    """Rows of the table of annuli."""
    scale = dataset.sequence(0).fwhm * dataset.manifest.pixel_scale
    for number, annulus in enumerate(dataset.manifest.annuli, start=1):
        low, high = annulus.contrast or (np.nan, np.nan)
        yield (
            f"| {number} | {annulus.inner:g} to {annulus.outer:g} FWHM | {annulus.inner * scale:.2f} to "
            f"{annulus.outer * scale:.2f} | {low:.2e} to {high:.2e} | {-2.5 * np.log10(low):.1f} to "
            f"{-2.5 * np.log10(high):.1f} |"
        )


def calibration(dataset: Dataset) -> str:
    """Say where the contrasts come from."""
    record = dataset.manifest.calibration
    if record is None:
        raise InputError(f"{dataset.name}: the contrasts of its annuli are not calibrated")
    faint, bright = record.detected
    n, rate = record.n_companions, record.false_positives_per_map
    return f"""\
The baseline, `{record.baseline}`, finds {faint:.0%} of the companions at the faint end of these contrasts, {bright:.0%}
at the bright end, at {rate:g} false positive per map: measured with {n} companions in each annulus and {record.n_empty}
maps without one (`algozoo datasets calibrate {dataset.name} --injections {n}`)."""


def draw(dataset: Dataset, path: Path) -> None:
    """Draw the first sequence, and what the baseline makes of it."""
    sequence = dataset.null_sequence(0)
    frames = sequence.cube.reshape(-1, *sequence.cube.shape[-3:]).mean(axis=0)
    psf = sequence.psf.reshape(-1, *sequence.psf.shape[-2:]).mean(axis=0)
    companions = [
        Companion(
            separation=(annulus.inner + annulus.outer) / 2 * sequence.fwhm,
            azimuth=angle,
            contrast=annulus.contrast[1] if annulus.contrast else 0.0,
        )
        for annulus, angle in zip(dataset.manifest.annuli, SHOWN_ANGLES, strict=False)
    ]
    detector = baseline(sequence)
    maps = np.array([detector.detect(inject(sequence, [companion])).scores for companion in companions])
    y, x = np.mgrid[: sequence.size, : sequence.size] - sequence.centre
    nearest = np.argmin([abs(np.hypot(x, y) - companion.separation) for companion in companions], axis=0)
    scores = np.take_along_axis(maps, nearest[None], axis=0)[0]
    scores = np.where(dataset.valid_mask(sequence), scores, np.nan)
    figure, axes = plt.subplots(2, 2, figsize=(8.4, 7.6), layout="constrained")
    median = np.median(frames, axis=0)
    for axis, image, title in ((axes[0, 0], frames[0], "first frame"), (axes[0, 1], median, "median of all frames")):
        show(
            axis,
            image / np.mean(sequence.star_flux),
            title,
            sequence.centre * sequence.pixel_scale,
            "relative to the star's flux",
        )
    show(
        axes[1, 0],
        psf / psf.max(),
        "star without coronagraph (PSF)",
        len(psf) / 2 * sequence.pixel_scale,
        "relative to its peak",
    )
    half = sequence.centre * sequence.pixel_scale
    shown = axes[1, 1].imshow(scores, origin="lower", extent=(-half, half, -half, half), vmin=-2, vmax=8)
    for companion in companions:
        x, y = (np.array(companion.position(sequence)) - sequence.centre) * sequence.pixel_scale
        axes[1, 1].plot(x, y, "o", mfc="none", mec="white", ms=14)
    axes[1, 1].set(title=f"S/N map, {detector.label}", xlabel="arcsec")
    figure.colorbar(shown, ax=axes[1, 1], label="S/N")
    figure.savefig(path, dpi=75)
    plt.close(figure)


def show(axis: plt.Axes, image: np.ndarray, title: str, half: float, label: str) -> None:
    """Show an image with logarithmic colours, linear around zero."""
    high = float(np.max(np.abs(image)))
    norm = SymLogNorm(linthresh=high * 1e-3, vmin=-high * 1e-3, vmax=high)
    shown = axis.imshow(image, origin="lower", extent=(-half, half, -half, half), norm=norm, cmap="inferno")
    axis.set(title=title, xlabel="arcsec")
    axis.figure.colorbar(shown, ax=axis, label=label)


if __name__ == "__main__":
    main(*sys.argv[1:])
