from importlib.metadata import version

from algozoo import __version__
from algozoo.benchmark import provenance


def test_an_environment_names_the_packages_that_are_installed_and_no_others(monkeypatch):
    monkeypatch.setattr(provenance, "PACKAGES", ("numpy", "no-such-package"))
    assert provenance.environment.__wrapped__().packages == {"numpy": version("numpy")}


def test_outside_of_a_checkout_no_commit_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    made = provenance.environment.__wrapped__()
    assert (made.commit, made.dirty, made.algozoo) == ("", False, __version__)


def test_code_is_named_by_its_version_and_its_digest():
    name, digest = provenance.code().split()
    assert name == __version__
    assert len(digest) == 64
    assert provenance.code.__wrapped__() == provenance.code()
