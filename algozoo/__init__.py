"""AlgoZoo: a fair benchmark of algorithms that find exoplanets in high-contrast image sequences.

What a notebook needs is here, by ``import algozoo as az``, and is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from algozoo.benchmark.compare import Comparison, compare
    from algozoo.companions import Companion, inject, remove
    from algozoo.datasets.readers import read
    from algozoo.datasets.registry import load_dataset
    from algozoo.detectors.annular_median import AnnularMedian
    from algozoo.detectors.annular_pca import AnnularPCA
    from algozoo.detectors.contract import Declined, DetectionMap, Detector
    from algozoo.detectors.controls import Blank, Oracle, Random
    from algozoo.detectors.llsg import LLSG
    from algozoo.detectors.loci import LOCI
    from algozoo.detectors.matched_filter import MatchedFilter
    from algozoo.detectors.median import Median
    from algozoo.detectors.nmf import NMF
    from algozoo.detectors.pairwise import Pairwise
    from algozoo.detectors.pca import PCA
    from algozoo.detectors.registry import create
    from algozoo.detectors.stim import STIM
    from algozoo.detectors.supervised.sodinn import SODINN
    from algozoo.detectors.supervised.sodirf import SODIRF
    from algozoo.errors import AlgoZooError, InputError
    from algozoo.pipeline import run_suite as run
    from algozoo.products import candidates
    from algozoo.sequence import ADISequence

__version__ = "0.1.0"

__all__ = [
    "LLSG",
    "LOCI",
    "NMF",
    "PCA",
    "SODINN",
    "SODIRF",
    "STIM",
    "ADISequence",
    "AlgoZooError",
    "AnnularMedian",
    "AnnularPCA",
    "Blank",
    "Companion",
    "Comparison",
    "Declined",
    "DetectionMap",
    "Detector",
    "InputError",
    "MatchedFilter",
    "Median",
    "Oracle",
    "Pairwise",
    "Random",
    "candidates",
    "compare",
    "create",
    "inject",
    "load_dataset",
    "read",
    "remove",
    "run",
]

_HOMES = {
    "ADISequence": "algozoo.sequence:ADISequence",
    "AlgoZooError": "algozoo.errors:AlgoZooError",
    "Companion": "algozoo.companions:Companion",
    "Comparison": "algozoo.benchmark.compare:Comparison",
    "Declined": "algozoo.detectors.contract:Declined",
    "DetectionMap": "algozoo.detectors.contract:DetectionMap",
    "Detector": "algozoo.detectors.contract:Detector",
    "InputError": "algozoo.errors:InputError",
    "candidates": "algozoo.products:candidates",
    "compare": "algozoo.benchmark.compare:compare",
    "create": "algozoo.detectors.registry:create",
    "inject": "algozoo.companions:inject",
    "load_dataset": "algozoo.datasets.registry:load_dataset",
    "read": "algozoo.datasets.readers:read",
    "remove": "algozoo.companions:remove",
    "run": "algozoo.pipeline:run_suite",
}
"""Module and attribute of each name but for the classes of detectors, which the registry knows."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'algozoo' has no attribute {name!r}; there are: {', '.join(__all__)}")
    if not (target := _HOMES.get(name)):
        from algozoo.detectors.registry import BUILT_IN  # noqa: PLC0415 - imports pydantic

        target = next(target for target in BUILT_IN.values() if target.endswith(f":{name}"))
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
