"""What a suite can tell, before anybody enters."""

import numpy as np
from scipy import optimize, special


def resolvable_difference(
    n_sequences: int,
    n_injected: int,
    *,
    comparisons: int = 1,
    correlation: float = 0.0,
    disagreement: float = 0.2,
    power: float = 0.8,
) -> float:
    """Find the smallest difference of true-positive rates that a suite separates, at 5 %.

    Both detectors see the same trials, and only those count that one of them finds and the other does not
    (Connor 1987, 10.2307/2531961). Trials of one sequence resemble each other, so that n of them are worth
    n / (1 + (m - 1) correlation), m being those of one sequence (Kish 1965).

    Parameters
    ----------
    n_sequences, n_injected : int
        Sequences of the dataset, and injected trials of all of them.
    comparisons : int
        Pairs of detectors that are compared; all together may go wrong in 5 % of suites.
    correlation : float
        Of two trials of one sequence, in what one detector finds and the other does not; 0 is the best case.
    disagreement : float
        Share of the trials that only one of the two finds, or the difference itself where that is larger.
    power : float
        Probability that a difference of this size is separated.

    Returns
    -------
    float
        Between 0 and 1; infinity if no difference can be separated.
    """
    n = n_injected / (1 + (n_injected / n_sequences - 1) * correlation)
    z = special.ndtri(1 - 0.025 / comparisons)
    z_power = special.ndtri(power)

    def excess(difference: float) -> float:
        discordant = max(disagreement, difference)
        needed = z * np.sqrt(discordant) + z_power * np.sqrt(discordant - difference**2)
        return float(difference * np.sqrt(n) - needed)

    return float(optimize.brentq(excess, 0, 1)) if excess(1) > 0 else np.inf
