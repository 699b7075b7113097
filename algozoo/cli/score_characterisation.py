"""``algozoo score-characterisation``: score an entry of the second data challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from algozoo.cli import options
from algozoo.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


MUCH_BETTER = 10
"""Times nearer that positions must lie with x and y swapped before a swap is suspected."""


@click.command(
    "score-characterisation",
    epilog=options.example("score-characterisation --astrometry astrometry.zip --truth truth.toml"),
)
@click.option(
    "--astrometry", type=options.FILE, help="Zip file of astrometry_SET.fits: offsets from the star, x and y in pixels."
)
@click.option("--photometry", type=options.FILE, help="Zip file of photometry_SET.fits: contrast in each channel.")
@click.option("--truth", type=options.FILE, required=True, help="TOML file of the sets, and the companions in each.")
@options.style
def score_characterisation(astrometry: Path | None, photometry: Path | None, truth: Path, style: str) -> None:
    """Score positions and spectra, zips as in the second data challenge, against the truth.

    Prints the error of each companion, of each set, and of all with both weightings: each set alike, as in the
    challenge, or each companion alike. `error` is of the companions that were found; `challenge_error` takes -1, "not
    found", for a number, as the challenge did, and is never for rank.
    """
    import pandas as pd

    from algozoo.challenge import characterisation as challenge
    from algozoo.challenge.entry import read_spectrum_entry
    from algozoo.challenge.truth import SpectrumTruth
    from algozoo.toml import read_toml

    if not (astrometry or photometry):
        raise InputError("nothing to score: give --astrometry FILE, --photometry FILE, or both")
    known = read_toml(truth, SpectrumTruth)
    tables = []
    if astrometry:
        offsets = {one.name: one.offsets for one in known.sets}
        estimates = read_spectrum_entry(astrometry, known, "astrometry")
        companions = challenge.astrometry(estimates, offsets)
        _suspect_swap(companions, estimates, offsets)
        tables.append(challenge.report(companions).assign(unit="px"))
    if photometry:
        contrasts = {one.name: one.contrasts for one in known.sets}
        companions = challenge.photometry(read_spectrum_entry(photometry, known, "photometry"), contrasts)
        tables.append(challenge.report(companions).assign(unit="relative"))
    options.print_numbers(pd.concat(tables, ignore_index=True), style)
    click.echo("challenge_error is for comparison, never for rank.", err=True)


def _suspect_swap(
    companions: pd.DataFrame, estimates: Mapping[str, NDArray[np.float64]], truth: Mapping[str, NDArray[np.float64]]
) -> None:
    from algozoo.challenge import characterisation as challenge

    swapped = challenge.astrometry({name: values[:, ::-1] for name, values in estimates.items()}, truth)
    if swapped["error"].mean() * MUCH_BETTER < companions["error"].mean():
        click.echo(
            f"Notice: with x and y swapped the mean distance would be {swapped['error'].mean():.2g} px; x comes first",
            err=True,
        )
