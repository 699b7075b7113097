"""``algozoo import-maps``: score maps that were made elsewhere."""

from pathlib import Path
from typing import Any

import click

from algozoo.cli import options


@click.command(
    "import-maps",
    epilog=options.example(
        'import-maps trials-for-me --name my-algo --title "My algorithm" --paper "in preparation" --kind snr'
    ),
)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", required=True, help="Name of the detector: lower-case letters, digits and hyphens.")
@click.option("--title", required=True, help="Title of the detector, as on the board.")
@click.option("--paper", "reference", required=True, help="Reference of the algorithm: a paper, a DOI or an address.")
@click.option("--kind", type=click.Choice(options.KINDS), required=True, help="Kind of the numbers in the maps.")
@click.option("--truth", type=options.FILE, help="File that keeps what the trials are; FOLDER.truth by default.")
@options.mirror
@options.store
@options.site
def import_maps(folder: Path, truth: Path | None, mirror: Path | None, store: Path, site: Path, **row: Any) -> None:
    """Score the maps in FOLDER/maps, made of the trials in FOLDER, as a row that says "maps only"."""
    from algozoo.benchmark.runner import write_preview
    from algozoo.benchmark.shard import run_shard
    from algozoo.benchmark.store import Store
    from algozoo.cli.progress import Terminal
    from algozoo.datasets import load_dataset
    from algozoo.leaderboard import build_site
    from algozoo.submissions.returned import maps_only, read_maps, refuse_replacing
    from algozoo.submissions.sealed import read_truth, shards_of

    known = read_truth(truth or folder.with_name(f"{folder.name}.truth"), folder, mirror)
    maps = read_maps(folder, known, mirror)
    detector = maps_only(maps, known, **row)
    refuse_replacing(detector, known.suite, Store(store))
    shards = shards_of(known, detector.name, mirror)
    with Terminal().steps(len(shards)) as done:
        for shard in shards:
            n_maps = run_shard(shard, store, detector=detector).n_trials
            done(f"{shard.dataset.name}/{shard.sequence}: {n_maps} maps scored")
    for entry in known.suite.datasets:
        write_preview(load_dataset(entry.name, mirror=mirror), Store(store))
    click.echo(f"{len(known.trials)} maps scored as {detector.label}; results in {store}")
    click.echo(f"Leaderboard: {build_site(Store(store), known.suite.name, known.suite.version, site)}")
