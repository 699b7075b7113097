"""What a map of each built-in detector costs, as `docs/figures/detector_costs.py` measured it."""

import csv
from pathlib import Path

COSTS = Path(__file__).with_name("costs.csv")


def costs(name: str) -> list[dict[str, str]]:
    """Return what was measured of a detector; nothing for one that is not built in, and for controls.

    Returns
    -------
    list of dict
        First with its defaults on the smallest cube. Keys 'parameters' (empty for the defaults), 'frames', 'size'
        (pixels), 'cpu_seconds' (of a map on one core, without training) and 'memory_per_cube' (peak over the cube's).
    """
    with COSTS.open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["detector"] == name]
