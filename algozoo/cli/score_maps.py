"""``algozoo score-maps``: score an entry of the first data challenge."""

from pathlib import Path

import click

from algozoo.cli import options


@click.command("score-maps", epilog=options.example("score-maps entry.zip --truth truth.toml"))
@click.argument("entry", type=options.FILE)
@click.option("--truth", type=options.FILE, required=True, help="TOML file of the sets, and the companions in each.")
@click.option("--by-set", "sets", is_flag=True, help="Print the counts of each set in place of the sums.")
@options.style
def score_maps(entry: Path, truth: Path, sets: bool, style: str) -> None:  # noqa: FBT001 - a flag of the command line
    """Score the detection maps in ENTRY, a zip as in the first data challenge, against the truth.

    Prints the challenge's own numbers, with and without their defects, and ours with 95 % intervals. The challenge's
    are for comparison, never for rank.
    """
    from algozoo.challenge.entry import read_map_entry
    from algozoo.challenge.summary import by_set, summary
    from algozoo.challenge.truth import MapTruth
    from algozoo.toml import read_toml

    given = read_map_entry(entry, read_toml(truth, MapTruth))
    count = by_set if sets else summary
    options.print_numbers(count(given.maps, given.threshold), style)
    click.echo("Numbers of the challenge's counters are for comparison, never for rank.", err=True)
