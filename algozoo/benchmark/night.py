"""A night in memory as a dataset of its own: its manifest, and contrasts that are calibrated once and kept."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from algozoo import __version__
from algozoo.benchmark.calibrate import BRIGHTEST, DETECTED, Calibrator
from algozoo.benchmark.trials import TRIALS_VERSION
from algozoo.companions import Companion
from algozoo.datasets import Dataset
from algozoo.datasets.adding.folders import PARTS
from algozoo.datasets.adding.own import inner_edge, new_manifest
from algozoo.datasets.cache import cache_folder
from algozoo.detectors.pca import PCA
from algozoo.errors import AlgoZooError
from algozoo.files import write_text_whole
from algozoo.reporter import Reporter
from algozoo.sequence import ADISequence

N_COMPANIONS = 20
"""Companions of each annulus whose contrasts are calibrated."""
TEXTS = ("title", "description", "instrument", "licence", "source", "citation")


@dataclass(frozen=True, kw_only=True)
class Night(Dataset):
    """A dataset whose one sequence is given.

    Parameters
    ----------
    given : ADISequence
    known : tuple of Companion
        Companions that are really there.
    """

    given: ADISequence
    known: tuple[Companion, ...]

    @classmethod
    def of(cls, sequence: ADISequence, companions: list[Companion]) -> "Night":
        """Describe a sequence as `algozoo datasets add` does; its files are named by what they hold.

        Raises
        ------
        InputError
            If the frames are too small.
        """
        arrays = sequence.cube, sequence.parallactic_angles, sequence.psf, sequence.wavelengths, sequence.reference
        manifest = new_manifest(
            sequence.name,
            sequence.size,
            sequence.fwhm,
            inner_edge(sequence),
            **dict.fromkeys(TEXTS, "a night in memory"),
            name="night",
            pixel_scale=float(sequence.pixel_scale),
            angle_offset=0.0,
            crop={"x": 0, "y": 0},
            files={
                part: {"sha256": hashlib.sha256(array.tobytes()).hexdigest(), "path": part}
                for part, array in zip(PARTS, arrays, strict=True)
                if array is not None
            },
        )
        return cls(manifest=manifest, given=sequence, known=tuple(companions))

    def sequence(self, index: int) -> ADISequence:  # noqa: ARG002 - there is one
        """Return the sequence."""
        return self.given

    def companions(self, sequence: ADISequence) -> list[Companion]:  # noqa: ARG002 - of the one sequence
        """Return the known companions."""
        return list(self.known)

    def calibrated(self, report: Reporter) -> tuple["Night", list[str]]:
        """Return the night with the contrasts of its annuli, from the cache if they are there.

        Parameters
        ----------
        report : Reporter

        Returns
        -------
        night : Night
            Only with the annuli in which bright companions are found.
        notices : list of str
            Which annuli are left out, and why.

        Raises
        ------
        AlgoZooError
            If no annulus is left, or the baseline declines the night.
        """
        path = self._calibration()
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            ranges, notices = found["contrasts"], found["notices"]
        except (OSError, ValueError, KeyError):
            ranges, notices = self._calibrate(report)
            write_text_whole(path, json.dumps({"contrasts": ranges, "notices": notices}))
        annuli = [
            annulus.model_copy(update={"contrast": tuple(contrast)})
            for annulus, contrast in zip(self.manifest.annuli, ranges, strict=True)
            if contrast
        ]
        if not annuli:
            raise AlgoZooError(
                f"{self.given.name}: no annulus is left ({'; '.join(notices)}): give star_flux in the unit of the cube "
                "and name the known companions"
            )
        return replace(self, manifest=self.manifest.model_copy(update={"annuli": tuple(annuli)})), notices

    def _calibrate(self, report: Reporter) -> tuple[list[tuple[float, float] | None], list[str]]:
        calibrator = Calibrator(self, N_COMPANIONS)
        report.say(f"contrasts are calibrated with pca: {N_COMPANIONS} companions in each annulus")
        for _ in report.track(calibrator.run(), calibrator.n_steps):
            pass
        ranges: list[tuple[float, float] | None] = []
        notices = []
        for number, annulus in enumerate(self.manifest.annuli):
            try:
                ranges.append(calibrator.contrast_range(number))
            except AlgoZooError:
                ranges.append(None)
                notices.append(
                    f"annulus {annulus.inner:g} to {annulus.outer:g} FWHM is left out: pca does not find "
                    f"{DETECTED[1]:.0%} of the companions there at any contrast up to {BRIGHTEST:g}"
                )
        return ranges, notices

    def _calibration(self) -> Path:
        """Path in the cache: the name is of all that the contrasts depend on."""
        numbers = self.manifest.model_dump(mode="json", include={"valid_field", "annuli", "files"})
        scale = [
            self.given.fwhm,
            np.ravel(self.given.star_flux).tolist(),
            [repr(companion) for companion in self.known],
        ]
        versions = [__version__, TRIALS_VERSION, PCA.version]
        key = hashlib.sha256(json.dumps([versions, N_COMPANIONS, numbers, scale]).encode()).hexdigest()
        return cache_folder("calibrated") / f"{key[:32]}.json"
