from pathlib import Path

import pytest

from algozoo.sandbox import choice, confinement


@pytest.mark.usefixtures("sandbox")
def test_a_command_line_shows_nothing_but_what_it_needs(world):
    start = choice.choose(world)
    assert start.confinement is confinement.Confinement.BUBBLEWRAP
    assert str(Path.home()) not in start.environment.values()
    assert not [word for word in start.command if word.endswith(("datasets", "benchmark", "results"))]


def test_a_confined_process_sees_nothing_of_the_users_environment(world, monkeypatch):
    monkeypatch.setattr(confinement.shutil, "which", lambda _: "/usr/bin/bwrap")
    monkeypatch.setenv("SECRET", "token")
    for start in (confinement.unconfined(world), confinement.bubblewrap(world, as_root=False)):
        assert "SECRET" not in start.environment
        assert start.environment["OMP_NUM_THREADS"] == "1"


def test_everything_but_devices_and_scratch_is_read_only(world, monkeypatch):
    monkeypatch.setattr(confinement.shutil, "which", lambda _: "/usr/bin/bwrap")
    command = confinement.bubblewrap(world, as_root=True).command
    assert not {"--bind", "--bind-try"} & set(command)
    assert set(confinement.NAMESPACES) <= set(command)
    bound = [command[place + 1] for place, word in enumerate(command) if word == "--dev-bind"]
    assert bound == list(confinement.DEVICES)
