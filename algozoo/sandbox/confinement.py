"""How a confined process is started: the command line of bubblewrap, and what the process sees."""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from algozoo.errors import InputError
from algozoo.sandbox.child import SHARED_MEMORY, Settings

ENVIRONMENT = "ALGOZOO_SANDBOX"
"""Environment variable; "none" runs without a sandbox, which is then written into the record."""
FIRST_UID, N_UIDS = 61184, 4336
"""What systemd sets aside for dynamic users: nobody else has these numbers."""

CODE, SITE, FOLDER, SCRATCH = "/code", "/site", "/submission", "/tmp"  # noqa: S108 - it is not the machine's
DEVICES = ("/dev/null", "/dev/full", "/dev/random", "/dev/urandom")
LOADER_CACHE = "/etc/ld.so.cache"
ROOT_LINKS = ("/bin", "/lib", "/lib32", "/lib64")
NEEDED_BY_ZYGOTE = ("SYS_ADMIN", "SETUID", "SETGID", "SETPCAP", "SYS_PTRACE", "KILL")
NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")


class Confinement(StrEnum):
    """How third-party code is confined."""

    BUBBLEWRAP = "bubblewrap"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class World:
    """What a confined process sees, all of it read-only.

    Parameters
    ----------
    package : path
        Our own package.
    parts : tuple of str
        Those files and folders of it that are there.
    site : tuple of path
        Folders of installed packages.
    folder : path
        Of the third-party code.
    gpu : bool
        Whether the GPUs are there.
    """

    package: Path
    parts: tuple[str, ...]
    site: tuple[Path, ...]
    folder: Path
    gpu: bool = False


@dataclass(frozen=True, kw_only=True)
class Start:
    """How to start a confined Python.

    `command` is the beginning of its command line and `environment` all its variables; `settings` are for its runs.
    """

    confinement: Confinement
    command: list[str]
    environment: dict[str, str]
    settings: Settings


def bubblewrap(world: World, *, as_root: bool) -> Start:
    """Start in bubblewrap, as root with a user of its own, or as an ordinary user in a user namespace.

    Raises
    ------
    InputError
        If it is not installed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise InputError("bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap)")
    site = [f"{SITE}/{number}" for number in range(len(world.site))]
    binds = [
        *((Path("/usr"), "/usr"),),
        *((prefix, str(prefix)) for prefix in _prefixes() if not prefix.is_relative_to("/usr")),
        *((world.package / part, f"{CODE}/{world.package.name}/{part}") for part in world.parts),
        *zip(world.site, site, strict=True),
        (world.folder, FOLDER),
    ]
    command = [program, *NAMESPACES, "--new-session", "--die-with-parent", "--cap-drop", "ALL"]
    for capability in NEEDED_BY_ZYGOTE:
        command += ["--cap-add", f"CAP_{capability}"]
    if not as_root:
        command += ["--unshare-user"]
    command += [*_root_links(), "--ro-bind-try", LOADER_CACHE, LOADER_CACHE, "--proc", "/proc"]
    command += _folders([inside for _, inside in binds] + [f"{SHARED_MEMORY}/x"])
    command += ["--perms", "0755", "--tmpfs", SCRATCH]
    for outside, inside in binds:
        command += ["--ro-bind", str(outside), inside]
    for device in _devices(world):
        command += ["--dev-bind", device, device]
    command += ["--symlink", "/proc/self/fd", "/dev/fd", "--remount-ro", "/", "--chdir", "/"]
    return Start(
        confinement=Confinement.BUBBLEWRAP,
        command=[*command, "--", _interpreter()],
        environment=_environment(CODE, SCRATCH),
        settings=Settings(
            folder=FOLDER,
            site=site,
            scratch=SCRATCH,
            isolate=True,
            hidden=[*_hidden(world, [*site, *map(str, world.site)]), *_compiled(world.folder, FOLDER)],
            devices=_devices(world),
            uid=own_uid() if as_root else None,
        ),
    )


def unconfined(world: World) -> Start:
    """Start as any other program."""
    return Start(
        confinement=Confinement.NONE,
        command=[_interpreter()],
        environment=_environment(str(world.package.parent), tempfile.gettempdir()),
        settings=Settings(
            folder=str(world.folder),
            site=[str(folder) for folder in world.site],
            scratch=tempfile.gettempdir(),
            isolate=False,
        ),
    )


def _environment(code: str, scratch: str) -> dict[str, str]:
    """Return all environment variables of a confined Python: one thread, no surprises, nothing of the user's."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": scratch,
        "TMPDIR": scratch,
        "USER": "submission",
        "LANG": "C.UTF-8",
        "PYTHONPATH": code,
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")},
    }


def own_uid() -> int:
    """User of the children of this process: no two processes at work have the same."""
    return FIRST_UID + os.getpid() % N_UIDS


def gpus() -> list[str]:
    """List the devices of the GPUs that a sandbox can show: NVIDIA's."""
    return sorted(str(device) for device in Path("/dev").glob("nvidia*") if not device.is_dir())


def _devices(world: World) -> list[str]:
    """List the devices that are there, GPUs only for those who need them."""
    return [*DEVICES, *(gpus() if world.gpu else [])]


def _hidden(world: World, site: Sequence[str]) -> list[str]:
    """List where the rest of our package would be if it is installed: manifests, seeds and suites."""
    rest = [path.name for path in world.package.iterdir() if path.is_dir() and path.name not in world.parts]
    return [f"{folder}/{world.package.name}/{part}" for folder in site for part in sorted(rest)]


def _compiled(folder: Path, inside: str) -> list[str]:
    """List the folders of compiled code: nobody reviews it, and it is not part of the digest of the folder."""
    return [f"{inside}/{path.relative_to(folder)}" for path in sorted(folder.rglob("__pycache__"))]


def _interpreter() -> str:
    return os.path.realpath(sys.executable)


def _prefixes() -> list[Path]:
    """Folders of the interpreter and its standard library, without a virtual environment."""
    executable = Path(_interpreter()).parent.parent
    return sorted({executable, Path(os.path.realpath(sys.base_prefix)), Path(sys.base_prefix)})


def _root_links() -> list[str]:
    """Show /bin and /lib as the machine does: as links into /usr, or as folders."""
    words = []
    for link in map(Path, ROOT_LINKS):
        if link.is_symlink():
            words += ["--symlink", str(link.readlink()), str(link)]
        elif link.is_dir():
            words += ["--ro-bind", str(link), str(link)]
    return words


def _folders(places: Sequence[str]) -> list[str]:
    """Make the parents of paths, open to everybody: those that bubblewrap makes by itself are open to root only."""
    parents = {str(parent) for place in places for parent in Path(place).parents} - {"/", "/usr"}
    return [word for parent in sorted(parents) for word in ("--perms", "0755", "--dir", parent)]
