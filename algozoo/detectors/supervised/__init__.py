"""Detectors that learn: their samples, their models, and the two of them."""
