"""``algozoo suite``: list the suites, seal a hidden one, and check one that is revealed."""

from pathlib import Path

import click

from algozoo.cli import options


@click.group()
def suite() -> None:
    """List suites; seal a hidden one before a challenge, and check it afterwards."""


@suite.command("list")
@options.style
def list_(style: str) -> None:
    """List the suites that come with AlgoZoo."""
    from algozoo.benchmark.suite import load_suite, suite_names

    suites = [load_suite(name) for name in suite_names()]
    options.print_table(("name", "version", "title"), [(s.name, s.version, s.title) for s in suites], style)


@suite.command()
@click.argument("file", type=options.FILE)
def seal(file: Path) -> None:
    """Print a commitment to the suite in FILE, to be published, and keep its salt in FILE.seal, to be kept secret."""
    from algozoo.benchmark.seal import seal as seal_suite
    from algozoo.benchmark.suite import load_suite

    definition, secret = load_suite(str(file)), file.with_name(f"{file.name}.seal")
    digest = seal_suite(definition, secret)
    click.echo(f"{definition.name} {definition.version} {digest}")
    click.echo(f"Publish this line. Keep {file} and {secret} secret until you reveal both.", err=True)


@suite.command()
@click.argument("file", type=options.FILE)
@click.option("--salt", required=True, help="Revealed with the suite; it is in FILE.seal.")
@click.option("--commitment", required=True, help="What was published before.")
def reveal(file: Path, salt: str, commitment: str) -> None:
    """Check that the suite in FILE is the one that was sealed; exit 0 if it is, 1 if not."""
    from algozoo.benchmark.seal import check_reveal
    from algozoo.benchmark.suite import load_suite

    definition = load_suite(str(file))
    check_reveal(definition, salt, commitment)
    click.echo(f"{definition.name} {definition.version} is the suite that was sealed: seed {definition.seed}")
