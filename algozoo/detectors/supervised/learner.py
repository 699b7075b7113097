"""The contract between the platform and a detector whose training it follows."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from algozoo.detectors.contract import Detector
from algozoo.detectors.supervised.progress import Arrays, Checkpoint, Report
from algozoo.sequence import ADISequence


@dataclass(frozen=True, kw_only=True)
class Learner(Detector):
    """A detector whose training the platform follows, and whose model it keeps, so that it is trained once."""

    @property
    @abstractmethod
    def sampling(self) -> dict[str, Any]:
        """The parameters on which the samples of `draw` depend."""

    @abstractmethod
    def draw(
        self, sequence: ADISequence, *, usable: NDArray[np.bool_] | None = None, report: Report | None = None
    ) -> dict[str, NDArray[Any]]:
        """Draw what the detector learns from; others with the same `sampling` draw the same."""

    @abstractmethod
    def fit(
        self,
        sequence: ADISequence,
        *,
        usable: NDArray[np.bool_] | None = None,
        report: Report | None = None,
        checkpoint: Checkpoint | None = None,
        drawn: Arrays | None = None,
    ) -> Self:
        """Learn from a sequence without companions and return a fitted copy.

        Parameters
        ----------
        sequence : ADISequence
        usable : array of bool (n, n), optional
            Where in the derotated field training samples may be centred: not near known companions.
        report : callable, optional
            Gets the `Progress`.
        checkpoint : Checkpoint, optional
            Where an unfinished training is kept, and resumed.
        drawn : dict, optional
            What `draw` returned for this sequence; if it is not given, it is drawn first.
        """

    @abstractmethod
    def state(self) -> dict[str, NDArray[Any]]:
        """Return the fitted model as named arrays, with the AUC of samples not seen as `test_auc`."""

    @abstractmethod
    def with_state(self, state: Arrays) -> Self:
        """Return a copy with a fitted model, as `state` returned it."""
