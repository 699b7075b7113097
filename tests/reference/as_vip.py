"""Our detectors with the choices of VIP, for the comparison of numbers and of speed."""

import warnings

import numpy as np
from scipy.stats import median_abs_deviation
from sklearn.decomposition import non_negative_factorization
from sklearn.exceptions import ConvergenceWarning

from algozoo.detectors.llsg import LLSG, godec
from algozoo.detectors.nmf import NMF


class LLSGAsVIP(LLSG):
    """They leave the mean frame in, and their threshold is the square root of the median absolute deviation."""

    def sparse_part(self, patch):
        return godec(patch, self.rank, lambda left: float(median_abs_deviation(left, axis=None)) ** 0.5, 11)


class NMFAsVIP(NMF):
    """They model only pixels that are positive in all frames, by multiplicative updates."""

    def subtract(self, sequence):
        frames = sequence.cube.reshape(sequence.n_frames, -1).astype(np.float64)
        pixels = np.flatnonzero((frames > 0).all(axis=0))
        residuals = np.zeros(frames.shape)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The multiplicative update", UserWarning)
            warnings.simplefilter("ignore", ConvergenceWarning)
            residuals[:, pixels] = self.without_model(frames[:, pixels], len(frames), len(frames))
        return residuals.reshape(sequence.cube.shape)

    def model(self, frames, library):
        how = {"n_components": self.n_components, "solver": "mu", "max_iter": self.max_iterations}
        _, components, _ = non_negative_factorization(library, init="nndsvd", random_state=0, **how)
        weights, _, _ = non_negative_factorization(frames, H=components, update_H=False, **how)
        return weights @ components
