"""``algozoo export-trials``: trials as neutral files, for detectors that run elsewhere."""

from pathlib import Path

import click

from algozoo.cli import options
from algozoo.errors import InputError


@click.command("export-trials", epilog=options.example("export-trials trials-for-me --suite hidden.toml"))
@click.argument("folder", type=click.Path(path_type=Path))
@options.suite
@options.datasets
@click.option("--truth", type=options.FILE, help="File that keeps what the trials are; FOLDER.truth by default.")
@options.mirror
def export_trials(folder: Path, suite: str, datasets: tuple[str, ...], truth: Path | None, mirror: Path | None) -> None:
    """Write the trials of a suite to FOLDER as FITS files of random names, without truth.

    What they are is kept in a file of its own, and a commitment to it is printed, to be published.
    """
    from algozoo.benchmark.suite import load_suite
    from algozoo.cli.progress import Terminal
    from algozoo.submissions.export import export_trials as write_trials
    from algozoo.submissions.sealed import MAPS, TRIALS

    definition = load_suite(suite)
    if unknown := set(datasets) - {entry.name for entry in definition.datasets}:
        known = ", ".join(entry.name for entry in definition.datasets)
        raise InputError(f"suite {suite} has no dataset {', '.join(sorted(unknown))}; it has {known}")
    if datasets:
        chosen = tuple(entry for entry in definition.datasets if entry.name in datasets)
        definition = definition.model_copy(update={"datasets": chosen})
    secret = truth or folder.with_name(f"{folder.name}.truth")
    sealed = write_trials(definition, folder, secret, mirror=mirror, report=Terminal())
    n = len(sealed.trials) + len(sealed.controls)
    click.echo(f"{n} sequences in {folder / TRIALS}; their maps belong into {folder / MAPS}")
    click.echo(f"{definition.name} {definition.version} {sealed.commitment}")
    click.echo(f"Publish that line. Keep {secret} secret until the maps are back.", err=True)
