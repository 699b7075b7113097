"""Files of real datasets: from a mirror folder, from the cache, or from the network, always with their checksum."""

import os
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from algozoo.datasets.cache import cache_folder
from algozoo.datasets.manifest import FILE_URL, RealManifest, SimulatedManifest, SourceFile
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import file_digest, working_folder

TIMEOUT = 10
"""Seconds that a server may keep silent."""


class DatasetUnavailable(AlgoZooError):  # noqa: N818 - a state of the world rather than an error
    """A dataset is neither here nor can it be downloaded."""


def fetch(
    manifest: RealManifest | SimulatedManifest, *, mirror: str | Path | None = None, folder: Path | None = None
) -> dict[str, Path]:
    """Bring the files of a dataset to this machine.

    Parameters
    ----------
    manifest : RealManifest or SimulatedManifest
        A simulated dataset has no files.
    mirror : path, optional
        Folder that is looked at first; by default the environment variable ALGOZOO_MIRROR. Then comes the cache
        (ALGOZOO_CACHE, or the operating system's cache folder), then the network.
    folder : path, optional
        Folder of the manifest, looked at next.

    Returns
    -------
    dict of path
        Keys 'cube', 'angles', 'psf' and, where the dataset has them, 'wavelengths' and 'reference'.

    Raises
    ------
    InputError
        If the mirror is no folder.
    DatasetUnavailable
        If a file is not here and cannot be downloaded.
    AlgoZooError
        If a checksum is wrong or a file cannot be written.
    """
    folders = _folders(mirror, folder)
    return {key: _fetch_file(file, folders) for key, file in _files(manifest)}


def is_available(
    manifest: RealManifest | SimulatedManifest, *, mirror: str | Path | None = None, folder: Path | None = None
) -> bool:
    """Tell whether all files of a dataset are in the mirror or the cache; checksums are left to `fetch`."""
    folders = _folders(mirror, folder)
    return all(_local(file, folders) is not None for _, file in _files(manifest))


def _files(manifest: RealManifest | SimulatedManifest) -> Iterator[tuple[str, SourceFile]]:
    if isinstance(manifest, RealManifest):
        yield from ((key, file) for key, file in manifest.files if file is not None)


def _folders(mirror: str | Path | None, folder: Path | None) -> list[Path]:
    """Return the folders that are looked at before the cache."""
    mirror = mirror or os.environ.get("ALGOZOO_MIRROR")
    if mirror and not Path(mirror).is_dir():
        raise InputError(f"the mirror {mirror} is not a folder: correct its path, or leave it out to download")
    return [Path(each) for each in (mirror, folder) if each]


def _cached(file: SourceFile) -> Path:
    """Path in the cache; the checksum in the name keeps versions of a file apart."""
    return cache_folder("downloads") / f"{file.sha256[:16]}-{Path(file.path).name}"


def _local(file: SourceFile, folders: list[Path]) -> Path | None:
    places = [folder / file.path for folder in folders]
    if file.url and file.url.startswith(FILE_URL):
        places.append(Path(urllib.parse.unquote(file.url.removeprefix(FILE_URL))))
    return next((path for path in [*places, _cached(file)] if path.is_file()), None)


def _fetch_file(file: SourceFile, folders: list[Path]) -> Path:
    path, url = _local(file, folders), file.web_address
    if path is None:
        if url is None:
            where = " or ".join([str(folder / file.path) for folder in folders] or [file.path])
            where = f"{where}, or at {file.url}" if file.url else where
            raise DatasetUnavailable(
                f"{where}: no such file, and nowhere to download it from: put it there, or name a folder with "
                f"{file.path} in it with --mirror, in Python mirror="
            )
        return _download(file, url)
    found = file_digest(path)
    if found != file.sha256:
        remedy = (
            f"delete it, and it is downloaded from {url}"
            if url
            else "bring the right one back, or give the dataset another version with the new checksum"
        )
        raise AlgoZooError(
            f"{path}: wrong checksum, the file is damaged or another version: expected sha256 {file.sha256}, found "
            f"{found}; {remedy}"
        )
    return path


def _download(file: SourceFile, url: str) -> Path:
    import pooch  # noqa: PLC0415
    import requests  # noqa: PLC0415

    path = _cached(file)
    try:
        with working_folder(path.parent) as folder:
            pooch.retrieve(
                url,
                f"sha256:{file.sha256}",
                fname=path.name,
                path=folder,
                downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
            )
            (folder / path.name).replace(path)
    except requests.RequestException as error:
        status = f" {error.response.status_code}" if error.response is not None else ""
        raise DatasetUnavailable(
            f"{url} cannot be downloaded ({type(error).__name__}{status}); with a copy of the file at "
            f"FOLDER/{file.path}, name FOLDER with --mirror, in Python mirror=, or in the environment variable "
            "ALGOZOO_MIRROR"
        ) from None
    except OSError as error:
        raise AlgoZooError(
            f"{path}: cannot be written ({error.strerror or error}); make room, or name another folder in the "
            "environment variable ALGOZOO_CACHE"
        ) from None
    except ValueError as error:  # how pooch reports a wrong checksum
        raise AlgoZooError(
            f"{url}: wrong checksum, expected sha256 {file.sha256}; nothing was kept. The file there has changed "
            f"or the download was altered: try again, or use a mirror ({error})"
        ) from None
    return path
