from pathlib import Path
from typing import Any


def test_example_maps_show_truth_hits_and_false_positives(pages: dict[Path, Any], site: Path) -> None:
    page = pages[site / "detectors" / "median.html"]
    classes = [attributes.get("class") for _, attributes in page.elements]
    assert classes.count("mark truth") == 1 + 2 * 2 * 3  # in the key, and in two panels of two trials on three datasets
    assert classes.count("mark found") > 1
    assert classes.count("mark false") > 1
