import pytest

from algozoo.errors import AlgoZooError, InputError
from algozoo.sandbox import choice, confinement


@pytest.fixture
def refusal(world, monkeypatch):
    """Return the message of a refusal, as an ordinary user or as root gets it."""

    def refusal(uid: int) -> str:
        monkeypatch.setattr(choice.os, "geteuid", lambda: uid)
        choice.failure.cache_clear()
        with pytest.raises(AlgoZooError, match="no sandbox works on this machine") as refused:
            choice.choose(world)
        choice.failure.cache_clear()
        return str(refused.value)

    return refusal


@pytest.mark.parametrize("uid", [0, 1000])
def test_without_bubblewrap_the_refusal_names_once_what_is_missing_and_what_can_be_done(refusal, monkeypatch, uid):
    monkeypatch.setattr(confinement.shutil, "which", lambda _: None)
    message = refusal(uid)
    assert message.count("bubblewrap is not installed") == 1
    for part in ("apt install bubblewrap", "--no-sandbox", "own code", "without protection", "`algozoo verify`"):
        assert part in message


def test_where_bubblewrap_does_not_work_the_refusal_has_its_reason_and_the_fix(refusal, monkeypatch):
    def forbidden(*_, **__):
        raise InputError("bwrap: setting up uid map: Permission denied")

    monkeypatch.setattr(choice, "bubblewrap", forbidden)
    message = refusal(0)
    assert message.count("setting up uid map: Permission denied") == 1
    assert choice.APPARMOR_FIX in message


def test_on_other_systems_than_linux_the_refusal_asks_for_linux(refusal, monkeypatch):
    monkeypatch.setattr(choice.platform, "system", lambda: "Darwin")
    message = refusal(1000)
    assert "Linux only" in message
    assert "apt install" not in message
    assert "--no-sandbox" not in message


@pytest.mark.usefixtures("sandbox")
def test_root_who_has_no_uid_to_give_away_gets_a_user_namespace(world, monkeypatch):
    works = choice.failure
    monkeypatch.setattr(choice.os, "geteuid", lambda: 0)
    monkeypatch.setattr(choice, "failure", lambda world, *, as_root: "no" if as_root else works(world, as_root=False))
    assert "--unshare-user" in choice.choose(world).command
