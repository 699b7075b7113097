"""``algozoo datasets``: list, show, fetch and check them."""

from pathlib import Path
from typing import Any

import click

from algozoo.cli.add import add
from algozoo.cli.options import format_option, mirror_option, print_table
from algozoo.cli.picture import draw_sequence


class _ShowByName(click.Group):
    """A group in which a word that is no command is the name of a dataset to show."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in {"-h", "--help"}):
            args = ["list" if not args or args[0].startswith("-") else "show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ShowByName)
def datasets() -> None:
    """List the datasets; `algozoo datasets NAME` shows one."""


@datasets.command("list")
@mirror_option
@format_option
def list_(mirror: Path | None, style: str) -> None:
    """List all datasets."""
    from algozoo.datasets import dataset_names, is_available, load_dataset

    known = [load_dataset(name) for name in dataset_names()]
    here = ["yes" if is_available(dataset.manifest, mirror=mirror) else "no" for dataset in known]
    rows = [
        (d.name, d.version, d.manifest.kind, d.n_sequences, is_here, d.manifest.title)
        for d, is_here in zip(known, here, strict=True)
    ]
    print_table(("name", "version", "kind", "sequences", "here", "title"), rows, style)


@datasets.command()
@click.argument("name")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Draw it too: a PNG file.")
@mirror_option
@format_option
def show(name: str, output: Path | None, mirror: Path | None, style: str) -> None:
    """Show the manifest of a dataset, and draw its first sequence."""
    from algozoo.datasets import load_dataset

    dataset = load_dataset(name, mirror=mirror)
    if output:
        draw_sequence(dataset.sequence(0), output)
    manifest = dataset.manifest.model_dump(mode="json", exclude_none=True)
    print_table(("field", "value"), list(_flatten(manifest).items()), style)
    if output:
        click.echo(f"Drawn: {output}", err=True)


datasets.add_command(add)


@datasets.command("fetch")
@click.argument("name")
@mirror_option
def fetch_(name: str, mirror: Path | None) -> None:
    """Download the files of a dataset, unless they are here already."""
    from algozoo.datasets import fetch, load_dataset

    dataset = load_dataset(name)
    paths = fetch(dataset.manifest, mirror=mirror, folder=dataset.folder)
    for role, path in paths.items():
        click.echo(f"{role}: {path}")
    if not paths:
        click.echo(f"{name} is simulated: nothing to fetch")


@datasets.command()
@click.argument("name")
@mirror_option
def check(name: str, mirror: Path | None) -> None:
    """Make or load the first sequence of a dataset and hold it against its manifest."""
    from algozoo.datasets import load_dataset

    dataset = load_dataset(name, mirror=mirror)
    first = dataset.sequence(0)
    click.echo(f"{name}: {dataset.n_sequences} sequence(s), files and checksums are good; the first is\n{first!r}")


def _flatten(values: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Turn nested tables into dotted names."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = str(value).strip()
    return flat
