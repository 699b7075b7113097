"""AlgoZoo: a fair benchmark of algorithms that find exoplanets in high-contrast image sequences.

What a notebook needs is here, by ``import algozoo as az``, and is imported when it is first used.
"""

import ast
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the one list of the names: editors and mypy read it, and so does `_homes`
    from algozoo.benchmark.compare import Comparison as Comparison
    from algozoo.benchmark.compare import compare as compare
    from algozoo.companions import Companion as Companion
    from algozoo.companions import inject as inject
    from algozoo.companions import remove as remove
    from algozoo.datasets.front import read as read
    from algozoo.datasets.registry import load_dataset as load_dataset
    from algozoo.detectors.annular_median import AnnularMedian as AnnularMedian
    from algozoo.detectors.annular_pca import AnnularPCA as AnnularPCA
    from algozoo.detectors.contract import Declined as Declined
    from algozoo.detectors.contract import DetectionMap as DetectionMap
    from algozoo.detectors.contract import Detector as Detector
    from algozoo.detectors.controls import Blank as Blank
    from algozoo.detectors.controls import Oracle as Oracle
    from algozoo.detectors.controls import Random as Random
    from algozoo.detectors.llsg import LLSG as LLSG
    from algozoo.detectors.loci import LOCI as LOCI
    from algozoo.detectors.matched_filter import MatchedFilter as MatchedFilter
    from algozoo.detectors.median import Median as Median
    from algozoo.detectors.nmf import NMF as NMF
    from algozoo.detectors.pairwise import Pairwise as Pairwise
    from algozoo.detectors.pca import PCA as PCA
    from algozoo.detectors.registry import create as create
    from algozoo.detectors.stim import STIM as STIM
    from algozoo.detectors.supervised.sodinn import SODINN as SODINN
    from algozoo.detectors.supervised.sodirf import SODIRF as SODIRF
    from algozoo.errors import AlgoZooError as AlgoZooError
    from algozoo.errors import InputError as InputError
    from algozoo.pipeline import run as run
    from algozoo.products import candidates as candidates
    from algozoo.sequence import ADISequence as ADISequence

__version__ = "0.1.0"


def _homes() -> dict[str, str]:
    """Return the module of each name that the block above imports."""
    imports = (
        node for node in ast.walk(ast.parse(Path(__file__).read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
    )
    return {alias.name: str(node.module) for node in imports for alias in node.names if alias.asname}


_HOMES = _homes()
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'algozoo' has no attribute {name!r}; there are: {', '.join(_HOMES)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*_HOMES, "__version__"]
