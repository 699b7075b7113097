"""What the sender of trials knows and the receiver must not: which file is which trial, behind a commitment."""

import hashlib
from pathlib import Path
from typing import Literal

from algozoo.benchmark.plan import Shard, trials_digest
from algozoo.benchmark.seal import Sealed, read_secret
from algozoo.benchmark.suite import Suite, SuiteDetector
from algozoo.errors import InputError
from algozoo.files import read_text, write_text_whole
from algozoo.sequence import ADISequence
from algozoo.toml import Sha256, Table

COMMITMENT, TRIALS, MAPS = "commitment.txt", "trials", "maps"
"""Names in the folder of exported trials."""


class SealedFile(Table):
    """Of which dataset a file is."""

    id: str
    dataset: str


class SealedTrial(SealedFile):
    """A trial, which its content names; see `content_digest`."""

    content: Sha256


class Control(SealedFile):
    """A file with a companion that nobody can miss, at x and y (px): it shows how returned maps are turned."""

    x: float
    y: float


class Truth(Sealed):
    """What is kept secret until the maps are back.

    Parameters
    ----------
    suite, salt
        See `algozoo.benchmark.seal.Sealed`.
    digests : dict
        Digest of all that makes the trials of each dataset; see `algozoo.benchmark.plan.trials_digest`.
    trials : tuple of SealedTrial
    controls : tuple of Control
    """

    format: Literal[2] = 2
    digests: dict[str, str]
    trials: tuple[SealedTrial, ...]
    controls: tuple[Control, ...]

    @property
    def files(self) -> tuple[SealedFile, ...]:
        """Everything that was exported."""
        return *self.trials, *self.controls

    def write(self, path: Path) -> None:
        """Write it to a file; see `read_truth`."""
        write_text_whole(path, self.model_dump_json(indent=1))


def content_digest(sequence: ADISequence) -> str:
    """Sha256 of the frames and angles of a sequence, which no two trials have in common."""
    return hashlib.sha256(sequence.cube.tobytes() + sequence.parallactic_angles.tobytes()).hexdigest()


def digests_of(suite: Suite, mirror: Path | None) -> dict[str, str]:
    """Return the digest of the trials of each dataset of a suite."""
    return {entry.name: trials_digest(Shard(suite, entry, 0, suite.detectors[0], mirror)) for entry in suite.datasets}


def shards_of(truth: Truth, name: str, mirror: Path | None) -> list[Shard]:
    """List the sequences of the exported trials as the work of one detector, which need not be registered."""
    suite = truth.suite.model_copy(update={"detectors": (SuiteDetector(name=name),)})
    return [
        Shard(suite, entry, index, suite.detectors[0], mirror)
        for entry in suite.datasets
        for index in range(entry.sequences or suite.load(entry, mirror).n_sequences)
    ]


def read_truth(path: Path, folder: Path, mirror: Path | None) -> Truth:
    """Read the truth of a folder of exported trials.

    Raises
    ------
    InputError
        If it cannot be read, is not that of this folder, or this AlgoZoo makes other trials.
    """
    truth, published = read_secret(path, Truth, "algozoo export-trials"), folder / COMMITMENT
    committed = read_text(published).strip()
    if truth.commitment != committed:
        raise InputError(
            f"{path}: is not the truth of the trials in {folder}: its commitment is {truth.commitment}, published was "
            f"{committed}; name the right one with --truth"
        )
    if changed := truth.digests.items() - digests_of(truth.suite, mirror).items():
        raise InputError(
            f"{path}: the trials of {', '.join(sorted(name for name, _ in changed))} were made by another version of "
            "AlgoZoo or of the dataset; score the maps with the version that exported them, or export the trials again"
        )
    return truth
