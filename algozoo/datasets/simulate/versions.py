"""Versions of the simulator, of which keys are made: raised when the numbers of its sequences change."""

SIMULATOR_VERSION = "1"
"""For manifests of users. It is raised when the numbers of any dataset below change."""

VERSIONS = {
    "naco-low-rotation": "1",
    "naco-lp": "1",
    "naco-rdi": "1",
    "naco-unocculted": "1",
    "nirc2-lp": "1",
    "sphere-h": "1",
    "sphere-ifs": "1",
    "tiny": "1",
}
"""For the datasets that come with AlgoZoo, each by itself, so that a change of one leaves the others valid."""


def simulator_version(name: str) -> str:
    """Return the version of the simulator for a dataset."""
    return VERSIONS.get(name, SIMULATOR_VERSION)
