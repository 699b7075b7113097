"""``algozoo compare``: which detector finds more companions in an astronomer's own files."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from algozoo.cli import nights, options, writing


@click.command(epilog=options.example("compare betapic -d pca -d loci -o out"))
@nights.dataset
@options.files
@options.wavelengths
@options.flux
@options.companions
@options.detectors("Name of a detector; repeat the option for more, see `algozoo detectors`.", required=True)
@options.no_sandbox
@options.injections(60, "Number of companions that are injected, one at a time.")
@options.seed
@options.mirror
@writing.output
@writing.as_csv
@options.style
def compare(
    dataset: str | None,
    companions: tuple[str, ...],
    detectors: tuple[str, ...],
    injections: int,
    seed: int,
    mirror: Path | None,
    output: Path,
    *,
    as_csv: bool,
    style: str,
    **files: Any,
) -> None:
    """Inject companions into FITS files, or into DATASET, and count what each detector finds, and its false positives.

    Writes scores.ecsv, which is printed, curves.ecsv, outcomes.parquet and curves.png. The contrasts of the companions
    are calibrated first, which takes minutes, and kept for the next time.
    """
    import matplotlib as mpl

    from algozoo.benchmark.compare import compare as compare_detectors
    from algozoo.cli.progress import Terminal
    from algozoo.products import with_units

    mpl.use("Agg")  # the figure goes to a file
    night, report = nights.open_night(dataset, mirror, files, companions), Terminal()
    report.say(repr(night.sequence))
    comparison = compare_detectors(
        night.sequence, detectors, injections=injections, companions=night.companions, seed=seed, report=report
    )
    table = comparison.table()
    options.print_numbers(table, style)
    for notice in comparison.notices:
        report.say(f"Notice: {notice}")
    facts = {"sequence": repr(night.sequence), "command": writing.command_line(), "notes": list(comparison.notices)}
    frames = {"scores": table, "curves": comparison.curves()}
    tables = {name: with_units(frame, **facts) for name, frame in frames.items()}
    written: dict[str, Any] = {
        **writing.table_writers(tables, as_csv=as_csv),
        "outcomes.parquet": partial(comparison.outcomes.to_parquet, index=False),
        "curves.png": writing.figure_writer(comparison.plot()),
    }
    writing.write_files(output, written)
