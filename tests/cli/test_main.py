import json
import os
import shlex
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from algozoo.cli import GROUPS, cli

HEAVY = {
    "altair",
    "astropy",
    "dask",
    "distributed",
    "jinja2",
    "matplotlib",
    "numpy",
    "pandas",
    "pydantic",
    "rich",
    "scipy",
}


def test_help_imports_nothing_heavy():
    """`algozoo --help` takes a tenth of a second as long as this holds; nothing here is timed."""
    code = (
        "import sys, json\nsys.argv = ['algozoo', '--help']\nfrom algozoo.cli import main\n"
        "try:\n    main()\nexcept SystemExit: pass\nprint(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
    assert not loaded & HEAVY
    assert "click" in loaded


@pytest.mark.parametrize("command", cli.commands)
def test_every_command_explains_itself(algozoo, command):
    ended = algozoo(command, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: algozoo {command}")


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Walk through all commands that do something."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield (*path, name), command


COMMANDS = dict(commands())


def options() -> Iterator[click.Option]:
    return (each for command in COMMANDS.values() for each in command.params if isinstance(each, click.Option))


def test_commands_are_listed_in_groups_each_with_an_example_by_whole_sentences(algozoo):
    told = algozoo("--help").out
    assert [told.index(f"\n{title}:\n") for title in GROUPS] == sorted(told.index(f"\n{title}:\n") for title in GROUPS)
    assert told.count("  Example:\n    algozoo ") == len(GROUPS)
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(cli.commands)
    assert "..." not in told.partition("Your data:")[2]
    assert "..." not in algozoo("datasets", "--help").out.partition("Commands:")[2]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_example_of_every_command_is_one_of_its_calls(algozoo, path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("trials-for-me").mkdir()
    example = algozoo(*path, "--help").out.partition("  Example:\n    algozoo ")[2].strip()
    words = shlex.split(example)
    assert tuple(words[: len(path)]) == path
    COMMANDS[path].make_context(" ".join(path), words[len(path) :])


def test_an_option_has_the_same_names_and_the_same_kind_of_value_in_all_commands():
    names, kinds = defaultdict(set), defaultdict(set)
    for option in options():
        names[option.opts[0]].add(tuple(option.opts))
        if option.opts != ["--seed"]:  # fresh nights have seeds of more bits
            kinds[option.opts[0]].add(type(option.type))
    assert not {name: found for name, found in [*names.items(), *kinds.items()] if len(found) > 1}


def test_the_help_of_an_option_is_a_sentence_of_its_own():
    for option in options():
        assert option.help, option.opts
        assert option.help[0].isupper(), option.help
        assert len(option.help.split()) > 3, option.help
        assert option.help.endswith((".", "]")), option.help


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("algozoo det", "detectors"), ("algozoo datasets fe", "fetch"), ("algozoo run --ag", "--again")],
)
def test_the_shell_completes_what_is_typed(typed, completed):
    asked = os.environ | {
        "_ALGOZOO_COMPLETE": "bash_complete",
        "COMP_WORDS": typed,
        "COMP_CWORD": f"{len(typed.split()) - 1}",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from algozoo.cli import main; main()"],
        env=asked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"plain,{completed}" in done.stdout.splitlines()


@pytest.mark.parametrize(
    "arguments", [["fly"], ["run", "--wrkers", 2], ["detect"], ["run", "--workers", -1], ["verify", "--seed", -1]]
)
def test_wrong_usage_ends_with_2_and_says_why(algozoo, arguments):
    ended = algozoo(*arguments)
    assert ended.code == 2
    assert "Error" in ended.err
    assert "Traceback" not in ended.err
