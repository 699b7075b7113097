from pathlib import Path

import pytest

import algozoo
from algozoo.errors import AlgoZooError, InputError
from algozoo.sandbox import choice, confinement
from algozoo.sandbox.confinement import World


@pytest.fixture
def world():
    package = Path(algozoo.__file__).parent
    return World(package=package, parts=("__init__.py", "errors.py", "files.py", "sandbox"), site=(), folder=package)


def refused(_):
    raise InputError("bwrap: setting up uid map: Permission denied")


def test_where_nothing_works_it_is_said_why_and_how_to_mend_it(world, monkeypatch):
    monkeypatch.setattr(confinement.shutil, "which", lambda _: None)
    monkeypatch.setattr(choice, "WAYS", {**choice.WAYS, "of Ubuntu": refused})
    choice.failure.cache_clear()
    with pytest.raises(AlgoZooError, match="no sandbox works") as refusal:
        choice.choose(world)
    choice.failure.cache_clear()
    for part in ("apt install bubblewrap", "apt install util-linux", "AppArmor forbids", "--no-sandbox"):
        assert part in str(refusal.value)


def test_elsewhere_than_on_linux_there_is_none(world, monkeypatch):
    monkeypatch.setattr(choice.platform, "system", lambda: "Darwin")
    with pytest.raises(AlgoZooError, match="none for this operating system"):
        choice.choose(world)


@pytest.mark.usefixtures("sandbox")
def test_a_command_line_shows_nothing_but_what_it_needs(world):
    start = choice.choose(world)
    assert start.confinement in set(confinement.Confinement) - {confinement.Confinement.NONE}
    assert str(Path.home()) not in start.environment.values()
    assert not [word for word in start.command if word.endswith(("datasets", "benchmark", "results"))]
