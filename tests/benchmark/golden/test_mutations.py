"""Proof that the golden numbers see a change: a line of a copy of the package is changed, and the right ones fail."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import algozoo
from algozoo.benchmark.golden.numbers import folder

PACKAGE = Path(algozoo.__file__).parent
CHECKED = ("blank", "random", "median", "annular-median", "pca", "llsg", "stim", "trials", "imports", "simulator-tiny")
MUTATIONS = {
    "detectors/library.py": (
        "/ spread if spread > 0",
        "/ (1.001 * spread) if spread > 0",
        {"median", "annular-median", "pca", "stim", "imports"},
    ),
    "detectors/spectral.py": (
        "residuals(temporal_median)",
        "residuals(lambda aligned: np.mean(aligned, axis=0))",
        {"median", "annular-median", "pca", "llsg", "stim", "imports"},
    ),
    "imaging/lowrank.py": (
        "block -= (block @ components.T) @ components",
        "block -= 0.9999 * (block @ components.T) @ components",
        {"pca", "stim", "imports"},
    ),
    "imaging/rotate.py": (
        "np.tan(theta / 2)",
        "np.tan(theta / 2.001)",
        {"median", "annular-median", "pca", "llsg", "stim", "imports"},
    ),
    "imaging/annuli.py": ("distance >= threshold", "distance > 1.5 * threshold", {"annular-median", "imports"}),
    "companions.py": (
        "companion.contrast * star_flux * factors",
        "companion.contrast * star_flux * factors * 1.0001",
        {"trials", "imports"},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("module", MUTATIONS)
def test_one_changed_line_moves_what_depends_on_it_and_nothing_else(module, tmp_path):
    line, changed, expected = MUTATIONS[module]
    copy = tmp_path / "algozoo"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(folder(), copy / "golden", dirs_exist_ok=True)
    if (datasets := PACKAGE.parent / "datasets").is_dir():
        shutil.copytree(datasets, tmp_path / "datasets")
    text = (copy / module).read_text()
    assert text.count(line) == 1
    (copy / module).write_text(text.replace(line, changed))
    done = subprocess.run(
        [sys.executable, "-m", "algozoo.benchmark.golden", "check", *CHECKED],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "ALGOZOO_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert set(re.findall(r"the numbers of ([\w-]+) are not those of its version", done.stderr)) == expected
    assert set(re.findall(r"([\w-]+): numbers as stored", done.stdout)) == set(CHECKED) - expected
