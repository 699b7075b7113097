from pathlib import Path

import pytest

import algozoo
from algozoo.sandbox.confinement import World


@pytest.fixture
def world():
    package = Path(algozoo.__file__).parent
    return World(package=package, parts=("__init__.py", "errors.py", "files.py", "sandbox"), site=(), folder=package)
