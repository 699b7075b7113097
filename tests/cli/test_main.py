import json
import subprocess
import sys

import pytest

from algozoo.cli import cli

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


def test_commands_are_listed_by_whole_sentences(algozoo):
    assert "..." not in algozoo("--help").out.partition("Commands:")[2]
    assert "..." not in algozoo("datasets", "--help").out.partition("Commands:")[2]


@pytest.mark.parametrize("arguments", [["fly"], ["run", "--wrkers", 2], ["detect"], ["run", "--workers", -1]])
def test_wrong_usage_ends_with_2_and_says_why(algozoo, arguments):
    ended = algozoo(*arguments)
    assert ended.code == 2
    assert "Error" in ended.err
    assert "Traceback" not in ended.err
