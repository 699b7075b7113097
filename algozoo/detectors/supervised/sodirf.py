"""SODIRF, supervised detection by a random forest: Gomez Gonzalez et al. 2018, A&A 613, A71."""

from dataclasses import dataclass
from time import perf_counter
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.ensemble import RandomForestClassifier

from algozoo.detectors.parameters import Count, Fraction
from algozoo.detectors.supervised.base import Supervised, area_under_curve
from algozoo.detectors.supervised.progress import Arrays, Checkpoint, Progress, Report, seed_of_step
from algozoo.detectors.supervised.samples import Samples
from algozoo.errors import InputError

BLOCK = 2048
"""Samples that go down the trees at a time, to bound memory."""

TREES_AT_A_TIME = 10
"""Between two words on how far the forest is, and two checkpoints."""

LEAF = -1


@dataclass(frozen=True, kw_only=True)
class SODIRF(Supervised):
    """Tell companions from speckles by a random forest, from patches of the residuals with more and more components.

    Its score is the mean over the trees of the fraction of companions in the leaf, with one of each class added, as
    log-odds.

    Parameters
    ----------
    n_trees : int
        Of the forest.
    sample_fraction : float
        Of the training samples that each tree sees. The authors' trees see as many as there are, drawn with
        replacement.
    min_leaf : int
        Samples in a leaf, at least.
    """

    name: ClassVar[str] = "sodirf"
    title: ClassVar[str] = "Supervised detection by a random forest (SODIRF)"
    reference: ClassVar[str] = "Gomez Gonzalez et al. 2018, A&A 613, A71, doi:10.1051/0004-6361/201731961"
    version: ClassVar[str] = "1"

    n_trees: Annotated[int, Field(ge=10)] = 100
    sample_fraction: Fraction = 0.3
    min_leaf: Count = 3

    def learn(
        self, samples: Samples, report: Report | None = None, checkpoint: Checkpoint | None = None
    ) -> dict[str, NDArray[Any]]:
        """Grow the forest, some trees at a time; these have seeds of their own, so that it can be taken up again."""
        train, validation = samples.of("train"), samples.of("validation")
        flat, started = train.patches.reshape(len(train), -1), perf_counter()
        saved = dict((checkpoint.load() if checkpoint else None) or {})
        votes = saved.pop("votes", np.zeros((2, len(train))))
        model, first = saved, len(saved.get("roots", ()))
        for done in range(first, self.n_trees, TREES_AT_A_TIME):
            forest = RandomForestClassifier(
                min(TREES_AT_A_TIME, self.n_trees - done),
                max_samples=self.sample_fraction,
                min_samples_leaf=self.min_leaf,
                random_state=seed_of_step(self.seed, done),
            ).fit(flat, train.labels)
            model = exported(forest, model)
            votes += out_of_bag_votes(forest, flat)
            if checkpoint:
                checkpoint.save(model | {"votes": votes})
            if report:
                number = len(model["roots"])
                left = (perf_counter() - started) / (number - first) * (self.n_trees - number)
                report(Progress("trees grown", number, self.n_trees, seconds_left=left))
        judged = votes[1] > 0
        score = float(np.mean((votes[0] > votes[1] / 2)[judged] == train.labels[judged]))
        if report:
            auc = area_under_curve(validation, self.log_odds(model, validation.patches))
            report(Progress(f"out-of-bag score {score:.3f}", validation_auc=auc))
        return model | {"out_of_bag": np.array(score)}

    def log_odds(self, model: Arrays, patches: NDArray[np.float32]) -> NDArray[np.float64]:
        """Score samples."""
        flat = patches.reshape(len(patches), -1)
        blocks = [probabilities(model, flat[start : start + BLOCK]) for start in range(0, len(flat), BLOCK)]
        p = np.concatenate(blocks) if blocks else np.empty(0)
        return np.asarray(np.log(p) - np.log1p(-p))

    def shapes(self, n_levels: int, patch: int) -> dict[str, tuple[int | None, ...]]:  # noqa: ARG002 - of any
        """Names and shapes of the arrays of a model."""
        return dict.fromkeys(("feature", "threshold", "left", "right", "probability", "roots"), (None,))

    def check_model(self, model: Arrays) -> None:
        """Check that the trees of a model lead somewhere, too."""
        super().check_model(model)
        n_nodes, n_features = len(model["feature"]), int(model["levels"]) * int(model["patch"]) ** 2
        nodes = np.concatenate([model["left"], model["right"], model["roots"]])
        if any(len(model[name]) != n_nodes for name in ("threshold", "left", "right", "probability")):
            raise InputError("sodirf: the arrays of the model have different lengths; fit the detector again")
        if nodes.min() < LEAF or nodes.max() >= n_nodes or model["feature"].max() >= n_features:
            raise InputError("sodirf: a tree of the model leads to nowhere; fit the detector again")


def exported(forest: RandomForestClassifier, before: Arrays | None = None) -> dict[str, NDArray[Any]]:
    """Write down the trees of a forest, one after the other, after those of a model if there is one.

    Returns
    -------
    dict
        For each node `feature` and `threshold`, the nodes to the `left` (for values up to the threshold) and to the
        `right`, -1 for a leaf, and the `probability` of a companion there; and the `roots` of the trees.
    """
    names = "feature", "threshold", "left", "right", "probability", "roots"
    columns: dict[str, list[NDArray[Any]]] = {name: [before[name]] if before else [] for name in names}
    first = len(before["feature"]) if before else 0
    for tree in (estimator.tree_ for estimator in forest.estimators_):
        seen = tree.weighted_n_node_samples
        columns["roots"].append(np.array([first]))
        columns["feature"].append(tree.feature)
        columns["threshold"].append(tree.threshold)
        columns["left"].append(np.where(tree.children_left == LEAF, LEAF, tree.children_left + first))
        columns["right"].append(np.where(tree.children_right == LEAF, LEAF, tree.children_right + first))
        columns["probability"].append((tree.value[:, 0, 1] * seen + 1) / (seen + 2))
        first += tree.node_count
    return {name: np.concatenate(parts) for name, parts in columns.items()}


def out_of_bag_votes(forest: RandomForestClassifier, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """For each sample (n, n_features), the votes for a companion of the trees that have not seen it, and their number.

    Returns
    -------
    array (2, n)
    """
    votes = np.zeros((2, len(features)))
    for tree, drawn in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        unseen = np.ones(len(features), dtype=bool)
        unseen[drawn] = False
        votes[0, unseen] += tree.predict_proba(features[unseen])[:, 1]
        votes[1, unseen] += 1
    return votes


def probabilities(model: Arrays, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean over the trees of what the leaf says in which each row of features (n, n_features) ends."""
    itself = np.arange(len(model["feature"]))
    left, right = (np.where(model["left"] == LEAF, itself, model[side]) for side in ("left", "right"))
    feature, threshold = model["feature"].clip(0), model["threshold"]
    node = np.tile(model["roots"], (len(features), 1))
    first, values = features.shape[1] * np.arange(len(features))[:, None], features.ravel()
    while True:
        below = np.where(values[first + feature[node]] <= threshold[node], left[node], right[node])
        if np.array_equal(below, node):
            return np.asarray(model["probability"][node].mean(axis=1))
        node = below
