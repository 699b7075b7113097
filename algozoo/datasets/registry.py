"""The datasets that come with AlgoZoo, by name; anybody's own, by the path of its manifest."""

from importlib.resources import files
from pathlib import Path

from algozoo.arguments import checked, expect
from algozoo.datasets.dataset import Dataset
from algozoo.datasets.manifest import load_manifest
from algozoo.errors import unknown


def dataset_names() -> list[str]:
    """Names of the datasets that come with AlgoZoo."""
    return sorted(path.stem for path in _folder().glob("*.toml"))


def manifest_path(name: str | Path) -> Path:
    """Path of the manifest of a dataset: one of `dataset_names`, or a path that ends in `.toml`.

    Raises
    ------
    InputError
        If there is no such dataset; the nearest names are suggested.
    """
    path = Path(name)
    if path.suffix == ".toml":
        return path
    if name not in dataset_names():
        raise unknown("dataset", str(name), dataset_names())
    return _folder() / f"{name}.toml"


@checked
def load_dataset(name: str | Path, *, mirror: str | Path | None = None, without_calibration: bool = False) -> Dataset:
    """Open a dataset; nothing is downloaded before a sequence is asked for.

    Parameters
    ----------
    name : str or path
        One of `dataset_names`, or the path of a manifest, which ends in `.toml`.
    mirror : path, optional
        Folder with the files of real datasets; by default the environment variable ALGOZOO_MIRROR.
    without_calibration : bool
        See `load_manifest`.

    Raises
    ------
    InputError
        If there is no such dataset (the nearest names are suggested) or its manifest has mistakes.
    """
    expect(name, (str, Path), "load_dataset: name", 'load_dataset("betapic")')
    expect(mirror or "", (str, Path), "load_dataset: mirror", 'load_dataset("betapic", mirror="folder")')
    path = manifest_path(name)
    manifest = load_manifest(path, without_calibration=without_calibration)
    return Dataset(manifest, Path(mirror) if mirror else None, path.resolve().parent)


def _folder() -> Path:
    """Folder of the manifests: in the installed package, or in the source tree."""
    installed = Path(str(files("algozoo.datasets"))) / "manifests"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "datasets"
