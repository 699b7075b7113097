import numpy as np
import pytest

from algozoo.detectors.supervised.samples import Samples
from algozoo.errors import InputError

torch = pytest.importorskip("torch", reason="PyTorch is not installed; `make test EXTRAS=all` installs it")
network = pytest.importorskip("algozoo.detectors.supervised.network")


@pytest.fixture(scope="module")
def samples():
    """Samples with something to learn: C+ are brighter in the middle."""
    rng = np.random.default_rng(0)
    n = 240
    labels = np.arange(n) % 2 == 0
    patches = rng.standard_normal((n, 4, 5, 5)).astype(np.float32)
    patches[labels, :, 2, 2] += 2
    zeros = np.zeros(n, dtype=int)
    return Samples(patches, labels, zeros, zeros, zeros, np.arange(n) // 2 % 4 // 2, np.zeros(n), np.zeros(n))


class Memory:
    """A checkpoint that remembers, and interrupts after some epochs."""

    def __init__(self, stop_after=None):
        self.state, self.stop_after, self.saved = None, stop_after, 0

    def load(self):
        return self.state

    def save(self, state):
        self.state = state
        self.saved += 1
        if self.saved == self.stop_after:
            raise KeyboardInterrupt


def train(samples, architecture="conv3d", checkpoint=None, report=None, epochs=5):
    made = network.build(architecture, 4, 5, 3)
    return network.Trainer(made, "cpu", 3, 0.003, 32, epochs, 5).run(samples, report, checkpoint)


def test_the_network_of_the_paper_has_418_177_parameters():
    for n_levels, patch, expected in ((20, 9, 418_177), (16, 7, 254_337)):
        made = network.build("convlstm", n_levels, patch, 0)
        assert sum(parameter.numel() for parameter in made.parameters()) == expected


@pytest.mark.parametrize("shape", [(2, 3, 8, 6, 6), (1, 2, 5, 3, 2), (3, 1, 2, 7, 11)])
def test_the_pooling_of_a_prediction_is_that_of_pytorch(shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    assert torch.equal(network.pooled(x), torch.nn.functional.max_pool3d(x, 2))
    assert torch.equal(network.pooled(x.requires_grad_()), network.pooled(x.detach()))


def test_initial_weights_are_those_of_keras():
    made = network.build("convlstm", 20, 9, 0)
    bias = made.first.bias.detach().numpy()
    assert np.array_equal(bias, np.repeat([0, 1, 0, 0], 40))
    recurrent = made.first.recurrent.detach().numpy().reshape(160, -1)
    assert np.allclose(recurrent @ recurrent.T, np.eye(160), atol=1e-5)
    limit = np.sqrt(6 / ((1 + 160) * 9))
    kernel = made.first.input.detach().numpy()
    assert abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.1)


def test_a_level_sees_those_before_it_only():
    made = network.build("convlstm", 6, 5, 0).first
    x = torch.randn(2, 1, 6, 5, 5)
    changed = x.clone()
    changed[:, :, 4] += 1
    with torch.no_grad():
        before, after = made(x), made(changed)
    assert torch.equal(before[:, :, :4], after[:, :, :4])
    assert not torch.equal(before[:, :, 4:], after[:, :, 4:])


@pytest.mark.parametrize(("n_levels", "patch"), [(8, 8), (9, 7), (7, 11)])
def test_the_convolution_is_the_whole_one_where_the_pooling_looks(n_levels, patch):
    layer = network.build("conv3d", n_levels, patch, 0).first
    x = torch.randn(3, 1, n_levels, patch, patch)
    with torch.no_grad():
        whole = torch.relu(torch.nn.functional.conv3d(x, layer.weight, layer.bias, padding=1))
        pooled = torch.nn.functional.max_pool3d(layer(x), 2).relu()
    assert torch.allclose(pooled, torch.nn.functional.max_pool3d(whole, 2), atol=1e-5)


@pytest.mark.parametrize("architecture", ["convlstm", "conv3d"])
def test_it_learns(samples, architecture):
    curve = train(samples, architecture)["learning_curve"]
    assert curve.shape == (5, 4)
    assert curve[-1, 1] < curve[0, 1]
    assert curve[:, 3].max() > 0.85


def test_the_best_weights_are_kept(samples):
    learnt = train(samples, epochs=12)
    made = network.build("conv3d", 4, 5, 0)
    network.load(made, learnt)
    validation = samples.of("validation")
    scores = network.predict(made, validation.patches, "cpu")
    loss = np.mean(np.logaddexp(0, np.where(validation.labels, -scores, scores)))
    assert loss == pytest.approx(learnt["learning_curve"][:, 2].min(), rel=1e-5)


def test_a_training_that_was_stopped_ends_as_one_that_was_not(samples):
    whole = train(samples)
    memory = Memory(stop_after=2)
    with pytest.raises(KeyboardInterrupt):
        train(samples, checkpoint=memory)
    resumed = train(samples, checkpoint=memory)
    assert whole.keys() == resumed.keys()
    for name, array in whole.items():
        assert np.array_equal(array, resumed[name]), name


def test_progress_is_told(samples):
    told = []
    train(samples, report=told.append, epochs=3)
    assert [(p.what, p.step, p.steps) for p in told] == [("epochs", k, 3) for k in (1, 2, 3)]
    assert all(np.isfinite([p.loss, p.validation_loss, p.validation_auc]).all() for p in told)
    assert told[-1].seconds_left == 0


def test_the_random_state_of_torch_is_left_alone(samples):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    train(samples, epochs=1)
    assert torch.equal(torch.rand(1), expected)


def test_a_device_that_is_not_there_is_said_so():
    with pytest.raises(InputError, match="device 'cuda:99' cannot be used"):
        network.chosen_device("cuda:99")
    assert network.chosen_device("auto") in {"cpu", "cuda"}
