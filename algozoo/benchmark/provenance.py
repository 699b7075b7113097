"""Where a result was made: versions of packages, the machine, and the commit."""

import platform
import subprocess
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from algozoo import __version__
from algozoo.benchmark.record import Environment
from algozoo.files import source_digest

PACKAGES = ("numpy", "scipy", "astropy", "scikit-learn", "torch")


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return versions, the machine and, in a source checkout, the commit."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return Environment(
        algozoo=__version__,
        python=platform.python_version(),
        packages=versions,
        platform=platform.platform(),
        processor=_processor(),
        commit=_git("rev-parse", "HEAD"),
        dirty=bool(_git("status", "--porcelain", "--untracked-files=no")),
    )


@lru_cache(maxsize=1)
def code() -> str:
    """Return the version of AlgoZoo and the digest of its source files, as this process first found them."""
    return f"{__version__} {source_digest([Path(__file__).parents[1]])}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", *arguments],  # noqa: S607 - whichever git the user has
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
