"""What the sandbox adds to a map: the same function in it, each time in a process of its own, and in this process."""

import numpy as np
import pytest

from algozoo.detectors.registry import registered

MANIFEST = """
name = "sum"
title = "Sum"
authors = ["Nobody"]
reference = "none"
licence = "MIT"
kind = "ratio"
"""
CODE = "def detect(cube):\n    return cube.sum(axis=0)\n"


@pytest.fixture
def submitted(tmp_path):
    folder = tmp_path / "sum"
    folder.mkdir()
    (folder / "submission.toml").write_text(MANIFEST)
    (folder / "detector.py").write_text(CODE)
    detector = registered(tmp_path)["sum"].create()
    detector.prepare()
    return detector


@pytest.mark.benchmark(group="a map of 61 frames of 101x101")
def test_in_the_sandbox(benchmark, sequence, submitted):
    benchmark(submitted.detect, sequence)


@pytest.mark.benchmark(group="a map of 61 frames of 101x101")
def test_in_this_process(benchmark, sequence):
    benchmark(lambda: np.array(sequence.cube).sum(axis=0))
