"""Which confinement this machine allows: the first that works, found out by running something in it."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

from algozoo.errors import AlgoZooError
from algozoo.sandbox.confinement import ENVIRONMENT, Start, World, bubblewrap
from algozoo.sandbox.limits import Limits
from algozoo.sandbox.sandbox import Sandbox
from algozoo.sandbox.wire import Message

PROBE = "algozoo.sandbox.probe"
PROBE_LIMITS = Limits(seconds=30.0, memory_mb=1024)
APPARMOR = "uid map: Permission denied"
APPARMOR_FIX = (
    "Ubuntu's AppArmor forbids user namespaces; an administrator allows them to bubblewrap by a profile, see "
    "docs/sandbox.md, or to all programs by `sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
)
NOT_LINUX = "there is none for this operating system: use Linux, or a container or virtual machine with it"


def is_wanted() -> bool:
    """Whether code that is not ours is to be confined: unless the user said aloud that it is not."""
    return os.environ.get(ENVIRONMENT) != "none"


def choose(world: World) -> Start:
    """Return how to start a confined Python on this machine.

    Raises
    ------
    AlgoZooError
        If nothing works; the message says what was tried and how to mend it.
    """
    failures = []
    for name, way in _ways().items():
        failure = _failure(way, replace(world, folder=world.package / "sandbox", site=()))
        if not failure:
            return way(world)
        failures.append(f"{name}: {failure}")
    tried = "\n".join(f"  {failure}" for failure in failures) or f"  {NOT_LINUX}"
    raise AlgoZooError(
        f"no sandbox works on this machine, so code that is not ours is not run:\n{tried}\n"
        f"To run it all the same, with your own rights, add --no-sandbox (or set {ENVIRONMENT}=none); "
        "the result then says so."
    )


def _ways() -> dict[str, Callable[[World], Start]]:
    if not hasattr(os, "pidfd_open"):
        return {}
    as_root = {"bubblewrap as root": _bubblewrap_as_root} if os.geteuid() == 0 else {}
    return {**as_root, "bubblewrap": _bubblewrap}


_bubblewrap_as_root = partial(bubblewrap, as_root=True)
_bubblewrap = partial(bubblewrap, as_root=False)


@lru_cache
def _failure(way: Callable[[World], Start], world: World) -> str:
    """Say why a way does not work, or nothing."""
    try:
        sandbox = Sandbox(way(world), PROBE)
        try:
            sandbox.run(Message(facts={}), PROBE_LIMITS, largest_reply=1024)
        finally:
            sandbox.close()
    except (AlgoZooError, OSError) as error:
        said = str(error)
        return f"{said}\n    {APPARMOR_FIX}" if APPARMOR in said else said
    return ""
