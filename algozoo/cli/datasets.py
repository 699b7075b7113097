"""``algozoo datasets``: list, show, fetch and check them."""

from pathlib import Path

import click

from algozoo.cli import options
from algozoo.cli.add import add


class _ShowByName(click.Group):
    """A group in which a word that is no command is the name of a dataset to show."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        completed = not args and ctx.resilient_parsing
        if not completed and (not args or args[0] not in {*self.commands, "-h", "--help"}):
            args = ["list" if not args or args[0].startswith("-") else "show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ShowByName)
def datasets() -> None:
    """List the datasets; `algozoo datasets NAME` shows one."""


@datasets.command("list", epilog=options.example("datasets list"))
@options.mirror
@options.style
def list_(mirror: Path | None, style: str) -> None:
    """List all datasets."""
    from algozoo.datasets import dataset_names, is_available, load_dataset

    known = [load_dataset(name) for name in dataset_names()]
    here = ["yes" if is_available(dataset.manifest, mirror=mirror) else "no" for dataset in known]
    rows = [
        (d.name, d.version, d.manifest.kind, d.n_sequences, is_here, d.manifest.title)
        for d, is_here in zip(known, here, strict=True)
    ]
    options.print_table(("name", "version", "kind", "sequences", "here", "title"), rows, style)


@datasets.command(epilog=options.example("datasets show naco-lp -o naco-lp.png"))
@click.argument("name")
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="PNG file that the first sequence is drawn into.",
)
@options.mirror
@options.style
def show(name: str, output: Path | None, mirror: Path | None, style: str) -> None:
    """Show the manifest of a dataset, and draw its first sequence."""
    import pandas as pd

    from algozoo.datasets import is_available, load_dataset
    from algozoo.plots.sequences import draw_sequence, sketch

    dataset = load_dataset(name, mirror=mirror)
    (fields,) = pd.json_normalize(dataset.manifest.model_dump(mode="json", exclude_none=True)).to_dict("records")
    if output:
        draw_sequence(dataset.sequence(0), output)
    options.print_table(("field", "value"), [(name, str(value).strip()) for name, value in fields.items()], style)
    if style == "table" and is_available(dataset.manifest, mirror=mirror, folder=dataset.folder):
        click.echo(f"\nThe median of the first sequence:\n{sketch(dataset.sequence(0))}")
    if output:
        click.echo(f"Drawn: {output}", err=True)


datasets.add_command(add)


@datasets.command("fetch", epilog=options.example("datasets fetch betapic"))
@click.argument("name")
@options.workers
@options.mirror
def fetch_(name: str, workers: int, mirror: Path | None) -> None:
    """Download the files of a dataset, or simulate its sequences, unless they are here already."""
    from algozoo.benchmark.pool import pool
    from algozoo.benchmark.runner import Made, make
    from algozoo.cli.progress import Terminal
    from algozoo.datasets import fetch, load_dataset

    dataset = load_dataset(name)
    for role, path in fetch(dataset.manifest, mirror=mirror, folder=dataset.folder).items():
        click.echo(f"{role}: {path}")
    sequences = [Made(dataset, index) for index in range(dataset.n_sequences) if not dataset.is_here(index)]
    if sequences:
        with pool(workers) as run_all:
            list(Terminal().track(make(sequences, run_all), len(sequences)))
    click.echo(f"{name}: {dataset.n_sequences} sequence(s), all here")


@datasets.command(epilog=options.example("datasets calibrate night/my-night.toml"))
@click.argument("name")
@options.injections(40, "Number of companions that are injected into each annulus.")
@options.workers
@options.mirror
def calibrate(name: str, injections: int, workers: int, mirror: Path | None) -> None:
    """Find how bright companions should be in each annulus, and write it into the manifest.

    From the contrast at which full-frame PCA finds 5 % of the companions, at one false positive per map, to that at
    which it finds 95 %.
    """
    from algozoo.benchmark.calibrate import Calibrator
    from algozoo.benchmark.pool import pool
    from algozoo.cli.progress import Terminal
    from algozoo.datasets import load_dataset, manifest_path

    dataset = load_dataset(name, mirror=mirror, without_calibration=True)
    calibrator = Calibrator(dataset, injections)
    with pool(workers) as run_all:
        list(Terminal().track(calibrator.run(run_all), calibrator.n_steps))
    calibrator.write(manifest_path(name))
    for annulus, (low, high) in zip(dataset.manifest.annuli, calibrator.contrasts, strict=True):
        click.echo(f"{annulus.inner:g} to {annulus.outer:g} FWHM: contrast {low:g} to {high:g}")
    click.echo(f"Written: {manifest_path(name)}")


@datasets.command(epilog=options.example("datasets check naco-lp"))
@click.argument("name")
@options.mirror
def check(name: str, mirror: Path | None) -> None:
    """Make or load the first sequence of a dataset and compare it with its manifest."""
    from algozoo.datasets import load_dataset

    dataset = load_dataset(name, mirror=mirror)
    first = dataset.check()
    good = "files and checksums are good" if dataset.manifest.kind == "real" else "statistics are as pinned"
    click.echo(f"{name}: {dataset.n_sequences} sequence(s), {good}; the first is\n{first!r}")
