"""The packages that a submission requires: installed once, before it runs, apart from those of all others."""

import hashlib
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from algozoo.errors import AlgoZooError
from algozoo.files import working_folder

ALWAYS = ("numpy", "scipy", "pydantic")
"""What our own modules need."""


def own_packages() -> tuple[Path, ...]:
    """Folders of the packages that are installed with us."""
    return tuple(sorted({Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}))


def is_installed(requirements: Sequence[str], cache: Path) -> bool:
    """Whether a set of packages is installed."""
    return _folder(requirements, cache).is_dir()


def installed_packages(requirements: Sequence[str], cache: Path) -> Path:
    """Return the folder of a set of packages, installed if it is not there yet.

    Only wheels are taken: to build a package would run its author's code outside the sandbox. Python is isolated: a
    `pip.py` in the folder of the caller is not run in place of pip.

    Parameters
    ----------
    requirements : sequence of str
        As pip takes them.
    cache : path
        Folder of all such folders; each is named by a hash of its requirements.

    Raises
    ------
    AlgoZooError
        If one cannot be installed; the message has the last lines of pip.
    """
    wanted, folder = _wanted(requirements), _folder(requirements, cache)
    if folder.is_dir():
        return folder
    with working_folder(cache) as temporary:
        target = temporary / "packages"
        options = ["--only-binary", ":all:", "--no-input", "--disable-pip-version-check", "--quiet", "--no-compile"]
        done = subprocess.run(  # noqa: S603 - requirements are checked to be names with a version
            [sys.executable, "-I", "-m", "pip", "install", *options, "--target", str(target), "--", *wanted],
            capture_output=True,
            text=True,
            check=False,
            cwd=temporary,
        )
        if done.returncode != 0:
            said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
            raise AlgoZooError(
                f"requirements {', '.join(requirements)} cannot be installed: {said}\n"
                "Only packages with a wheel for this Python are taken, as building one runs its author's code"
            )
        _open_to_all(target)
        with suppress(OSError):  # somebody else was faster
            target.rename(folder)
    return folder


def _wanted(requirements: Sequence[str]) -> list[str]:
    return sorted({*requirements, *ALWAYS})


def _folder(requirements: Sequence[str], cache: Path) -> Path:
    key = hashlib.sha256("\n".join([sys.version, *_wanted(requirements)]).encode())
    return cache / key.hexdigest()[:16]


def _open_to_all(folder: Path) -> None:
    """Let everybody read, as the user in the sandbox is nobody."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
