"""Simulated ADI sequences: light goes through an aberrated pupil and a coronagraph onto a detector."""

from algozoo.datasets.simulate.parameters import Simulation
from algozoo.datasets.simulate.sequence import simulate

__all__ = ["Simulation", "simulate"]
