"""Whether third-party code can be confined on this machine: a small program is run in bubblewrap to find out."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache

from algozoo.errors import AlgoZooError
from algozoo.sandbox.allowance import Allowance
from algozoo.sandbox.confinement import ENVIRONMENT, Confinement, Start, World, bubblewrap
from algozoo.sandbox.sandbox import Sandbox
from algozoo.sandbox.wire import Message

ECHO = "algozoo.sandbox.echo"
ECHO_ALLOWANCE = Allowance(seconds=30.0, memory_mb=1024)
APPARMOR = "uid map: Permission denied"
APPARMOR_FIX = (
    "Ubuntu's AppArmor forbids user namespaces; an administrator allows them to bubblewrap by a profile, see "
    "docs/sandbox.md, or to all programs by `sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
)
NOT_LINUX = (
    "no sandbox works on this machine: third-party code runs on Linux only, with or without a sandbox; use Linux in a "
    "container or a virtual machine"
)


def is_wanted() -> bool:
    """Whether third-party code must be confined: unless the user asked for no sandbox."""
    return os.environ.get(ENVIRONMENT) != "none"


@contextmanager
def wanted_as_recorded(confinement: str | None) -> Iterator[None]:
    """Ask for a sandbox, or for none, as whoever made a row did whose record has this confinement."""
    before = os.environ.copy()
    os.environ[ENVIRONMENT] = "none" if confinement == Confinement.NONE else ""
    try:
        yield
    finally:
        os.environ.pop(ENVIRONMENT)
        os.environ.update(before)


def choose(world: World) -> Start:
    """Return how to start a confined Python on this machine: as root if possible, or else in a user namespace.

    Raises
    ------
    AlgoZooError
        If bubblewrap is missing or does not work; the message states the reason, the fix, and what is possible without.
    """
    if platform.system() != "Linux":
        raise AlgoZooError(NOT_LINUX)
    reasons = {}
    for as_root in (True, False) if os.geteuid() == 0 else (False,):
        reason = failure(replace(world, folder=world.package / "sandbox", site=()), as_root=as_root)
        if not reason:
            return bubblewrap(world, as_root=as_root)
        reasons[reason] = as_root
    tried = "\n".join(f"  {reason}" for reason in reasons)
    raise AlgoZooError(
        f"no sandbox works on this machine, so third-party code is not run:\n{tried}\n"
        f"For your own code, --no-sandbox (or {ENVIRONMENT}=none) runs it with your rights and without protection. The "
        'record of the result then has "sandbox": "none", and `algozoo verify` can still check the row on a machine '
        "where bubblewrap works."
    )


@lru_cache
def failure(world: World, *, as_root: bool) -> str:
    """Return why bubblewrap does not work, or an empty text if it does."""
    try:
        sandbox = Sandbox(bubblewrap(world, as_root=as_root), ECHO)
        try:
            sandbox.run(Message(facts={}), ECHO_ALLOWANCE, largest_reply=1024)
        finally:
            sandbox.close()
    except (AlgoZooError, OSError) as error:
        reason = str(error)
        return f"{reason}\n    {APPARMOR_FIX}" if APPARMOR in reason else reason
    return ""
