"""Golden numbers of detectors: maps of small sequences, with the parameters that suites use, and more."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

import numpy as np

from algozoo.benchmark.golden.inputs import FWHM, INPUTS
from algozoo.benchmark.golden.numbers import Case, summary
from algozoo.benchmark.suite import load_suite, suite_names
from algozoo.companions import Companion
from algozoo.detectors.contract import Declined, Detector
from algozoo.detectors.registry import create, registered
from algozoo.detectors.supervised.base import Supervised
from algozoo.detectors.supervised.sodirf import BLOCK, SODIRF

MORE: dict[str, list[dict[str, Any]]] = {
    "annular-pca": [{"n_components": 0.9}, {"max_references": 12}, {"n_segments": 3}],
    "loci": [{"damping": 0.1}, {"zone_width": 3.0}],
    "llsg": [{"rank": 3}],
    "oracle": [{"companions": (Companion(separation=10.0, azimuth=60.0, contrast=0.01),)}],
    "pca": [{"n_components": 0.9}],
    "stim": [{"n_components": 0.9}],
}
"""Parameters besides those of the suites and the choices among a few words."""

SMALL: dict[str, dict[str, Any]] = {
    "sodirf": {"n_samples": 30, "n_levels": 4, "n_trees": 20},
    "sodinn": {"n_samples": 30, "n_levels": 4, "patch_width": 1.5, "epochs": 2, "device": "cpu"},
}
"""What makes training short, in place of the parameters of the suites."""


def detector_cases(name: str) -> dict[str, Case]:
    """Compute the golden numbers of a built-in detector.

    Parameters
    ----------
    name : str

    Returns
    -------
    dict of Case
        Of the scores, and of flux and image where there are any.
    """
    default = create(name)
    if isinstance(default, Supervised):
        return _supervised_cases(name)
    cases: dict[str, Case] = {}
    for detector in _distinct([default, *_of_suites(name), *_more(name)]):
        for kind in ("adi", "ifs", "rdi"):
            cases |= map_cases(detector, kind)
    for kind in ("long", "even", *(["many"] if "max_references" in default.parameters else [])):
        cases |= map_cases(default, kind)
    return cases


def _supervised_cases(name: str) -> dict[str, Case]:
    """Train briefly: as in a suite on every kind of input, and in all other ways on one."""
    first, *others = _distinct([*_of_suites(name), create(name, **SMALL[name]), *_more(name)])
    sequence = INPUTS["long"]()
    fitted = cast("Supervised", first.fit(sequence.flipped()))
    cases = _model_cases(fitted)
    for detector, kind in ((fitted, "long"), (first, "ifs"), (first, "rdi"), *((other, "long") for other in others)):
        cases |= map_cases(detector, kind)
    return cases


def map_cases(detector: Detector, kind: str) -> dict[str, Case]:
    """Compute the numbers of a map of a small sequence; what is not fitted learns from its twin of reversed angles."""
    sequence, label = INPUTS[kind](), f"{kind} {detector.label}"
    try:
        result = detector.detect(sequence)
    except Declined as declined:
        return {label: Case(declined=str(declined))}
    return {label: summary(result.scores)} | {
        f"{label}: {what}": summary(values, n_spread=0)
        for what, values in (("flux", result.flux), ("image", result.image))
        if values is not None
    }


def _distinct(detectors: list[Detector]) -> list[Detector]:
    return list({detector.label: detector for detector in detectors}.values())


def _of_suites(name: str) -> Iterator[Detector]:
    for suite in suite_names():
        for entry in load_suite(suite).detectors:
            if entry.name == name:
                yield create(name, **(entry.parameters | SMALL.get(name, {})))


def _more(name: str) -> Iterator[Detector]:
    """Yield the detector with each other choice among a few words, and with what is listed."""
    cls = registered()[name].detector_class()
    types, small = get_type_hints(cls), SMALL.get(name, {})
    for each in fields(cls):
        if each.init and get_origin(types[each.name]) is Literal and each.name != "train":
            yield from (create(name, **(small | {each.name: choice})) for choice in get_args(types[each.name]))
    yield from (create(name, **(small | parameters)) for parameters in MORE.get(name, []))


def _model_cases(detector: Supervised) -> dict[str, Case]:
    """Numbers of a fitted model, and of more samples than are scored at a time."""
    state = detector.state()
    numbers = {name: values for name, values in state.items() if np.issubdtype(values.dtype, np.number)}
    cases = {f"fit: {name}": summary(values, n_spread=10) for name, values in numbers.items()}
    if isinstance(detector, SODIRF):
        side, levels = int(state["patch"]), int(state["levels"])
        patches = np.random.default_rng(3).normal(0, FWHM, (BLOCK + 10, levels, side, side)).astype(np.float32)
        cases["more samples than a block"] = summary(detector.log_odds(state, patches))
    return cases
