import numpy as np
import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDetector
from algozoo.detectors.contract import Declined
from algozoo.detectors.registry import create
from algozoo.errors import AlgoZooError
from algozoo.sandbox.sandbox import Stopped

pytestmark = pytest.mark.usefixtures("sandbox")

MANIFEST = """
name = "mine"
title = "Mine"
authors = ["A. Person"]
reference = "none"
licence = "MIT"
kind = "ratio"
{more}
[parameters.power]
default = 1.0
description = "Of the sum."
"""
FUNCTION = """
def detect({arguments}, power):
    assert isinstance(power, float)
    return cube.sum(axis=0) ** power
"""
TRAINED = """
from dataclasses import dataclass
from algozoo.detectors.contract import DetectionMap, Detector

@dataclass(frozen=True, kw_only=True)
class Mine(Detector):
    power: float = 1.0
    level: float = None

    def fit(self, sequence):
        object.__setattr__(self, "learnt", float(sequence.cube.max()))
        return self

    def detect(self, sequence):
        return DetectionMap(scores=sequence.cube[0] * 0 + self.learnt, kind="ratio")
""".replace("    level: float = None\n", "")


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def mine(code: str, more: str = "", **parameters):
        folder = tmp_path / "submissions" / "mine"
        folder.mkdir(parents=True)
        (folder / "submission.toml").write_text(MANIFEST.format(more=more))
        (folder / "detector.py").write_text(code)
        return create("mine", **parameters)

    return mine


@pytest.mark.parametrize(
    "arguments",
    ["cube, angles, psf", "psf, cube", "cube, fwhm, wavelengths, reference, pixel_scale, star_flux"],
)
def test_a_function_gets_what_it_asks_for_by_name(mine, make_sequence, arguments):
    sequence = make_sequence()
    result = mine(FUNCTION.format(arguments=arguments), power=2.0).detect(sequence)
    np.testing.assert_allclose(result.scores, sequence.cube.sum(axis=0) ** 2, rtol=1e-6)
    assert result.kind == "ratio"
    assert result.cost.cpu_seconds > 0
    assert 0 < result.cost.seconds < 30
    assert result.cost.memory_bytes > 1e6


def test_a_function_may_work_in_place(mine, make_sequence):
    sequence = make_sequence()
    before = sequence.cube.copy()
    mine("def detect(cube, power):\n    cube -= cube.mean(axis=0)\n    return cube.std(axis=0)\n").detect(sequence)
    np.testing.assert_array_equal(sequence.cube, before)


def test_modules_beside_it_are_found(mine, make_sequence, tmp_path):
    detector = mine("from helper import total\ndef detect(cube, power):\n    return total(cube)\n")
    (tmp_path / "submissions" / "mine" / "helper.py").write_text("def total(cube):\n    return cube.sum(axis=0)\n")
    assert detector.detect(make_sequence()).scores.shape == (41, 41)


def test_what_was_learnt_is_known_to_a_later_process(mine, make_sequence):
    detector = mine(TRAINED, 'training = "the reversed sequence"')
    training = make_sequence(seed=1)
    fitted = detector.fit(training)
    assert fitted == detector
    assert fitted.detect(make_sequence(seed=2)).scores[0, 0] == pytest.approx(training.cube.max())
    assert isinstance(fitted.fitted, bytes)


def test_what_declares_no_training_is_not_trained(mine, make_sequence):
    detector = mine(TRAINED)
    with pytest.raises(Stopped, match="AttributeError: 'Mine' object has no attribute 'learnt'"):
        detector.fit(make_sequence()).detect(make_sequence())


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        (
            "def detect(cube):\n    return cube[0]\n",
            "failed",
            "submission.toml has parameters that detect does not have: power",
        ),
        ("class A:\n    pass\nimport missing\n", "failed", "No module named 'missing' (detector.py, line 3)"),
        ("def detect(cube, power)\n", "failed", "SyntaxError: expected ':' (detector.py, line 1)"),
        (
            "def detect(cube, power):\n    return 1 / 0\n",
            "failed",
            "ZeroDivisionError: division by zero (detector.py, line 2)",
        ),
        (
            TRAINED.replace('"ratio"', '"snr"').replace("self.learnt", "1"),
            "invalid",
            "kind is 'snr', 'ratio' was declared",
        ),
        (TRAINED.replace("power: float", "force: float"), "failed", "does not have: force"),
        (TRAINED.replace("@dataclass(frozen=True, kw_only=True)", ""), "failed", "class Mine is no dataclass"),
    ],
)
def test_a_mistake_is_told_with_its_place(mine, make_sequence, code, status, reason):
    with pytest.raises(Stopped) as stopped:
        mine(code).detect(make_sequence())
    assert stopped.value.status == status
    assert reason in str(stopped.value)


def test_the_traceback_is_of_its_own_lines_only(mine, make_sequence):
    code = "import numpy as np\ndef inner(cube):\n    return np.linalg.inv(cube[0] * 0)\n"
    code += "def detect(cube, power):\n    return inner(cube)\n"
    with pytest.raises(Stopped, match="LinAlgError") as stopped:
        mine(code).detect(make_sequence())
    assert stopped.value.traceback.count("File ") == 2
    assert "return inner(cube)" in stopped.value.traceback
    assert "algozoo" not in stopped.value.traceback


def test_declining_is_an_answer(mine, make_sequence):
    code = "from algozoo.detectors.contract import Declined\ndef detect(cube, power):\n    raise Declined('no')\n"
    with pytest.raises(Declined, match="no"):
        mine(code).detect(make_sequence())


@pytest.mark.parametrize("way", ["sandbox", "none"])
def test_the_record_says_how_it_was_confined(mine, suite, tmp_path, monkeypatch, way):
    if way == "none":
        monkeypatch.setenv("ALGOZOO_SANDBOX", "none")
    mine(FUNCTION.format(arguments="cube"))
    dataset = suite.datasets[0].model_copy(update={"sequences": 1, "injections": 1})
    small = suite.model_copy(update={"datasets": (dataset,), "detectors": (SuiteDetector(name="mine"),)})
    store = Store(tmp_path / "store")
    list(run(plan(small)[0], store))
    outcomes, [record] = store.read(small.name, small.version)
    assert set(outcomes["status"]) == {"ok"}
    assert record.detector.sandbox == ("none" if way == "none" else create("mine").confinement)


def test_a_run_begins_only_if_there_is_a_sandbox(mine, suite, tmp_path, monkeypatch):
    monkeypatch.setattr("algozoo.sandbox.choice.failure", lambda *_, **__: "bubblewrap is not installed")
    mine(FUNCTION.format(arguments="cube"))
    small = suite.model_copy(update={"detectors": (SuiteDetector(name="mine"), SuiteDetector(name="blank"))})
    with pytest.raises(AlgoZooError, match="no sandbox works on this machine"):
        list(run(plan(small)[0], Store(tmp_path / "store")))
    assert not (tmp_path / "store").exists()
