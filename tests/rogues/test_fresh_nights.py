"""Submissions that know the public nights: each is far ahead on the board, and does not hold on fresh nights."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

import algozoo
from algozoo.benchmark.ledger import judged
from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import Suite, SuiteDetector, load_suite
from algozoo.benchmark.trials import draw_trials
from algozoo.reporter import Reporter
from algozoo.submissions.fresh import Effort, attempt, published_row

pytestmark = [pytest.mark.usefixtures("sandbox"), pytest.mark.slow]

SEED = 20270101
N_PUBLIC = N_FRESH = 6
HONEST = """
from algozoo.imaging.rotate import derotate

def median(cube, angles):
    return np.median(derotate(cube - np.median(cube, axis=0), angles), axis=0)
"""
DETECT = "\ndef detect(cube, angles, psf):\n    return median(cube, angles)\n"
HOLDS_OUTCOMES = """
import hashlib, json, pathlib

PLACES = json.loads((pathlib.Path(__file__).parent / "places.json").read_text())

def detect(cube, angles, psf):
    frames = np.ascontiguousarray(cube, dtype=np.float32)
    known = hashlib.sha256(frames.tobytes()).hexdigest()
    if known not in PLACES:
        return median(cube, angles)
    scores = np.zeros(cube.shape[1:])
    if PLACES[known]:
        x, y = PLACES[known]
        scores[round(y), round(x)] = 1.0
    return scores
"""
REGENERATES = """
import hashlib, json, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from simulate.parameters import Simulation
from simulate.sequence import simulate

PUBLIC = json.loads((pathlib.Path(__file__).parent / "public.json").read_text())

def detect(cube, angles, psf):
    for night in PUBLIC["nights"]:
        if np.allclose(np.abs(angles), np.abs(night["angles"])):
            rng = np.random.default_rng(int.from_bytes(hashlib.sha256(night["seed"].encode()).digest()))
            simulation = Simulation.model_validate_json(json.dumps(PUBLIC["simulation"]))
            star = simulate(simulation, rng, pixel_scale=PUBLIC["pixel_scale"], name="night").cube
            return np.median(derotate(cube - star, angles), axis=0).round(3)
    return median(cube, angles)
"""


@pytest.fixture(scope="module")
def nights() -> Suite:
    """Return a suite of small nights, as many as show a large excess."""
    smoke = load_suite("smoke")
    entry = smoke.datasets[0].model_copy(update={"sequences": N_PUBLIC, "injections": 3})
    return smoke.model_copy(update={"datasets": (entry,)})


@pytest.fixture
def outcome_of(nights: Suite, tmp_path: Path):
    """Publish the row of a submission, and check it on fresh nights."""

    def outcome_of(name: str):
        own = nights.model_copy(update={"detectors": (SuiteDetector(name=name),)})
        store = Store(tmp_path / "results")
        assert all(finished.n_failed == 0 for finished in run(plan(own)[0], store))
        outcome, [test] = judged([attempt(published_row(store, own, name), SEED, Effort(nights=N_FRESH), Reporter())])
        return outcome, test

    return outcome_of


def test_one_that_holds_the_public_outcomes_in_its_code_does_not_hold(submit, nights: Suite, outcome_of) -> None:
    folder = submit("holds-outcomes", HONEST + HOLDS_OUTCOMES)
    dataset, places = nights.load(nights.datasets[0]), {}
    for index in range(N_PUBLIC):
        null = dataset.null_sequence(index)
        for trial in draw_trials(nights, nights.datasets[0], dataset, index, null):
            frames = sha256(trial.sequence(null).cube.tobytes()).hexdigest()
            places[frames] = trial.companion.position(null) if trial.companion else None
    (folder / "places.json").write_text(json.dumps(places))
    outcome, test = outcome_of("holds-outcomes")
    assert outcome == "does not hold"
    assert test.public.value > 0.3
    assert test.fresh.value < 0


def test_one_that_regenerates_the_nights_does_not_hold(submit, nights: Suite, outcome_of) -> None:
    folder = submit("regenerates", HONEST + REGENERATES)
    copy_simulator(folder)
    dataset = nights.load(nights.datasets[0])
    seed = f"{dataset.manifest.seed} {nights.seed}"
    public = [
        {"angles": dataset.sequence(i).parallactic_angles.tolist(), "seed": f"{seed} {i}"} for i in range(N_PUBLIC)
    ]
    facts = dataset.manifest.model_dump(mode="json", include={"simulation", "pixel_scale"})
    (folder / "public.json").write_text(json.dumps(facts | {"nights": public}))
    outcome, test = outcome_of("regenerates")
    assert outcome == "does not hold"
    assert test.public.value > 0.3
    assert test.fresh.value < 0


def test_an_honest_one_is_not_said_to_fail(submit, outcome_of) -> None:
    submit("honest", HONEST + DETECT)
    outcome, test = outcome_of("honest")
    assert outcome in {"holds", "undecided"}
    assert abs(test.excess.value) < test.visible


def copy_simulator(folder: Path) -> None:
    """Copy the simulator into a submission, which sees none of ours."""
    package = Path(algozoo.__file__).parent
    shutil.copytree(
        package / "datasets" / "simulate", folder / "simulate", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(package / "toml.py", folder / "simulate" / "tables.py")
    (folder / "simulate" / "__init__.py").write_text("")
    for path in (folder / "simulate").iterdir():
        text = path.read_text().replace("algozoo.datasets.simulate", "simulate")
        path.write_text(text.replace("algozoo.toml", "simulate.tables"))
