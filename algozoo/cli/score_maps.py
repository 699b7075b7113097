"""``algozoo score-maps``: score an entry of the first data challenge."""

from pathlib import Path

import click

from algozoo.cli import options


@click.command("score-maps")
@click.argument("entry", type=options.FILE)
@click.option("--truth", type=options.FILE, required=True, help="TOML: the sets, and the companions in each.")
@click.option("--by-set", "sets", is_flag=True, help="Print the counts of each set instead.")
@options.style
def score_maps(entry: Path, truth: Path, sets: bool, style: str) -> None:  # noqa: FBT001 - a flag of the command line
    """Score the detection maps in ENTRY, a zip as in the first data challenge, against the truth.

    Prints the challenge's own numbers, with and without their defects, and ours with 95 % intervals. The challenge's
    are for comparison, never for rank.
    """
    from algozoo.challenge import BlobRule, ChallengeMap, by_set, summary
    from algozoo.challenge.entry import read_map_entry
    from algozoo.challenge.truth import read_map_truth

    known = read_map_truth(truth)
    given = read_map_entry(entry, known)
    maps = [
        ChallengeMap(
            name=one.name,
            scores=given.maps[one.name],
            x=one.x,
            y=one.y,
            fwhm=one.fwhm,
            valid=one.valid,
            rule=BlobRule(
                fwhm=given.fwhm.get(one.name, one.fwhm),
                npix=given.npix,
                overlap=given.overlap,
                max_blob_factor=given.max_blob_factor,
            ),
        )
        for one in known.sets
    ]
    table = by_set(maps, given.threshold) if sets else summary(maps, given.threshold)
    options.print_numbers(table, style)
    click.echo("Numbers of the challenge's counters are for comparison, never for rank.", err=True)
