"""Datasets: numbered ADI sequences with a known truth."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from algozoo.arguments import checked, integer
from algozoo.companions import Companion, remove
from algozoo.datasets.annuli import Statistics, compare, measure
from algozoo.datasets.centring import place
from algozoo.datasets.download import fetch
from algozoo.datasets.ensemble import forget, is_made, simulated_sequence
from algozoo.datasets.manifest import RealManifest, SimulatedManifest
from algozoo.datasets.nulls import flip_refusal
from algozoo.datasets.readers import read_files, sequence_of
from algozoo.errors import InputError
from algozoo.sequence import HEADER, ADISequence

EXCLUSION_RADIUS = 1.5
"""FWHM around a known companion where maps are not scored, even after its removal."""

HOW_READ = {"angle_unit", "angle_column", "axes"}
WHAT_IS_STATED = {"name", "pixel_scale", "angle_offset", "star_flux", "star_flux_aperture"}
"""Fields of a real manifest that `read_files` and `sequence_of` take by the same names."""


@dataclass(frozen=True)
class Dataset:
    """A dataset; its files are fetched when a sequence is asked for.

    Parameters
    ----------
    manifest : RealManifest or SimulatedManifest
    mirror : path, optional
        Folder with the files of real datasets; see `algozoo.datasets.fetch`.
    folder : path, optional
        Folder of the manifest, beside which its files may lie.
    seed : int, optional
        Of a suite, which draws simulated sequences of its own; without it they are those that everybody has.
    """

    manifest: RealManifest | SimulatedManifest
    mirror: Path | None = None
    folder: Path | None = None
    seed: int | None = None

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return self.manifest.name

    @property
    def version(self) -> str:
        """Version of the dataset; another version has other data."""
        return self.manifest.version

    @property
    def n_sequences(self) -> int:
        """Number of sequences: one of a real dataset."""
        return self.manifest.n_sequences if isinstance(self.manifest, SimulatedManifest) else 1

    @property
    def is_drawn(self) -> bool:
        """Whether its sequences are those of a suite, which may have as many as it likes."""
        return self.seed is not None and isinstance(self.manifest, SimulatedManifest)

    def drawn(self, seed: int) -> Self:
        """Return the dataset with the nights of a suite, which its seed draws; a real night stays what it is."""
        return replace(self, seed=seed)

    @checked
    def sequence(self, index: int) -> ADISequence:
        """Return a sequence as delivered, known companions in it.

        Raises
        ------
        InputError
            If there is no such sequence, or the manifest does not fit its files.
        DatasetUnavailable
            If the files are neither here nor can be downloaded.
        AlgoZooError
            If a file is damaged or cannot be written.
        """
        if index not in range(sys.maxsize if self.is_drawn else self.n_sequences):
            raise InputError(
                f"{self.name}: there is no sequence {index!r}, expected 0 to {self.n_sequences - 1}, as in "
                f'load_dataset("{self.name}").sequence(0)'
            )
        if isinstance(self.manifest, RealManifest):
            return _read_real(self.manifest, fetch(self.manifest, mirror=self.mirror, folder=self.folder))
        return simulated_sequence(self.manifest, int(index), self.seed)

    def is_here(self, index: int) -> bool:
        """Tell whether a sequence needs no simulation: it is real, or in the cache."""
        return isinstance(self.manifest, RealManifest) or is_made(self.manifest, index, self.seed)

    def forget(self) -> None:
        """Remove from the cache the sequences that were drawn for a suite."""
        if self.seed is not None and isinstance(self.manifest, SimulatedManifest):
            forget(self.manifest, self.seed)

    def statistics(self) -> Statistics:
        """Measure the statistics of the first sequence in the annuli of the manifest."""
        return measure(self.sequence(0), self.manifest.annuli)

    def check(self) -> ADISequence:
        """Return the first sequence, held against the manifest; raises what `sequence` raises.

        Raises
        ------
        AlgoZooError
            If a simulated one differs from the statistics that the manifest pins.
        """
        if isinstance(self.manifest, SimulatedManifest) and self.manifest.statistics:
            compare(self.name, self.statistics(), self.manifest.statistics)
        return self.sequence(0)

    def null_sequence(self, index: int) -> ADISequence:
        """Return a sequence with its known companions subtracted; raises what `sequence` raises."""
        sequence = self.sequence(index)
        return remove(sequence, self.companions(sequence))

    @checked
    def development_sequence(self, index: int) -> ADISequence:
        """Return one of the sequences of an ensemble that no trial uses, for development and training.

        They come after those of the dataset; those of a suite, which may have any number, count down from -1.

        Raises
        ------
        InputError
            If the dataset is one night, which has no others.
        AlgoZooError
            If the cache cannot be written.
        """
        index = integer(index, 0, f"{self.name}: index", f'load_dataset("{self.name}").development_sequence(0)')
        if isinstance(self.manifest, RealManifest):
            raise InputError(f"{self.name} is one night: there is no other sequence of it to develop or train on")
        if self.seed is None:
            return simulated_sequence(self.manifest, self.n_sequences + index)
        return simulated_sequence(self.manifest, -1 - index, self.seed)

    def flip_refusal(self, sequence: ADISequence) -> str | None:
        """Tell why the flipped twin of a sequence of this dataset is no null, or None if it is one.

        See `algozoo.datasets.flip_refusal`, here for the inner edge of the valid field. Simulated sequences have no
        companion that could survive in the twin, which is a null of them in any case.
        """
        return flip_refusal(sequence, self.manifest.valid_field.inner) if self.manifest.kind == "real" else None

    def companions(self, sequence: ADISequence) -> list[Companion]:
        """Known companions, placed in the pixels of a sequence of this dataset."""
        known = self.manifest.companions if isinstance(self.manifest, RealManifest) else ()
        return [
            Companion.from_sky(sequence, **companion.model_dump(include={"separation", "position_angle", "contrast"}))
            for companion in known
        ]

    def valid_mask(self, sequence: ADISequence, *, flipped: bool = False) -> NDArray[np.bool_]:
        """Tell where companions may be injected and maps are scored.

        It is the annulus `valid_field` of the manifest without discs around known companions. What is left of one
        in the derotated frame of the flipped twin lies along an arc, which is left out as a whole.

        Parameters
        ----------
        sequence : ADISequence
            Of this dataset, not its flipped twin.
        flipped : bool
            For the maps of the flipped twin.

        Returns
        -------
        array (n, n)
        """
        field = self.manifest.valid_field
        return scored_field(sequence, self.companions(sequence), field.inner, field.outer, flipped=flipped)


def scored_field(
    sequence: ADISequence, companions: list[Companion], inner: float, outer: float, *, flipped: bool = False
) -> NDArray[np.bool_]:
    """Return the annulus from `inner` to `outer` FWHM without known companions; see `Dataset.valid_mask`."""
    y, x = np.mgrid[: sequence.size, : sequence.size]
    separation = np.hypot(x - sequence.centre, y - sequence.centre) / sequence.fwhm
    mask: NDArray[np.bool_] = (separation >= inner) & (separation <= outer)
    derotation = 2 * sequence.parallactic_angles if flipped else np.zeros(1)
    for companion in companions:
        for at_x, at_y in zip(*companion.track(sequence.centre, derotation), strict=True):
            mask &= np.hypot(x - at_x, y - at_y) > EXCLUSION_RADIUS * sequence.fwhm
    return mask


def n_resels(mask: NDArray[np.bool_], fwhm: float) -> float:
    """Return the area of a mask in resolution elements, discs of diameter `fwhm` (pixels)."""
    return float(mask.sum() / (np.pi * fwhm**2 / 4))


def _read_real(manifest: RealManifest, paths: dict[str, Path]) -> ADISequence:
    given: dict[str, Any] = {**paths, **manifest.model_dump(include=HOW_READ)}
    material = read_files(**given, crop=(manifest.crop.x, manifest.crop.y, manifest.crop.size))
    placement = place(material.cube.shape[-2:], manifest.centre or "as-is", None)
    sequence = sequence_of(material, placement, **manifest.model_dump(include=WHAT_IS_STATED))
    largest = sequence.centre / sequence.fwhm - 1
    if manifest.valid_field.outer > largest:
        raise InputError(
            f"{manifest.name}: valid_field.outer is {manifest.valid_field.outer:g} FWHM, expected at most "
            f"{largest:.2f}, one FWHM from the edge of the frames"
        )
    described = manifest.model_dump(include={"instrument", "source", "licence"})
    return replace(sequence, meta=described | {HEADER: material.header})
