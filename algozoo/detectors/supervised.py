"""What detectors share that learn from labelled samples: draw them, learn, and score every pixel of the field."""

import copy
from abc import abstractmethod
from dataclasses import dataclass, field
from itertools import pairwise
from time import perf_counter
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from algozoo.detectors.contract import DetectionMap, Detector
from algozoo.detectors.flux import FluxFit
from algozoo.detectors.labels import KINDS, Samples, draw_samples
from algozoo.detectors.levels import Levels
from algozoo.detectors.mlar import Normalisation, Residuals, annular_residuals, normalised, patch_size
from algozoo.detectors.progress import Arrays, Checkpoint, Progress, Report
from algozoo.detectors.spectral import subtract_spectral_median
from algozoo.errors import AlgoZooError, InputError
from algozoo.sequence import ADISequence

Training = Literal["auto", "flipped", "transfer", "oracle-empty"]

FWHM_TOLERANCE = 0.1
"""Relative difference between the FWHM of training and that of the sequence up to which a model is used."""

SMALLEST_PATCH = 5
"""Pixels: below, nothing is left after two poolings, and a patch holds no companion."""


@dataclass(frozen=True, kw_only=True)
class Supervised(Detector):
    """A detector that learns from labelled samples; how it learns and how it scores samples are its open steps.

    Without `fit`, `detect` learns from the flipped twin of the sequence first. Scores are log-odds: where classes are
    as frequent as in training, the probability of a companion is ``1 / (1 + exp(-score))``, and 0.9 of it, the
    threshold of the authors, is a score of 2.2.

    Parameters
    ----------
    train : {'auto', 'flipped', 'transfer', 'oracle-empty'}
        To what the platform fits the detector: the flipped twin of the test sequence; another sequence of the dataset,
        which no trial uses; or the empty test sequence itself, as the authors did, which is not ranked. 'auto' is
        'transfer' where there are more sequences than one, and else 'flipped'.
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

    train: Training = "auto"
    n_levels: Levels = 20
    patch_width: float = 2.0
    n_samples: int = 1000
    snr: tuple[float, float] = (1.0, 100.0)
    normalisation: Normalisation = "noise"
    seed: int = 0
    model: Arrays | None = field(default=None, init=False, repr=False, compare=False)

    sources: ClassVar[tuple[str, ...]] = (
        "algozoo.detectors.mlar",
        "algozoo.detectors.levels",
        "algozoo.detectors.labels",
        "algozoo.detectors.places",
        "algozoo.detectors.points",
        "algozoo.detectors.flux",
        "algozoo.detectors.progress",
        "algozoo.detectors.spectral",
        "algozoo.companions",
        "algozoo.imaging.annuli",
        "algozoo.imaging.apertures",
        "algozoo.imaging.rotate",
        "algozoo.imaging.scale",
        "algozoo.imaging.shift",
    )
    smallest_levels: ClassVar[int] = 1
    memory_parameters: ClassVar[tuple[str, ...]] = ("n_samples",)
    """What to lower where memory does not suffice."""

    @abstractmethod
    def learn(
        self, samples: Samples, report: Report | None = None, checkpoint: Checkpoint | None = None
    ) -> dict[str, NDArray[Any]]:
        """Learn from the samples of 'train', with those of 'validation' to stop; return the model."""

    @abstractmethod
    def log_odds(self, model: Arrays, patches: NDArray[np.float32]) -> NDArray[np.float64]:
        """Score samples (n, n_levels, patch, patch)."""

    @abstractmethod
    def shapes(self, n_levels: int, patch: int) -> dict[str, tuple[int | None, ...]]:
        """Names and shapes of the arrays of a model; None where any length will do."""

    def fit(
        self,
        sequence: ADISequence,
        *,
        usable: NDArray[np.bool_] | None = None,
        report: Report | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> Self:
        """Learn from a sequence without companions and return a fitted copy.

        Parameters
        ----------
        sequence : ADISequence
        usable : array of bool (n, n), optional
            Where in the derotated field training samples may be centred: not near known companions.
        report : callable, optional
            Is told the `Progress`.
        checkpoint : Checkpoint, optional
            Where an unfinished training is kept, and resumed.

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
        sequence = _one_channel(sequence)
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

        try:
            samples, fits = draw_samples(
                residuals,
                self.n_samples,
                np.random.default_rng(self.seed),
                snr=self.snr,
                normalisation=self.normalisation,
                usable=usable,
                report=sampled,
            )
            learnt = self.learn(samples, report, checkpoint)
            test = samples.of("test")
            auc = area_under_curve(test, self.log_odds(learnt, test.patches))
        except MemoryError as error:
            n = 2 * self.n_samples * len(residuals)
            what = " or ".join(f"{name} from {getattr(self, name)}" for name in self.memory_parameters)
            raise AlgoZooError(
                f"{self.name}: out of memory while training on {n} samples of {self._count} levels and {patch} x "
                f"{patch} px, {n * self._count * patch**2 * 4 / 1e9:.2g} GB and several times that while learning: "
                f"lower {what}. The last checkpoint, if there is one, is kept"
            ) from error
        if report:
            report(Progress(f"AUC of {len(test)} samples not seen in training: {auc:.3f}"))
        geometry = {
            "patch": np.array(patch),
            "levels": np.array(self._count),
            "fwhm": np.array(sequence.fwhm),
            "test_auc": np.array(auc),
            "made_for": np.array(self._made_for),
        }
        return self.with_state(learnt | geometry | _flux_arrays(fits))

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the fitted model as named arrays.

        Raises
        ------
        InputError
            If the detector is not fitted.
        """
        if self.model is None:
            raise InputError(f"{self.name} is not fitted: call fit first")
        return dict(self.model)

    def with_state(self, state: Arrays) -> Self:
        """Return a copy with a fitted model, as `state` gave it.

        Raises
        ------
        InputError
            If arrays are missing or have other shapes, or it was fitted with other levels, patches or another scale.
        """
        absent = [
            name for name in ("patch", "levels", "fwhm", "test_auc", "made_for") if np.shape(state.get(name, [])) != ()
        ]
        if absent:
            raise InputError(f"{self.name}: the model has no {', '.join(absent)}; it is no model of this detector")
        if str(state["made_for"]) != self._made_for:
            raise InputError(
                f"{self.name}: the model was made for {state['made_for']}, the detector has {self._made_for}: give it "
                "the same, or fit it anew"
            )
        for name, shape in self.shapes(int(state["levels"]), int(state["patch"])).items():
            found = np.shape(state[name]) if name in state else None
            if (
                found is None
                or len(found) != len(shape)
                or any(n not in {None, m} for n, m in zip(shape, found, strict=True))
            ):
                raise InputError(
                    f"{self.name}: array {name} of the model has shape {found}, expected "
                    f"{tuple('any' if n is None else n for n in shape)}; fit the detector anew"
                )
        fitted = copy.copy(self)
        object.__setattr__(fitted, "model", dict(state))
        return fitted

    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Score every pixel from one FWHM on, annulus by annulus as in training; the image is that of a middle level.

        Raises
        ------
        InputError
            If the model was fitted to a sequence of another FWHM.
        Declined
            If the sequence has too few frames for the levels.
        """
        if self.model is None:
            return self.fit(sequence.flipped()).detect(sequence)
        sequence, fitted_to = _one_channel(sequence), float(self.model["fwhm"])
        if abs(sequence.fwhm / fitted_to - 1) > FWHM_TOLERANCE:
            raise InputError(
                f"{self.name}: the model was fitted to a sequence of FWHM {fitted_to:.2f} px, and that of "
                f"{sequence.name} is {sequence.fwhm:.2f} px: fit it to a sequence of the same instrument"
            )
        scores, image = np.full(sequence.size**2, np.nan), np.zeros(sequence.size**2)
        for ring in annular_residuals(sequence, self.n_levels, int(self.model["patch"])):
            images = ring.image()
            scores[ring.pixels] = self.score_pixels(ring, images)
            image[ring.pixels] = images[self._count // 2].ravel()[ring.pixels]
        shape = sequence.size, sequence.size
        return DetectionMap(scores=scores.reshape(shape), kind="log_odds", image=image.reshape(shape))

    def score_pixels(self, ring: Residuals, images: NDArray[np.float64]) -> NDArray[np.float64]:
        """Score the pixels of an annulus, given its residuals."""
        return self.score_samples(ring, images, ring.pixels)

    def score_samples(
        self, ring: Residuals, images: NDArray[np.float64], pixels: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Score some pixels of an annulus."""
        patches = normalised(ring.patches(images, pixels), self.normalisation, ring.noise)
        return self.log_odds(self.state(), patches)

    @property
    def _count(self) -> int:
        """Number of levels."""
        return self.n_levels if isinstance(self.n_levels, int) else len(self.n_levels)

    @property
    def _made_for(self) -> str:
        """What samples are made by: a model is good for no others."""
        return f"n_levels={self.n_levels}, patch_width={self.patch_width:g}, normalisation={self.normalisation}"

    def check_parameters(self) -> None:
        """Raise an InputError at a parameter that makes no sense."""
        rising = isinstance(self.n_levels, int) or all(a < b for a, b in pairwise((0, *self.n_levels)))
        levels = f"{self.smallest_levels} or more, or so many rising numbers of components"
        for parameter, valid, expected in (
            ("n_levels", rising and self._count >= self.smallest_levels, levels),
            ("patch_width", 1 <= self.patch_width <= 5, "a number of FWHM from 1 to 5"),
            ("n_samples", self.n_samples >= 20, "at least 20"),
            ("snr", len(self.snr) == 2 and 0 < self.snr[0] <= self.snr[1] < np.inf, "two positive numbers in order"),
            ("seed", self.seed >= 0, "0 or more"),
        ):
            if not valid:
                raise InputError(f"{self.name}: {parameter} is {getattr(self, parameter)}, expected {expected}")


def area_under_curve(samples: Samples, scores: NDArray[np.float64]) -> float:
    """Probability that a sample with a companion scores higher than one without, means of patches left out."""
    single = samples.kind != KINDS.index("mean")
    return float(roc_auc_score(samples.labels[single], scores[single]))


def _one_channel(sequence: ADISequence) -> ADISequence:
    return sequence if sequence.cube.ndim == 3 else subtract_spectral_median(sequence)


def _flux_arrays(fits: list[FluxFit]) -> dict[str, NDArray[Any]]:
    return {
        "flux_annuli": np.array([fit.annulus for fit in fits]),
        "flux_components": np.array([fit.components for fit in fits]),
        "flux_slope": np.array([fit.slope for fit in fits]),
        "flux_contrasts": np.array([fit.contrasts for fit in fits]),
        "flux_snr": np.array([fit.snr for fit in fits]),
    }
