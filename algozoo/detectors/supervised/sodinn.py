"""SODINN, supervised detection by a neural network: Gomez Gonzalez et al. 2018, A&A 613, A71."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from algozoo.detectors.parameters import Count, Fraction
from algozoo.detectors.supervised.base import Supervised
from algozoo.detectors.supervised.progress import Arrays, Checkpoint, Report
from algozoo.detectors.supervised.residuals import Residuals
from algozoo.detectors.supervised.sampled import ListedLevels
from algozoo.detectors.supervised.samples import Samples
from algozoo.errors import InputError

SCORED_AGAIN = 0.1
"""Of the pixels that are scored first, so many are looked at closely."""


@dataclass(frozen=True, kw_only=True)
class SODINN(Supervised):
    """Tell companions from speckles by a neural network, from patches of the residuals with more and more components.

    Every second row and column is scored first, then all pixels beside the best tenth of these in each annulus; the
    rest, where nothing is, gets the mean of its neighbours. It needs PyTorch, which ``pip install "algozoo[sodinn]"``
    brings. The same seed and the same number of threads give the same map.

    Parameters
    ----------
    architecture : {'convlstm', 'conv3d'}
        The first reads the levels one after the other, as in the paper: convolutional LSTM layers of 40 filters of
        3 x 3 and 80 of 2 x 2 pixels, each with a maximum over 2 x 2 x 2, then 128 dense units. The second has
        convolutions in three dimensions in their place, and takes a tenth of the time.
    epochs : int
        At most so often are all samples seen.
    patience : int
        Training stops when the validation loss has not fallen for so many epochs; the best weights count.
    learning_rate : float
        Of Adam, at the start.
    batch : int
        Samples for each step.
    device : str
        'auto' takes a GPU where there is one; or a name that PyTorch knows.
    """

    name: ClassVar[str] = "sodinn"
    title: ClassVar[str] = "Supervised detection by a neural network (SODINN)"
    reference: ClassVar[str] = "Gomez Gonzalez et al. 2018, A&A 613, A71, doi:10.1051/0004-6361/201731961"
    version: ClassVar[str] = "1"
    needs: ClassVar[tuple[str, ...]] = ("torch",)
    memory_parameters: ClassVar[tuple[str, ...]] = ("n_samples", "batch")

    n_levels: Annotated[int, Field(ge=4)] | Annotated[ListedLevels, Field(min_length=4)] = 20
    architecture: Literal["convlstm", "conv3d"] = "convlstm"
    epochs: Count = 20
    patience: Count = 5
    learning_rate: Fraction = 0.003
    batch: Annotated[int, Field(ge=2)] = 64
    device: str = "auto"

    def learn(
        self, samples: Samples, report: Report | None = None, checkpoint: Checkpoint | None = None
    ) -> dict[str, NDArray[Any]]:
        """Train the network."""
        network = _network_module()
        made = network.build(self.architecture, *samples.patches.shape[1:3], self.seed)
        device = network.chosen_device(self.device)
        training = self.seed, self.learning_rate, self.batch, self.epochs, self.patience
        with _memory_errors():
            learnt: dict[str, NDArray[Any]] = network.Trainer(made, device, *training).run(samples, report, checkpoint)
        return learnt

    def log_odds(self, model: Arrays, patches: NDArray[np.float32]) -> NDArray[np.float64]:
        """Score samples."""
        network = _network_module()
        made = network.build(self.architecture, *patches.shape[1:3], self.seed)
        network.load(made, model)
        device = network.chosen_device(self.device)
        with _memory_errors():
            return np.asarray(network.predict(made.to(device), patches, device))

    def score_pixels(self, ring: Residuals, images: NDArray[np.float64]) -> NDArray[np.float64]:
        """Score the pixels of an annulus, every one where it matters."""
        size = ring.sequence.size
        rows, columns = np.divmod(ring.pixels, size)
        known = (rows % 2 == 0) & (columns % 2 == 0)
        scores = np.full((size + 2, size + 2), np.nan)
        scores[rows[known] + 1, columns[known] + 1] = self.score_samples(ring, images, ring.pixels[known])
        around = np.stack([scores[rows + i, columns + j] for i in range(3) for j in range(3)])
        highest = np.nan_to_num(around, nan=-np.inf).max(axis=0)
        wanted = ~known & ((highest >= np.nanquantile(scores, 1 - SCORED_AGAIN)) | np.isinf(highest))
        result = np.asarray(np.nansum(around, axis=0) / np.isfinite(around).sum(axis=0).clip(1))
        result[known] = scores[rows[known] + 1, columns[known] + 1]
        result[wanted] = self.score_samples(ring, images, ring.pixels[wanted])
        return result

    def shapes(self, n_levels: int, patch: int) -> dict[str, tuple[int | None, ...]]:
        """Names and shapes of the arrays of a model."""
        network = _network_module()
        made = network.build(self.architecture, n_levels, patch, self.seed)
        return {name: array.shape for name, array in network.weights(made).items()}

    def prepare(self, tell: Callable[[str], object] = lambda _: None) -> None:  # noqa: ARG002 - nothing takes long
        """Check that PyTorch is installed and has the device."""
        _network_module().chosen_device(self.device)


@contextmanager
def _memory_errors() -> Iterator[None]:
    """Name a want of memory by its name; PyTorch calls it a RuntimeError, on the CPU as on a GPU."""
    try:
        yield
    except RuntimeError as error:
        if "alloc" in str(error).lower() or "out of memory" in str(error).lower():
            raise MemoryError(str(error)) from error
        raise


def _network_module() -> Any:
    if find_spec("torch") is None:
        raise InputError('sodinn needs PyTorch, which is not installed: pip install "algozoo[sodinn]"')
    from algozoo.detectors.supervised import network  # noqa: PLC0415 - nothing else needs PyTorch

    return network
