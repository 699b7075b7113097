"""Tests mirror the package: a module has its tests in a file of its name, in the folder of its name."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
EXCEPTIONS = {
    # computed and compared as a whole in `benchmark/golden/test_check.py`
    "benchmark/golden/detectors.py",
    "benchmark/golden/imports.py",
    "benchmark/golden/real.py",
    "benchmark/golden/simulator.py",
    "benchmark/golden/trials.py",
    # abstract methods only
    "detectors/supervised/learner.py",
    # programs that run inside a sandbox: `rogues` and `sandbox/test_sandbox.py` see what they let happen
    "sandbox/child.py",
    "sandbox/echo.py",
    "sandbox/proc.py",
    "sandbox/zygote.py",
}


def modules() -> list[str]:
    paths = (ROOT / "algozoo").rglob("*.py")
    return [str(path.relative_to(ROOT / "algozoo")) for path in paths if path.stem not in {"__init__", "__main__"}]


def has_tests(module: str) -> bool:
    path = Path(module)
    return (ROOT / "tests" / path.parent / f"test_{path.name}").is_file()


def test_a_module_has_a_test_file_of_its_name_or_is_an_exception():
    assert {module for module in modules() if not has_tests(module)} == EXCEPTIONS
