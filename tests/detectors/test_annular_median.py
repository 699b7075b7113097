import numpy as np

from algozoo.detectors.annular_median import AnnularMedian


def test_annular_median_is_the_plain_loop(with_halo, patches):
    """With the median of all frames subtracted first, as in the paper, which changes nothing."""
    sequence, detector = with_halo(), AnnularMedian(rotation=(0.1, 1))
    cube = sequence.cube - np.median(sequence.cube.astype(float), axis=0)
    expected = np.zeros(cube.shape)
    for segment, _, references in patches(detector, sequence):
        for t, chosen in enumerate(references):
            expected[t][segment] = cube[t][segment] - np.median(cube[chosen], axis=0)[segment]
    assert np.allclose(detector.subtract(sequence), expected, atol=1e-9)
