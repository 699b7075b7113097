"""The night that a command works on: an astronomer's own files, or a dataset by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from algozoo.cli.progress import Terminal
from algozoo.errors import InputError
from algozoo.text import in_line

if TYPE_CHECKING:
    from pathlib import Path

    from algozoo.companions import Companion
    from algozoo.datasets import Dataset
    from algozoo.sequence import ADISequence

REQUIRED = ("cube", "angles", "psf", "pixel_scale")


class OpenedNight(NamedTuple):
    """A sequence with its known companions, and the dataset if it is of one."""

    sequence: ADISequence
    companions: list[Companion]
    dataset: Dataset | None


def open_night(
    dataset: str | None, mirror: Path | None, files: dict[str, Any], companions: tuple[str, ...] = ()
) -> OpenedNight:
    """Read a dataset's first sequence, or files, and report what they show.

    Parameters
    ----------
    dataset : str or None
        A name or the path of a manifest; None for files.
    mirror : path or None
        Folder with the files of datasets.
    files : dict
        Arguments of `algozoo.read`, None where nothing is given.
    companions : tuple of str
        Known ones, as `--companion` has them.

    Raises
    ------
    InputError
        If something is missing, or both are given.
    """
    from algozoo.cli.options import read_companion
    from algozoo.datasets import load_dataset, read
    from algozoo.datasets.front import report_sequence

    say = Terminal().say
    if dataset is None:
        missing = [f"--{part.replace('_', '-')}" for part in REQUIRED if files[part] is None]
        if missing:
            raise InputError(f"name a dataset (see `algozoo datasets`), or give {', '.join(missing)}")
        sequence = read(**files, name=in_line(files["cube"].stem), report=Terminal())
        return OpenedNight(sequence, [read_companion(text, sequence) for text in companions], None)
    if companions or any(value is not None for value in files.values()):
        raise InputError(
            f"{dataset} is a dataset, whose manifest describes its files: leave out the options for your own"
        )
    chosen = load_dataset(dataset, mirror=mirror)
    sequence = chosen.sequence(0)
    for line in report_sequence(sequence):
        say(line)
    return OpenedNight(sequence, chosen.companions(sequence), chosen)


dataset = click.argument("dataset", required=False)
