import io
import re
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from astropy.io import fits

from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run, write_preview
from algozoo.benchmark.store import Store
from algozoo.cli import main
from algozoo.datasets import load_dataset


class Ended(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def algozoo(monkeypatch, capsys):
    """Run the command line in this process."""

    def command(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["algozoo", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return Ended(int(stop.value.code or 0), captured.out, captured.err)

    return command


PAGE = (Path(__file__).parents[2] / "docs" / "challenge.md").read_text()


def _blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def _fits_bytes(values):
    content = io.BytesIO()
    fits.PrimaryHDU(np.asarray(values)).writeto(content)
    return content.getvalue()


def _pack(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


@pytest.fixture
def shown() -> list[tuple[str, str]]:
    """Return the commands on the page about the challenges, and what it shows of each."""
    return re.findall(r"```console\n\$ algozoo (.*)\n((?:.*\n)*?)```", PAGE)


@pytest.fixture
def fits_bytes():
    """Make the content of a FITS file."""
    return _fits_bytes


@pytest.fixture
def pack():
    """Write files to an archive."""
    return _pack


@pytest.fixture
def maps(tmp_path, monkeypatch):
    """Make the truth and the entry of the page, and a broken one."""
    monkeypatch.chdir(tmp_path)
    Path("truth.toml").write_text(_blocks("toml")[0])
    exec(_blocks("python")[0], {})  # noqa: S102 - our own page
    with zipfile.ZipFile("entry.zip") as entry:
        files = {name: entry.read(name) for name in entry.namelist()}
    files["irdis_detmap_01.fits"] = files.pop("irdis_detmap_1.fits")
    files["maps/irdis_detmap_2.fits"] = files.pop("irdis_detmap_2.fits")
    files["irdis_detmap_3.fits"] = _fits_bytes(np.zeros((100, 101)))
    files["detection_threshold.fits"] = _fits_bytes([3.5])
    files["npix.fits"] = b"2"
    _pack("broken.zip", files)
    return tmp_path


@pytest.fixture
def spectra(tmp_path, monkeypatch):
    """Make the truth and the entry of the page."""
    monkeypatch.chdir(tmp_path)
    Path("truth.toml").write_text(_blocks("toml")[1])
    exec(_blocks("python")[1], {})  # noqa: S102 - our own page
    return tmp_path


@pytest.fixture
def store(suite, tmp_path):
    """Results of the small suite."""
    store = Store(tmp_path / "results")
    write_preview(load_dataset(suite.datasets[0].name), store)
    assert len(list(run(plan(suite)[0], store))) == 8
    return ["--store", store.folder]
