import zipfile

import pytest

from algozoo.errors import AlgoZooError
from algozoo.sandbox import environment
from algozoo.sandbox.environment import installed_packages, is_installed


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder with one wheel, and one package that would have to be built."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "moons-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("moons.py", "count = 79\n")
        wheel.writestr("moons-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: moons\nVersion: 1.0\n")
        wheel.writestr("moons-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("moons-1.0.dist-info/RECORD", "")
    (folder / "rings-1.0.tar.gz").write_bytes(b"")
    monkeypatch.setattr(environment, "ALWAYS", ())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.slow
def test_packages_are_installed_once(index, tmp_path):
    assert not is_installed(["moons==1.0"], tmp_path / "cache")
    folder = installed_packages(["moons==1.0"], tmp_path / "cache")
    assert (folder / "moons.py").read_text() == "count = 79\n"
    for wheel in index.iterdir():
        wheel.unlink()
    assert is_installed(["moons==1.0"], tmp_path / "cache")
    assert installed_packages(["moons==1.0"], tmp_path / "cache") == folder


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
