"""AlgoZoo: a fair benchmark of algorithms that find exoplanets in high-contrast image sequences."""

__version__ = "0.1.0"
