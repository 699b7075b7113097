"""Write docs/detectors/*.md and *.png: a page for each detector, made from its code, its costs and beta Pictoris.

Usage: python docs/figures/detector_pages.py MIRROR [NAME ...], where MIRROR is the folder with the files of `betapic`.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from algozoo.cli.gallery import gallery, with_companions
from algozoo.datasets import load_dataset
from algozoo.detectors.contract import Detector
from algozoo.detectors.costs import costs
from algozoo.detectors.parameters import declared, meanings
from algozoo.detectors.registry import BUILT_IN, create
from algozoo.plots.maps import draw_map, shown_field

PAGES = Path(__file__).parents[1] / "detectors"
SHOWN: dict[str, dict[str, Any]] = {
    "sodirf": {"n_samples": 200},
    "sodinn": {"n_samples": 200, "architecture": "conv3d", "patch_width": 1.5, "epochs": 8},
}
"""Parameters of the pictures of detectors that learn, from the flipped twin of the night; the defaults take longer."""


def names() -> list[str]:
    """Built-in detectors that are no controls."""
    return [name for name in BUILT_IN if not create(name).control]


def main(mirror: str, *chosen: str) -> None:
    """Write the pages of some detectors, or of all, and the gallery."""
    night = load_dataset("betapic", mirror=mirror)
    sequence, companions = with_companions(night, 0)
    for name in chosen or names():
        (PAGES / f"{name}.md").write_text(page(create(name)))
        figure, axis = plt.subplots(figsize=(5, 4.2), layout="constrained")
        draw_map(axis, create(name, **SHOWN.get(name, {})), sequence, companions, shown_field(night, sequence))
        figure.savefig(PAGES / f"{name}.png", dpi=75)
        plt.close(figure)
        sys.stdout.write(f"{name}\n")
    gallery(["betapic", "--mirror", mirror, "-o", str(PAGES / "gallery.png")], standalone_mode=False)


def page(detector: Detector) -> str:
    """Write the page of a detector."""
    return "\n".join(
        [
            f"# {detector.name}: {detector.title}",
            "",
            *description(type(detector)),
            "",
            f"*Reference:* {linked(detector.reference)}",
            "",
            f"![Map of {detector.name} on beta Pictoris, a circle around the planet]({detector.name}.png)",
            "",
            "## Parameters",
            "",
            "| parameter | default | values | meaning |",
            "|---|---|---|---|",
            *parameters(detector),
            "",
            "## Cost of a map",
            "",
            "| parameters | frames | pixels | CPU seconds, one core | memory / cube |",
            "|---|---|---|---|---|",
            *cost_rows(detector.name),
            "",
        ]
    )


def description(cls: type[Detector]) -> list[str]:
    """Text of a docstring before its parameters."""
    return linked(inspect.getdoc(cls).partition("\nParameters\n")[0].strip()).splitlines()


def linked(reference: str) -> str:
    """Make the DOI a link."""
    return re.sub(r"doi:(10\.[^\s)]+)", r"[doi:\1](https://doi.org/\1)", reference)


def parameters(detector: Detector) -> Iterator[str]:
    """Rows of the table of parameters."""
    said = meanings(type(detector))
    for name, parameter in declared(type(detector)).items():
        row = f"`{name}`", f"`{detector.parameters[name]!r}`", parameter.expected, said[name]
        cells = [cell.replace("|", "\\|") for cell in row]
        yield f"| {' | '.join(cells)} |"


def cost_rows(name: str) -> Iterator[str]:
    """Rows of the table of costs."""
    for row in costs(name):
        yield (
            f"| {row['parameters'] or 'defaults'} | {row['frames']} | {row['size']} x {row['size']} | "
            f"{row['cpu_seconds']} | {row['memory_per_cube']} |"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
