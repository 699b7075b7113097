"""The packages that a submission requires: installed once, before it runs, apart from those of all others."""

import hashlib
import json
import subprocess
import sys
import sysconfig
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from algozoo.errors import AlgoZooError
from algozoo.files import working_folder
from algozoo.sandbox.allowance import MEGABYTE

ALWAYS = ("numpy", "scipy", "pydantic")
"""What our own modules need."""
GPU_LIBRARIES = "nvidia-"
"""How the packages are named that only a build for GPUs requires."""
TIMEOUT = 5
"""Seconds that a server may keep silent when it is asked for the size of a file."""


@dataclass(frozen=True)
class _Wheel:
    name: str
    url: str
    checksum: str

    def size(self) -> int | None:
        """Ask its server how large it is (bytes); None if it does not say."""
        with suppress(OSError, ValueError, TypeError):
            asked = urllib.request.Request(self.url, method="HEAD")  # noqa: S310 - where pip would take it from
            with urllib.request.urlopen(asked, timeout=TIMEOUT) as answer:  # noqa: S310
                return int(answer.headers["Content-Length"])
        return None


def own_packages() -> tuple[Path, ...]:
    """Folders of the packages that are installed with us."""
    return tuple(sorted({Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}))


def installed_packages(
    requirements: Sequence[str], cache: Path, *, gpu: bool = False, tell: Callable[[str], object] = lambda _: None
) -> Path:
    """Return the folder of a set of packages, installed if it is not there yet.

    Only wheels are taken: to build a package would run its author's code outside the sandbox. Python is isolated: a
    `pip.py` in the folder of the caller is not run in place of pip.

    Parameters
    ----------
    requirements : sequence of str
        As pip takes them.
    cache : path
        Folder of all such folders; each is named by a hash of its requirements.
    gpu : bool
        Whether libraries for GPUs may be among them.
    tell : callable
        Gets a line of text before anything is downloaded: how many packages, and how large.

    Raises
    ------
    AlgoZooError
        If one cannot be installed, with the last lines of pip, or libraries for GPUs are among them and must not be.
    """
    wanted = sorted({*requirements, *ALWAYS})
    key = hashlib.sha256("\n".join([sys.version, *wanted, *(["gpu"] if gpu else [])]).encode())
    folder = cache / key.hexdigest()[:16]
    if folder.is_dir():
        return folder
    with working_folder(cache) as temporary:
        wheels = _found(wanted, temporary, requirements)
        size = _total(wheels)
        gpu_wheels = [wheel.name for wheel in wheels if canonicalize_name(wheel.name).startswith(GPU_LIBRARIES)]
        if gpu_wheels and not gpu:
            raise AlgoZooError(_too_large(requirements, gpu_wheels, size))
        tell(f"installing {', '.join(requirements)}, once: {len(wheels)} packages, {size}")
        target = temporary / "packages"
        pinned = [f"{wheel.url}{wheel.checksum}" for wheel in wheels]
        _pip(["--no-deps", "--no-compile", "--target", str(target), "--", *pinned], temporary, requirements)
        _open_to_all(target)
        with suppress(OSError):  # somebody else was faster
            target.rename(folder)
    return folder


def _found(wanted: Sequence[str], temporary: Path, requirements: Sequence[str]) -> list[_Wheel]:
    """List all wheels that pip would install."""
    report = temporary / "report.json"
    _pip(["--dry-run", "--ignore-installed", "--report", str(report), "--", *wanted], temporary, requirements)
    found = []
    for package in json.loads(report.read_text(encoding="utf-8"))["install"]:
        source = package["download_info"]
        sha256 = source.get("archive_info", {}).get("hashes", {}).get("sha256", "")
        found.append(_Wheel(package["metadata"]["name"], source["url"], f"#sha256={sha256}" if sha256 else ""))
    return found


def _pip(words: Sequence[str], folder: Path, requirements: Sequence[str]) -> None:
    options = ["--only-binary", ":all:", "--no-input", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run(  # noqa: S603 - requirements are checked to be names with a version
        [sys.executable, "-I", "-m", "pip", "install", *options, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    if done.returncode != 0:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise AlgoZooError(
            f"requirements {', '.join(requirements)} cannot be installed: {said}\n"
            "Only packages with a wheel for this Python are taken, as building one runs its author's code"
        )


def _total(wheels: Sequence[_Wheel]) -> str:
    sizes = [wheel.size() for wheel in wheels]
    known = [size for size in sizes if size is not None]
    total = f"{sum(known) / MEGABYTE:.0f} MB"
    if len(known) == len(sizes):
        return total
    return f"at least {total} (of {len(sizes) - len(known)} the server does not say how large they are)"


def _too_large(requirements: Sequence[str], gpu_wheels: Sequence[str], size: str) -> str:
    return (
        f"requirements {', '.join(requirements)} come with {len(gpu_wheels)} libraries for GPUs, {gpu_wheels[0]} for "
        f"one, {size} in all, and needs.gpu in submission.toml is not true. Take PyTorch as the build for CPUs: set "
        "PIP_EXTRA_INDEX_URL to the address that pytorch.org gives for it under 'Get started'"
    )


def _open_to_all(folder: Path) -> None:
    """Let everybody read, as the user in the sandbox is nobody."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
