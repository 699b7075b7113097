import os
import zipfile
from pathlib import Path

import pytest

from algozoo.errors import AlgoZooError
from algozoo.sandbox import environment
from algozoo.sandbox.environment import installed_packages


def add_wheel(folder: Path, name: str, code: str, more: str = "") -> None:
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", code)
        wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{more}")
        wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder with three wheels, and one package that would have to be built."""
    folder = tmp_path / "index"
    folder.mkdir()
    add_wheel(folder, "moons", "count = 79\n")
    add_wheel(folder, "torch", "x = 1\n", "Requires-Dist: nvidia-cublas==1.0\n")
    add_wheel(folder, "nvidia_cublas", f"x = {os.urandom(2**20).hex()!r}\n")
    (folder / "rings-1.0.tar.gz").write_bytes(b"")
    monkeypatch.setattr(environment, "ALWAYS", ())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.slow
def test_packages_are_installed_once(index, tmp_path):
    told = []
    folder = installed_packages(["moons==1.0"], tmp_path / "cache", tell=told.append)
    assert (folder / "moons.py").read_text() == "count = 79\n"
    for wheel in index.iterdir():
        wheel.unlink()
    assert installed_packages(["moons==1.0"], tmp_path / "cache", tell=told.append) == folder
    assert told == ["installing moons==1.0, once: 1 packages, 0 MB"]


@pytest.mark.slow
@pytest.mark.usefixtures("index")
def test_libraries_for_gpus_are_installed_only_for_who_needs_a_gpu(tmp_path):
    with pytest.raises(AlgoZooError, match=r"1 libraries for GPUs, nvidia.cublas .*2 MB.* PIP_EXTRA_INDEX_URL"):
        installed_packages(["torch==1.0"], tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())
    told = []
    folder = installed_packages(["torch==1.0"], tmp_path / "cache", gpu=True, tell=told.append)
    assert (folder / "nvidia_cublas.py").is_file()
    assert told == ["installing torch==1.0, once: 2 packages, 2 MB"]


@pytest.mark.slow
@pytest.mark.usefixtures("index")
def test_what_no_server_tells_is_said_to_be_unknown(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise OSError

    monkeypatch.setattr(environment.urllib.request, "urlopen", fails)
    told = []
    installed_packages(["moons==1.0"], tmp_path / "cache", tell=told.append)
    assert told == [
        "installing moons==1.0, once: 1 packages, at least 0 MB (of 1 the server does not say how large they are)"
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("index")
def test_a_pip_in_the_folder_of_the_caller_is_not_run(tmp_path, monkeypatch):
    (tmp_path / "pip.py").write_text("open('was-run', 'w')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert (installed_packages(["moons==1.0"], tmp_path / "cache") / "moons.py").is_file()
    assert not list(tmp_path.rglob("was-run"))


@pytest.mark.slow
@pytest.mark.parametrize("requirement", ["rings==1.0", "comets==2.0"])
@pytest.mark.usefixtures("index")
def test_what_is_no_wheel_or_nowhere_is_refused(requirement, tmp_path):
    with pytest.raises(
        AlgoZooError, match=rf"requirements {requirement} cannot be installed(.|\n)*Only packages with a wheel"
    ):
        installed_packages([requirement], tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())
