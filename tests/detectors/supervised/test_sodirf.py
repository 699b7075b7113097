import re

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from algozoo.benchmark.training import FileCheckpoint
from algozoo.detectors.supervised.progress import seed_of_step
from algozoo.detectors.supervised.residuals import annular_residuals
from algozoo.detectors.supervised.samples import draw_samples
from algozoo.detectors.supervised.sodirf import SODIRF, exported, probabilities

SMALL = SODIRF(n_levels=6, n_samples=40, n_trees=20)


@pytest.fixture(scope="module")
def fitted(night):
    return SMALL.fit(night.flipped())


@pytest.fixture(scope="module")
def forest():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 6)).astype(np.float32)
    return RandomForestClassifier(25, min_samples_leaf=3, random_state=0).fit(x, x[:, 0] > x[:, 1]), x


def test_exported_trees_lead_to_the_same_leaves(forest):
    made, x = forest
    model = exported(made)
    counts = [tree.tree_.weighted_n_node_samples[tree.apply(x)] for tree in made.estimators_]
    smoothed = [
        (tree.predict_proba(x)[:, 1] * n + 1) / (n + 2) for tree, n in zip(made.estimators_, counts, strict=True)
    ]
    assert np.allclose(probabilities(model, x), np.mean(smoothed, axis=0), atol=1e-12)


@pytest.fixture(scope="module")
def samples(night):
    residuals = annular_residuals(night, 4, 9)
    return draw_samples(residuals, 40, np.random.default_rng(0), snr=(1.0, 100.0), normalisation="noise")[0]


def test_a_forest_is_that_of_scikit_learn(samples):
    learnt = SODIRF(n_trees=10, seed=3).learn(samples)
    train = samples.of("train")
    flat = train.patches.reshape(len(train), -1)
    seed = seed_of_step(3, 0)
    whole = RandomForestClassifier(10, max_samples=0.3, min_samples_leaf=3, random_state=seed, oob_score=True)
    expected = exported(whole.fit(flat, train.labels)) | {"out_of_bag": whole.oob_score_}
    assert learnt.keys() == expected.keys()
    assert all(np.array_equal(learnt[name], expected[name]) for name in expected)


def test_a_forest_that_was_stopped_grows_into_the_same(samples, tmp_path):
    def stop(progress):
        if progress[:2] == ("trees grown", 20):
            raise KeyboardInterrupt

    checkpoint, told = FileCheckpoint(tmp_path / "unfinished.npz"), []
    with pytest.raises(KeyboardInterrupt):
        SODIRF(n_trees=35).learn(samples, stop, checkpoint)
    resumed, whole = SODIRF(n_trees=35).learn(samples, told.append, checkpoint), SODIRF(n_trees=35).learn(samples)
    assert [progress.step for progress in told if progress.what == "trees grown"] == [30, 35]
    assert len(set(whole["threshold"][whole["roots"]])) > 20
    assert resumed.keys() == whole.keys()
    assert all(np.array_equal(resumed[name], whole[name]) for name in whole)


def test_log_odds_are_finite_where_all_trees_agree(fitted):
    extreme = np.full((1, 6, 9, 9), 1e6, dtype=np.float32)
    assert np.isfinite(fitted.log_odds(fitted.state(), extreme)).all()


def test_training_tells_the_out_of_bag_score_and_the_auc_of_what_was_not_seen(night):
    told = []
    SMALL.fit(night, report=told.append)
    assert [one.step for one in told if one.what == "trees grown"] == [10, 20]
    assert any(re.match(r"out-of-bag score 0\.\d{3}, validation AUC 0", str(it)) for it in told)
    assert re.fullmatch(r"AUC of \d+ samples not seen in training: [01]\.\d{3}", str(told[-1]))
