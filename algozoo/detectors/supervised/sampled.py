"""What detectors share that learn from labelled samples: the parameters of the samples, and drawing them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import pairwise
from time import perf_counter
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from algozoo.detectors.parameters import Count, Positive, Seed
from algozoo.detectors.spectral import subtract_spectral_median
from algozoo.detectors.supervised.brightness import FluxFit
from algozoo.detectors.supervised.learner import Learner
from algozoo.detectors.supervised.progress import Progress, Report
from algozoo.detectors.supervised.residuals import Normalisation, annular_residuals, patch_size
from algozoo.detectors.supervised.samples import draw_samples
from algozoo.errors import AlgoZooError, InputError
from algozoo.sequence import ADISequence

SMALLEST_PATCH = 5
"""Pixels: below, nothing is left after two poolings, and a patch holds no companion."""


def _rising(numbers: tuple[float, ...]) -> tuple[float, ...]:
    if not all(a < b for a, b in pairwise(numbers)):
        raise ValueError
    return numbers


def _in_order(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError
    return pair


ListedLevels = Annotated[tuple[Count, ...], AfterValidator(_rising), "rising"]


@dataclass(frozen=True, kw_only=True)
class Sampled(Learner):
    """A detector that learns from labelled samples: these depend on the parameters declared here, and on no others.

    Parameters
    ----------
    n_levels : int or tuple of int
        Levels of approximation, evenly between the numbers of components that explain 50 % and 99 % of the variance; or
        the numbers of components themselves, rising.
    patch_width : float
        Side of the samples in FWHM, rounded up to an odd number of pixels.
    n_samples : int
        Samples of each class, in each annulus of one FWHM.
    snr : tuple of 2 floats
        Companions in training samples are that bright, evenly in the logarithm: S/N with the best number of components.
        The authors train between 1 and 3; scaled to the noise, brighter companions then look like nothing that was
        learnt.
    normalisation : {'noise', 'slice', 'sample'}
        What samples are scaled to: 'noise' to the scatter of their annulus at each level, which shows the classifier
        the S/N against the number of components, an idea of NA-SODINN (Cantero et al. 2023, A&A 680, A86); 'slice' each
        level to the range from 0 to 1, as the authors of SODINN; 'sample' all levels together.
    seed : int
        Of all random choices in training.
    """

    n_levels: Count | Annotated[ListedLevels, Field(min_length=1)] = 20
    patch_width: Annotated[float, Field(ge=1, le=5)] = 2.0
    n_samples: Annotated[int, Field(ge=20)] = 1000
    snr: Annotated[tuple[Positive, Positive], AfterValidator(_in_order), "in order"] = (1.0, 100.0)
    normalisation: Normalisation = "noise"
    seed: Seed = 0

    memory_parameters: ClassVar[tuple[str, ...]] = ("n_samples",)
    """What to lower where memory does not suffice."""

    @property
    def sampling(self) -> dict[str, Any]:
        """The parameters declared here."""
        return {field.name: getattr(self, field.name) for field in fields(Sampled)}

    def draw(
        self, sequence: ADISequence, *, usable: NDArray[np.bool_] | None = None, report: Report | None = None
    ) -> dict[str, NDArray[Any]]:
        """Draw what the detector learns from; other detectors with the same parameters of samples draw the same.

        Parameters
        ----------
        sequence : ADISequence
            Without companions.
        usable : array of bool (n, n), optional
            Where in the derotated field samples may be centred: not near known companions.
        report : callable, optional
            Gets the `Progress`.

        Returns
        -------
        dict
            By names the columns of `Samples`, the FWHM of the sequence in pixels, and the injections from which the
            contrasts come.

        Raises
        ------
        InputError
            If a parameter makes no sense, or no place is left for samples.
        Declined
            If the sequence has too few frames for the levels.
        AlgoZooError
            If memory does not suffice.
        """
        self.check_parameters()
        sequence = one_channel(sequence)
        patch = patch_size(sequence.fwhm, self.patch_width)
        if patch < SMALLEST_PATCH:
            raise InputError(
                f"{self.name}: patches of {self.patch_width:g} FWHM ({sequence.fwhm:.2f} px) have {patch} px, expected "
                f"at least {SMALLEST_PATCH}: raise patch_width"
            )
        if usable is not None and usable.shape != (sequence.size, sequence.size):
            raise InputError(
                f"{self.name}: usable has shape {usable.shape}, expected that of a frame, "
                f"{(sequence.size, sequence.size)}"
            )
        residuals, started = annular_residuals(sequence, self.n_levels, patch), perf_counter()

        def sampled(number: int) -> None:
            left = (perf_counter() - started) / number * (len(residuals) - number)
            if report:
                report(Progress("annuli sampled", number, len(residuals), seconds_left=left))

        with self.memory_errors(len(residuals), patch):
            samples, fits = draw_samples(
                residuals,
                self.n_samples,
                np.random.default_rng(self.seed),
                snr=self.snr,
                normalisation=self.normalisation,
                usable=usable,
                report=sampled,
            )
        return vars(samples) | {"fwhm": np.array(sequence.fwhm)} | _flux_arrays(fits)

    @contextmanager
    def memory_errors(self, n_annuli: int, patch: int) -> Iterator[None]:
        """Say what to lower where memory does not suffice."""
        try:
            yield
        except MemoryError as error:
            n = 2 * self.n_samples * n_annuli
            what = " or ".join(f"{name} from {getattr(self, name)}" for name in self.memory_parameters)
            raise AlgoZooError(
                f"{self.name}: out of memory while training on {n} samples of {self._count} levels and {patch} x "
                f"{patch} px, {n * self._count * patch**2 * 4 / 1e9:.2g} GB and several times that while learning: "
                f"lower {what}. The last checkpoint, if there is one, is kept"
            ) from error

    @property
    def _count(self) -> int:
        """Number of levels."""
        return self.n_levels if isinstance(self.n_levels, int) else len(self.n_levels)


def one_channel(sequence: ADISequence) -> ADISequence:
    """Return a sequence with a 3-D cube, of several channels their differences combined."""
    return sequence if sequence.cube.ndim == 3 else subtract_spectral_median(sequence)


def _flux_arrays(fits: list[FluxFit]) -> dict[str, NDArray[Any]]:
    return {
        "flux_annuli": np.array([fit.annulus for fit in fits]),
        "flux_components": np.array([fit.components for fit in fits]),
        "flux_slope": np.array([fit.slope for fit in fits]),
        "flux_contrasts": np.array([fit.contrasts for fit in fits]),
        "flux_snr": np.array([fit.snr for fit in fits]),
    }
