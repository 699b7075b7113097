"""What is taken from elsewhere is pinned: packages by their version, actions by their commit."""

import os
import re
import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, requires
from itertools import product
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SYSTEMS = [("posix", "linux", "Linux"), ("posix", "darwin", "Darwin"), ("nt", "win32", "Windows")]
ENVIRONMENTS = [
    default_environment()
    | {"os_name": name, "sys_platform": short, "platform_system": system}
    | {"python_version": python, "python_full_version": f"{python}.0"}
    for (name, short, system), python in product(SYSTEMS, ["3.11", "3.12", "3.13", "3.14"])
]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").iterdir())
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def pins() -> list[str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def named() -> list[Requirement]:
    """List what pyproject.toml names for the package and for all of its extras."""
    project = PROJECT["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return [requirement for group in groups for requirement in map(Requirement, group) if requirement.name != "algozoo"]


def needs(requirement: Requirement, environment: Mapping[str, str]) -> list[Requirement] | None:
    """List what a distribution requires with the extras that are asked for; None if it is not installed."""
    try:
        further = [Requirement(text) for text in requires(requirement.name) or []]
    except PackageNotFoundError:
        return None
    settings = [{**environment, "extra": extra} for extra in requirement.extras or {""}]
    return [each for each in further if each.marker is None or any(map(each.marker.evaluate, settings))]


def all_needed(environment: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """Return the names of all distributions, direct and indirect, and of those among them that are not installed."""
    to_do, done, missing = named(), set(), set()
    while to_do:
        requirement = to_do.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in done:
            continue
        done.add(key)
        further = needs(requirement, environment)
        if further is None:
            missing.add(key[0])
        to_do += further or []
    return {name for name, _ in done}, missing


def test_constraints_are_versions_each_once_and_no_addresses():
    assert [pin for pin in pins() if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == []
    names = [canonicalize_name(pin.partition("==")[0]) for pin in pins()]
    assert len(names) == len(set(names))


def test_all_that_any_extra_needs_on_any_system_has_its_version_in_the_constraints():
    """What is not installed, as on another system, is pinned itself; CI has all extras, so that nothing else is."""
    pinned = {canonicalize_name(pin.partition("==")[0]) for pin in pins()}
    for environment in ENVIRONMENTS:
        assert all_needed(environment)[0] - pinned == set()
    if os.environ.get("CI") == "true":
        assert all_needed(default_environment())[1] == set()


def test_what_builds_the_wheel_has_its_version_in_the_constraints():
    names = {Requirement(text).name for text in PROJECT["build-system"]["requires"]}
    assert names - {pin.partition("==")[0] for pin in pins()} == set()


def mistakes(workflow: str) -> list[str]:
    """List actions that are not pinned by their commit, checkouts that keep credentials, and rights to write."""
    steps = re.split(r"^ *- ", workflow, flags=re.MULTILINE)
    uses = [line.strip().removeprefix("- ") for line in workflow.splitlines() if "uses:" in line]
    found = [line for line in uses if not PINNED.fullmatch(line)]
    found += [step for step in steps if "actions/checkout@" in step and "persist-credentials: false\n" not in step]
    found += re.findall(r"^.*permissions:.*\S.*$|^.*: write.*$", workflow, flags=re.MULTILINE)
    return found if "\npermissions:\n  contents: read\n" in workflow else [*found, "permissions"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_keep_no_credentials_and_only_read(path):
    assert mistakes(path.read_text()) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"(setup-python)@\w+ # v[\d.]+", r"\1@v6"),
        (r"(setup-python@\w+) # v[\d.]+", r"\1"),
        (r"(checkout)@\w+", r"\1@main"),
        (" *persist-credentials: false\n", ""),
        ("persist-credentials: false", "persist-credentials: true"),
        ("contents: read", "contents: write"),
        ("permissions:\n  contents: read\n", ""),
        ("permissions:\n  contents: read\n", "permissions: write-all\n"),
        ("(contents: read)", r"\1\n  pull-requests: write"),
    ],
)
def test_each_of_these_would_be_noticed(old, new):
    text = WORKFLOWS[0].read_text()
    changed = re.sub(old, new, text)
    assert changed != text
    assert mistakes(changed)
