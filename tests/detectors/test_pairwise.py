import numpy as np

from algozoo.detectors.pairwise import Pairwise


def test_pairwise_subtracts_the_most_similar_frame(with_halo, patches):
    sequence, detector = with_halo(), Pairwise(rotation=(0.1, 1))
    expected = np.zeros(sequence.cube.shape)
    for segment, _, references in patches(detector, sequence):
        for t, chosen in enumerate(references):
            differences = [sequence.cube[t][segment].astype(float) - sequence.cube[s][segment] for s in chosen]
            expected[t][segment] = min(differences, key=lambda d: abs(d).sum())
    assert np.allclose(detector.subtract(sequence), expected, atol=1e-9)
