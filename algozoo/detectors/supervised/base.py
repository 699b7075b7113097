"""What detectors share that learn from labelled samples: learn, keep the model, and score every pixel of the field."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from algozoo.arguments import expect
from algozoo.detectors.contract import DetectionMap, Kind, Training
from algozoo.detectors.supervised.progress import Arrays, Checkpoint, Progress, Report
from algozoo.detectors.supervised.residuals import Residuals, annular_residuals, normalised
from algozoo.detectors.supervised.sampled import Sampled, one_channel
from algozoo.detectors.supervised.samples import KINDS, Samples
from algozoo.errors import InputError
from algozoo.sequence import ADISequence

FWHM_TOLERANCE = 0.1
"""Relative difference between the FWHM of training and that of the sequence up to which a model is used."""


@dataclass(frozen=True, kw_only=True)
class Supervised(Sampled):
    """A detector that learns from labelled samples; how it learns and how it scores samples are abstract.

    Without `fit`, `detect` learns from the flipped twin of the sequence first. Scores are log-odds: where classes are
    as frequent as in training, the probability of a companion is ``1 / (1 + exp(-score))``, and 0.9 of it, the
    threshold of the authors, is a score of 2.2.

    Parameters
    ----------
    train : {'auto', 'flipped', 'transfer', 'oracle-empty'}
        To what the platform fits the detector: the flipped twin of the test sequence; another sequence of the dataset,
        which no trial uses; or the empty test sequence itself, as the authors did, which is not ranked. 'auto' is
        'transfer' where there are more sequences than one, and else 'flipped'.
    """

    kind: ClassVar[Kind] = "log_odds"

    train: Literal["auto", "flipped", "transfer", "oracle-empty"] = "auto"
    model: Arrays | None = field(default=None, repr=False, compare=False)

    def training(self, *, ensemble: bool) -> Training:
        """Return what `train` says."""
        if self.train == "auto":
            return "transfer" if ensemble else "flipped"
        return self.train

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
        drawn: Arrays | None = None,
    ) -> Self:
        """Learn from a sequence without companions and return a fitted copy; see `Learner.fit`.

        Raises
        ------
        InputError, Declined, AlgoZooError
            As `draw`.
        """
        self.check_parameters()
        self.prepare()
        drawn = self.draw(sequence, usable=usable, report=report) if drawn is None else drawn
        samples = Samples(**{column.name: drawn[column.name] for column in fields(Samples)})
        n_annuli, patch = len(drawn["flux_annuli"]), samples.patches.shape[-1]
        with self.memory_errors(n_annuli, patch):
            learnt = self.learn(samples, report, checkpoint)
            test = samples.of("test")
            auc = area_under_curve(test, self.log_odds(learnt, test.patches))
        if report:
            report(Progress(f"AUC of {len(test)} samples not seen in training: {auc:.3f}"))
        geometry = {
            "patch": np.array(patch),
            "levels": np.array(self._count),
            "fwhm": drawn["fwhm"],
            "test_auc": np.array(auc),
            "made_for": np.array(self._made_for),
        }
        flux = {name: array for name, array in drawn.items() if name.startswith("flux_")}
        return self.with_state(learnt | geometry | flux)

    def __post_init__(self) -> None:
        """Refuse what is no model of this detector, wherever it comes from."""
        if self.model is not None:
            expect(self.model, Mapping, f"{self.name}: model", f"{type(self).__name__}().fit(sequence)")
            self.check_model(self.model)

    def check_model(self, model: Arrays) -> None:
        """Compare a model with what the detector expects.

        Raises
        ------
        InputError
            If arrays are missing or have other shapes, or it was fitted with other levels, patches or another scale.
        """
        scalars = "patch", "levels", "fwhm", "test_auc", "made_for"
        if absent := [name for name in scalars if np.shape(model.get(name, [])) != ()]:
            raise InputError(f"{self.name}: the model has no {', '.join(absent)}; it is no model of this detector")
        if str(model["made_for"]) != self._made_for:
            raise InputError(
                f"{self.name}: the model was made for {model['made_for']}, the detector has {self._made_for}: "
                "give it the same, or fit it again"
            )
        for name, shape in self.shapes(int(model["levels"]), int(model["patch"])).items():
            found = np.shape(model[name]) if name in model else None
            if (
                found is None
                or len(found) != len(shape)
                or any(n not in {None, m} for n, m in zip(shape, found, strict=True))
            ):
                raise InputError(
                    f"{self.name}: array {name} of the model has shape {found}, expected "
                    f"{tuple('any' if n is None else n for n in shape)}; fit the detector again"
                )

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
        """Return a copy with a fitted model, as `state` returned it; see `check_model`."""
        return replace(self, model=state)

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
        sequence, fitted_to = one_channel(sequence), float(self.model["fwhm"])
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
        return DetectionMap(scores=scores.reshape(shape), kind=self.kind, image=image.reshape(shape))

    @property
    def learning_curve(self) -> NDArray[np.float64] | None:
        """See `Detector.learning_curve`."""
        return self.state().get("learning_curve")

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
    def _made_for(self) -> str:
        """What samples are made by: a model is good for no others."""
        return f"n_levels={self.n_levels}, patch_width={self.patch_width:g}, normalisation={self.normalisation}"


def area_under_curve(samples: Samples, scores: NDArray[np.float64]) -> float:
    """Probability that a sample with a companion scores higher than one without, means of patches left out."""
    single = samples.kind != KINDS.index("mean")
    return float(roc_auc_score(samples.labels[single], scores[single]))
