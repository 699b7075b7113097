"""Simulated ADI sequences: light goes through an aberrated pupil and a coronagraph onto a detector."""

from algozoo.datasets.simulate.parameters import Simulation
from algozoo.datasets.simulate.sequence import simulate
from algozoo.datasets.simulate.versions import SIMULATOR_VERSION, VERSIONS, simulator_version

__all__ = ["SIMULATOR_VERSION", "VERSIONS", "Simulation", "simulate", "simulator_version"]
