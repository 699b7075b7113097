from pathlib import Path

import pytest

MANIFEST = """
name = "{name}"
title = "A rogue"
authors = ["Nobody"]
reference = "none"
licence = "MIT"
kind = "snr"
needs = {{ memory_mb = 300, minutes = {minutes} }}
"""
IMPORTS = """
import ctypes, errno, mmap, os, signal, socket, struct, subprocess, sys, time
import numpy as np
from algozoo.detectors.contract import Declined
"""


@pytest.fixture
def submit(tmp_path, monkeypatch):
    """Write a submission into the current folder."""
    monkeypatch.chdir(tmp_path)

    def submit(name: str, code: str, minutes: float = 1.0) -> Path:
        folder = tmp_path / "submissions" / name
        folder.mkdir(parents=True)
        (folder / "submission.toml").write_text(MANIFEST.format(name=name, minutes=minutes))
        (folder / "detector.py").write_text(IMPORTS + code)
        return folder

    return submit
