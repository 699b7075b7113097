"""Write algozoo/detectors/costs.csv: what a map of each detector costs, on white noise.

Usage: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python docs/figures/detector_costs.py [NAME ...]
"""

import csv
import sys
import tracemalloc
from dataclasses import replace
from time import process_time
from typing import Any

import numpy as np

from algozoo.detectors.costs import COSTS
from algozoo.detectors.registry import create
from algozoo.imaging.psf import normalise_psf
from algozoo.sequence import ADISequence

SHAPES = ((61, 101), (122, 101), (61, 143))
FWHM = 4.8
RICHER: dict[str, dict[str, Any]] = {
    "annular-median": {"max_references": 8},
    "annular-pca": {"n_components": 10},
    "llsg": {"rank": 10},
    "loci": {"n_segments": 8},
    "matched-filter": {"combine": "mean"},
    "median": {"combine": "mean"},
    "nmf": {"n_components": 20},
    "pairwise": {"n_segments": 4},
    "pca": {"n_components": 20},
    "sodinn": {"architecture": "conv3d"},
    "sodirf": {"n_levels": 10},
    "stim": {"n_components": 10},
}
SLOW = ("sodinn",)
"""Are measured on the first shape only."""

LEARNT_FROM = {"n_samples": 20}
"""Of detectors that learn, the cost of a map once they have; it hardly depends on how much."""
COLUMNS = ("detector", "parameters", "frames", "size", "cpu_seconds", "memory_per_cube")


def main(*names: str) -> None:
    """Measure some detectors, or all, and keep what is known of the others."""
    known = []
    if COSTS.exists():
        with COSTS.open(newline="") as file:
            known = [row for row in csv.DictReader(file) if names and row["detector"] not in names]
    rows = [*known, *(row for name in names or RICHER for row in costs(name))]
    with COSTS.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row["detector"]))


def costs(name: str) -> list[dict[str, Any]]:
    """Measure a detector: with its defaults on three shapes, and with a richer parameter on the first."""
    shapes = SHAPES[:1] if name in SLOW else SHAPES
    cases = [({}, shape) for shape in shapes] + [(RICHER[name], SHAPES[0])]
    rows = []
    for parameters, (n_frames, size) in cases:
        detector, sequence = create(name, **parameters), noise(n_frames, size)
        if detector.learns:
            detector = replace(detector, **LEARNT_FROM).fit(sequence)
        detector.detect(sequence)
        seconds = []
        for _ in range(2):
            start = process_time()
            detector.detect(sequence)
            seconds.append(process_time() - start)
        tracemalloc.start()
        detector.detect(sequence)
        memory = tracemalloc.get_traced_memory()[1] / sequence.cube.nbytes
        tracemalloc.stop()
        text = ", ".join(f"{key}={value}" for key, value in parameters.items())
        rows.append(
            dict(zip(COLUMNS, (name, text, n_frames, size, f"{min(seconds):.2g}", f"{memory:.1f}"), strict=True))
        )
        sys.stdout.write(f"{rows[-1]}\n")
        sys.stdout.flush()
    return rows


def noise(n_frames: int, size: int) -> ADISequence:
    """Make white noise that turns as beta Pictoris did."""
    y, x = np.mgrid[:39, :39] - 19
    psf = normalise_psf(np.exp(-4 * np.log(2) * (x**2 + y**2) / FWHM**2))
    return ADISequence(
        cube=np.random.default_rng(0).standard_normal((n_frames, size, size)),
        parallactic_angles=np.linspace(-14, 67, n_frames),
        psf=psf.psf,
        star_flux=1e5,
        pixel_scale=0.02719,
        fwhm=psf.fwhm,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
