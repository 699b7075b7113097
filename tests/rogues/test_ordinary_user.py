"""The same as an ordinary user, as whom most people run it; started by root, as whom CI runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

USER = 1234
ROOT = Path(__file__).parents[2]


def in_the_open(places: set[Path]) -> list[str]:
    """Show places that lie in folders which only root can enter, in the same folders but open to all."""
    closed = {place: [parent for parent in place.parents if not parent.stat().st_mode & 0o001] for place in places}
    hidden = sorted(place for place in places if closed[place])
    words = [("--perms", "0755", "--tmpfs", str(folder)) for folder in sorted({closed[place][-1] for place in hidden})]
    for place in hidden:
        below = reversed(place.parents[: place.parents.index(closed[place][-1])])
        words += [("--perms", "0755", "--dir", str(folder)) for folder in below]
        words += [("--bind", str(place), str(place))]
    return [word for group in words for word in group]


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_an_ordinary_user_is_protected_as_root_is(tmp_path):
    if os.geteuid() != 0:
        return  # the other tests were run by an ordinary user
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, USER, USER)
    needed = {Path(sys.base_prefix), Path(sys.prefix), Path(os.path.realpath(sys.executable)).parents[1], ROOT, home}
    world = [shutil.which("bwrap"), "--dev-bind", "/", "/", *in_the_open(needed)]
    user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--inh-caps=-all"]
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:benchmark", "--basetemp", home / "tests"]
    done = subprocess.run(
        [
            *world,
            "--chdir",
            ROOT,
            "--",
            *user,
            sys.executable,
            "-m",
            "pytest",
            *options,
            *(Path(__file__).with_name(name) for name in ("test_rogues.py", "test_bounds.py")),
        ],
        env=os.environ | {"HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout
