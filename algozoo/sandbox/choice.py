"""Which confinement this machine allows: the first that works, found out by running something in it."""

import os
import platform
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

from algozoo.errors import AlgoZooError
from algozoo.sandbox.confinement import ENVIRONMENT, Start, World, bubblewrap, unshared
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
    reasons = []
    for name, way in _ways().items():
        reason = failure(way, replace(world, folder=world.package / "sandbox", site=()))
        if not reason:
            return way(world)
        reasons.append(f"{name}: {reason}")
    tried = "\n".join(f"  {reason}" for reason in reasons) or f"  {NOT_LINUX}"
    raise AlgoZooError(
        f"no sandbox works on this machine, so code that is not ours is not run:\n{tried}\n"
        f"To run it all the same, with your own rights, add --no-sandbox (or set {ENVIRONMENT}=none); "
        "the result then says so."
    )


WAYS: dict[str, Callable[[World], Start]] = {
    "bubblewrap as root": partial(bubblewrap, as_root=True),
    "bubblewrap": partial(bubblewrap, as_root=False),
    "unshare and Landlock as root": partial(unshared, as_root=True),
    "unshare and Landlock": partial(unshared, as_root=False),
}
"""From the best to the last; an ordinary user has those that do not end in "as root"."""


def _ways() -> dict[str, Callable[[World], Start]]:
    if platform.system() != "Linux":
        return {}
    return {name: way for name, way in WAYS.items() if os.geteuid() == 0 or not name.endswith("as root")}


@lru_cache
def failure(way: Callable[[World], Start], world: World) -> str:
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
