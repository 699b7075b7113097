"""The command line: one module per command, which parses, calls and prints. Heavy imports stay inside commands."""

import sys
from importlib import import_module

import click

from algozoo import __version__
from algozoo.errors import AlgoZooError, InputError

COMMANDS = (
    *("run", "detectors", "datasets", "detect", "limits", "compare", "leaderboard", "rescore", "suite"),
    *("gallery", "cache", "score_maps", "score_characterisation"),
    *("new", "check", "submit", "verify", "ledger", "export_trials", "import_maps"),
)
"""Modules, each with the command of its name."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="algozoo")
def cli() -> None:
    """Find out which algorithm finds more planets in direct images, at the same false-alarm rate."""


for name in COMMANDS:
    cli.add_command(getattr(import_module(f"algozoo.cli.{name}"), name))


def _list_whole_sentences(group: click.Group) -> None:
    """List commands by the whole first paragraph of their help; click would cut it."""
    for command in group.commands.values():
        command.short_help = (command.help or "").partition("\n\n")[0]
        if isinstance(command, click.Group):
            _list_whole_sentences(command)


_list_whole_sentences(cli)


def main() -> None:
    """Run the command line; exit with 0 (good), 1 (the work failed) or 2 (wrong usage)."""
    try:
        sys.exit(cli.main(prog_name="algozoo", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AlgoZooError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2 if isinstance(error, InputError) else 1)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        sys.exit(1)
