"""The command line: one module per command, which parses, calls and prints. Heavy imports stay inside commands."""

import sys

import click

from algozoo import __version__
from algozoo.cli.check import check
from algozoo.cli.compare import compare
from algozoo.cli.datasets import datasets
from algozoo.cli.detect import detect
from algozoo.cli.detectors import detectors
from algozoo.cli.export_trials import export_trials
from algozoo.cli.gallery import gallery
from algozoo.cli.import_maps import import_maps
from algozoo.cli.leaderboard import leaderboard
from algozoo.cli.ledger import ledger
from algozoo.cli.limits import limits
from algozoo.cli.new import new
from algozoo.cli.rescore import rescore
from algozoo.cli.run import run
from algozoo.cli.score_characterisation import score_characterisation
from algozoo.cli.score_maps import score_maps
from algozoo.cli.submit import submit
from algozoo.cli.suite import suite
from algozoo.cli.verify import verify
from algozoo.errors import AlgoZooError, InputError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="algozoo")
def cli() -> None:
    """Find out which algorithm finds more planets in direct images, at the same false-alarm rate."""


for command in (
    *(run, detectors, datasets, detect, limits, compare, leaderboard, rescore, suite),
    *(gallery, score_maps, score_characterisation),
    *(new, check, submit, verify, ledger, export_trials, import_maps),
):
    cli.add_command(command)


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
