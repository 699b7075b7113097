"""Versions of the simulator, of which keys are made: raised when the numbers of its sequences change."""

SIMULATOR_VERSION = "2"
"""For manifests of users. It is raised when the numbers of any dataset below change."""

VERSIONS = {
    "naco-low-rotation": "2",
    "naco-lp": "2",
    "naco-rdi": "2",
    "naco-unocculted": "2",
    "nirc2-lp": "2",
    "sphere-h": "2",
    "sphere-ifs": "2",
    "tiny": "2",
}
"""For the datasets that come with AlgoZoo, each by itself, so that a change of one leaves the others valid."""


def simulator_version(name: str) -> str:
    """Return the version of the simulator for a dataset."""
    return VERSIONS.get(name, SIMULATOR_VERSION)
