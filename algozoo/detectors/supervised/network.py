"""The network of SODINN in torch: convolutional LSTM, or convolutions in three dimensions; its training.

The second architecture is the authors' later choice (their package of 2019), with the numbers of filters of the first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from algozoo.detectors.supervised.base import area_under_curve
from algozoo.detectors.supervised.progress import Arrays, Checkpoint, Progress, Report, seed_of_step
from algozoo.detectors.supervised.samples import Samples
from algozoo.errors import InputError

Architecture = Literal["convlstm", "conv3d"]

FILTERS = (40, 80)
KERNELS = (3, 2)
DENSE = 128
DROPOUT = 0.5
DECAY = 0.01
"""The learning rate falls as ``1 / (1 + DECAY * updates)``, as in the authors' code."""
PREDICTION_BLOCK = 64


class ConvLSTM(nn.Module):
    """A convolutional LSTM (Shi et al. 2015) over the levels, (n, c, levels, h, w) to (n, filters, levels, h, w)."""

    def __init__(self, channels: int, filters: int, kernel: int) -> None:
        super().__init__()
        self.filters = filters
        self.padding = ((kernel - 1) // 2, kernel // 2) * 2
        self.input = nn.Parameter(torch.empty(4 * filters, channels, kernel, kernel))
        self.recurrent = nn.Parameter(torch.empty(4 * filters, filters, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(4 * filters))
        nn.init.xavier_uniform_(self.input)
        nn.init.orthogonal_(self.recurrent)
        with torch.no_grad():
            self.bias[filters : 2 * filters] = 1.0

    def forward(self, x: Tensor) -> Tensor:
        """Gates as in Keras: input, forget, candidate, output; hard sigmoid and tanh."""
        n, _, levels, height, width = x.shape
        hidden = x.new_zeros(n, self.filters, height, width)
        cell = torch.zeros_like(hidden)
        outputs = []
        kernel = torch.cat([self.input, self.recurrent], dim=1)
        for level in range(levels):
            stacked = nn.functional.pad(torch.cat([x[:, :, level], hidden], dim=1), self.padding)
            gates = nn.functional.conv2d(stacked, kernel, self.bias)
            i, f, c, o = gates.chunk(4, dim=1)
            cell = _hard_sigmoid(f) * cell + _hard_sigmoid(i) * torch.tanh(c)
            hidden = _hard_sigmoid(o) * torch.tanh(cell)
            outputs.append(hidden)
        return torch.stack(outputs, dim=2)


class Conv3D(nn.Module):
    """A convolution over levels, rows and columns, (n, c, levels, h, w) to (n, filters, levels, h, w).

    It leaves out the last of an odd number of levels, rows or columns, which the pooling after it does not look at.
    """

    def __init__(self, channels: int, filters: int, kernel: int) -> None:
        super().__init__()
        self.padding = ((kernel - 1) // 2, kernel // 2) * 3
        self.weight = nn.Parameter(torch.empty(filters, channels, kernel, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(filters))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        odd = [side for n in reversed(x.shape[2:]) for side in (0, n % 2)]
        padded = nn.functional.pad(x, [width - less for width, less in zip(self.padding, odd, strict=True)])
        return nn.functional.conv3d(padded, self.weight, self.bias)


class Network(nn.Module):
    """Two convolutional layers with pooling, a dense layer with dropout, and the log-odds of a companion."""

    def __init__(self, architecture: Architecture, n_levels: int, patch: int) -> None:
        super().__init__()
        layer = {"convlstm": ConvLSTM, "conv3d": Conv3D}[architecture]
        self.first = layer(1, FILTERS[0], KERNELS[0])
        self.second = layer(*FILTERS, KERNELS[1])
        self.activation = {"convlstm": nn.Identity, "conv3d": nn.ReLU}[architecture]()
        self.dense = nn.Linear(FILTERS[1] * (n_levels // 4) * (patch // 4) ** 2, DENSE)
        self.dropout = nn.Dropout(DROPOUT)
        self.out = nn.Linear(DENSE, 1)
        for dense in (self.dense, self.out):
            nn.init.xavier_uniform_(dense.weight)
            nn.init.zeros_(dense.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Log-odds (n,) of samples (n, levels, patch, patch)."""
        x = x[:, None]
        for layer in (self.first, self.second):
            x = self.activation(pooled(layer(x)))  # in this order the same, at an eighth of the cost
        x = self.dropout(torch.relu(self.dense(x.flatten(1))))
        log_odds: Tensor = self.out(x)[:, 0]
        return log_odds


def pooled(x: Tensor) -> Tensor:
    """Maximum over 2 x 2 x 2 levels, rows and columns, of (n, c, levels, h, w).

    Where no gradient is wanted, it is taken along one axis after the other: several times faster than PyTorch's own.
    """
    if x.requires_grad:
        return nn.functional.max_pool3d(x, 2)
    for axis in (2, 3, 4):
        x = torch.maximum(*x.unfold(axis, 2, 2).unbind(-1))
    return x


@dataclass(frozen=True)
class Trainer:
    """Training with Adam on the binary cross-entropy, until the validation loss rises; the best weights are kept.

    Every epoch has a seed of its own, so that a resumed training ends as one that was not stopped.
    """

    network: Network
    device: str
    seed: int
    learning_rate: float
    batch: int
    epochs: int
    patience: int

    def run(self, samples: Samples, report: Report | None, checkpoint: Checkpoint | None) -> dict[str, NDArray[Any]]:
        """Train; return the best weights and the learning curve (epoch, loss, validation loss, validation AUC)."""
        train, validation = samples.of("train"), samples.of("validation")
        network = self.network.to(self.device)
        adam = torch.optim.Adam(network.parameters(), lr=self.learning_rate)
        curve, best = self._resumed(network, adam, checkpoint)
        started, first = perf_counter(), len(curve)
        for epoch in range(first, self.epochs):
            if _stale(curve, self.patience):
                break
            with torch.random.fork_rng():
                torch.manual_seed(seed_of_step(self.seed, epoch))
                loss = self._epoch(network, adam, train, epoch)
            scores = predict(network, validation.patches, self.device)
            held_out = _cross_entropy(scores, validation.labels), area_under_curve(validation, scores)
            curve.append((epoch + 1.0, loss, *held_out))
            if curve[-1][2] == min(row[2] for row in curve):
                best = weights(network)
            if checkpoint:
                checkpoint.save(_unfinished(network, adam, curve, best))
            if report:
                left = (perf_counter() - started) / (epoch + 1 - first) * (self.epochs - epoch - 1)
                _, loss, validation_loss, auc = curve[-1]
                report(Progress("epochs", epoch + 1, self.epochs, loss, validation_loss, auc, left))
        return best | {"learning_curve": np.array(curve)}

    def _epoch(self, network: Network, adam: torch.optim.Adam, train: Samples, epoch: int) -> float:
        order = np.random.default_rng([self.seed, epoch]).permutation(len(train))
        network.train()
        total, updates = 0.0, epoch * -(-len(train) // self.batch)
        for chosen in _batches(order, self.batch):
            for group in adam.param_groups:
                group["lr"] = self.learning_rate / (1 + DECAY * updates)
            x = torch.from_numpy(train.patches[chosen]).to(self.device)
            y = torch.from_numpy(train.labels[chosen].astype(np.float32)).to(self.device)
            adam.zero_grad(set_to_none=True)
            loss = nn.functional.binary_cross_entropy_with_logits(network(x), y)
            loss.backward()  # type: ignore[no-untyped-call] # torch does not say
            adam.step()
            total += float(loss.detach()) * len(chosen)
            updates += 1
        return total / len(train)

    def _resumed(
        self, network: Network, adam: torch.optim.Adam, checkpoint: Checkpoint | None
    ) -> tuple[list[tuple[float, ...]], dict[str, NDArray[Any]]]:
        """Take up an unfinished training, if there is one."""
        saved = checkpoint.load() if checkpoint else None
        if saved is None:
            return [], weights(network)
        load(network, {name.removeprefix("now:"): array for name, array in saved.items() if name.startswith("now:")})
        for name, parameter in network.named_parameters():
            moments = {
                key: torch.tensor(saved[f"{key}:{name}"], device=self.device) for key in ("exp_avg", "exp_avg_sq")
            }
            adam.state[parameter] = {"step": torch.tensor(float(saved["updates"])), **moments}
        best = {name.removeprefix("best:"): array for name, array in saved.items() if name.startswith("best:")}
        return [tuple(row) for row in saved["learning_curve"].tolist()], best


def predict(network: Network, patches: NDArray[np.float32], device: str) -> NDArray[np.float64]:
    """Log-odds of samples."""
    network.eval()
    with torch.inference_mode():
        blocks = [
            network(torch.from_numpy(patches[start : start + PREDICTION_BLOCK]).to(device)).cpu().numpy()
            for start in range(0, len(patches), PREDICTION_BLOCK)
        ]
    return np.concatenate(blocks).astype(np.float64) if blocks else np.empty(0)


def weights(network: Network) -> dict[str, NDArray[Any]]:
    """Copy the weights of a network."""
    return {name: parameter.detach().cpu().numpy().copy() for name, parameter in network.named_parameters()}


def load(network: Network, arrays: Arrays) -> None:
    """Set the weights of a network."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(arrays[name])))


def build(architecture: Architecture, n_levels: int, patch: int, seed: int) -> Network:
    """Make a network with random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(architecture, n_levels, patch)


def chosen_device(device: str) -> str:
    """Say which device is used: 'auto' is a GPU where there is one.

    Raises
    ------
    InputError
        If the device is not there.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"sodinn: device {device!r} cannot be used ({error}); 'auto' takes what there is") from None
    return device


def _unfinished(
    network: Network, adam: torch.optim.Adam, curve: list[tuple[float, ...]], best: Arrays
) -> dict[str, NDArray[Any]]:
    moments = {
        f"{key}:{name}": adam.state[parameter][key].cpu().numpy()
        for name, parameter in network.named_parameters()
        for key in ("exp_avg", "exp_avg_sq")
    }
    [updates] = {float(adam.state[parameter]["step"]) for parameter in network.parameters()}
    now = {f"now:{name}": array for name, array in weights(network).items()}
    kept = {f"best:{name}": array for name, array in best.items()}
    return moments | now | kept | {"updates": np.array(updates), "learning_curve": np.array(curve)}


def _stale(curve: list[tuple[float, ...]], patience: int) -> bool:
    """Whether the validation loss has not fallen for some epochs."""
    losses = [row[2] for row in curve]
    return len(losses) - 1 - losses.index(min(losses)) >= patience if losses else False


def _batches(order: NDArray[np.intp], size: int) -> Iterator[NDArray[np.intp]]:
    return (order[start : start + size] for start in range(0, len(order), size))


def _cross_entropy(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    return float(np.mean(np.logaddexp(0, np.where(labels, -scores, scores))))


def _hard_sigmoid(x: Tensor) -> Tensor:
    """Keras' piecewise linear sigmoid."""
    return (0.2 * x + 0.5).clamp(0, 1)
