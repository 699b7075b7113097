"""``algozoo suite``: list the suites, seal a hidden one, and check one that is revealed."""

from pathlib import Path

import click

from algozoo.cli import options


@click.group()
def suite() -> None:
    """List the suites; seal a hidden one before a challenge, and check it afterwards."""


@suite.command("list", epilog=options.example("suite list"))
@options.style
def list_(style: str) -> None:
    """List the suites that come with AlgoZoo."""
    from algozoo.benchmark.suite import load_suite, suite_names

    suites = [load_suite(name) for name in suite_names()]
    options.print_table(("name", "version", "title"), [(s.name, s.version, s.title) for s in suites], style)


@suite.command(epilog=options.example("suite seal hidden.toml"))
@click.argument("file", type=options.FILE)
def seal(file: Path) -> None:
    """Draw the secret seed of the suite in FILE, which has none, and print a commitment to the suite, to be published.

    The seed is written into FILE, the salt of the commitment to FILE.seal. Datasets whose nights anybody can download
    are refused.
    """
    from algozoo.benchmark.seal import seal as seal_suite
    from algozoo.benchmark.seal import seal_path

    sealed = seal_suite(file)
    click.echo(f"{sealed.suite} {sealed.version} {sealed.commitment}")
    click.echo(
        f"Publish this line before entries are handed in. Keep secret until the challenge is over: {file}, which holds "
        f"the seed, {seal_path(file)}, which holds the salt, and all results and boards, which show the seed.",
        err=True,
    )


@suite.command(epilog=options.example("suite reveal hidden.toml --commitment 2002d48d..."))
@click.argument("file", type=options.FILE)
@click.option(
    "--commitment",
    required=True,
    help="Commitment to the suite as `algozoo suite seal` printed it and you published it.",
)
def reveal(file: Path, commitment: str) -> None:
    """Check with FILE.seal that the suite in FILE is the one that was sealed; exit 0 if it is, 1 if not."""
    from algozoo.benchmark.seal import reveal as reveal_suite
    from algozoo.benchmark.suite import written_seed

    revealed = reveal_suite(file, commitment)
    click.echo(f"{revealed.name} {revealed.version} is the suite that was sealed: seed {written_seed(revealed.seed)}")
