"""The command line: one module per command, which parses, calls and prints. Heavy imports stay inside commands."""

import signal
import sys
from importlib import import_module

import click

from algozoo import __version__
from algozoo.errors import AlgoZooError, InputError

GROUPS = {
    "Your data": ("detect", "limits", "compare", "gallery", "datasets", "detectors", "cache"),
    "Benchmark": ("run", "leaderboard", "rescore", "suite"),
    "Submissions": ("new", "check", "submit", "verify", "ledger"),
    "Challenges": ("export-trials", "import-maps", "score-maps", "score-characterisation"),
}
"""Commands as the help lists them; each is in the module of its name."""


class _Grouped(click.Group):
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as click has it
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].short_help or "") for name in names])
                formatter.write_paragraph()
                formatter.write_text(self.commands[names[0]].epilog or "")


@click.group(cls=_Grouped, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="algozoo")
def cli() -> None:
    """Find out which algorithm finds more planets in direct images, at the same false-alarm rate.

    `algozoo COMMAND --help` explains a command and has an example of it.
    """


for name in (name for names in GROUPS.values() for name in names):
    module = name.replace("-", "_")
    cli.add_command(getattr(import_module(f"algozoo.cli.{module}"), module))


def _list_whole_sentences(group: click.Group) -> None:
    """List commands by the whole first paragraph of their help; click would cut it."""
    for command in group.commands.values():
        command.short_help = (command.help or "").partition("\n\n")[0]
        if isinstance(command, click.Group):
            _list_whole_sentences(command)


_list_whole_sentences(cli)


def main() -> None:
    """Run the command line; exit with 0 (good), 1 (the work failed) or 2 (wrong usage).

    SIGTERM ends it as Ctrl-C does.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
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
