"""How long the annular detectors take for a final image, beside VIP where it is installed.

Both rotate by Fourier shears. VIP has its defaults, but for the components and the thresholds of its pairs, which are
those that the tests compare with.
"""

import pytest

from algozoo.detectors.annular_median import AnnularMedian
from algozoo.detectors.annular_pca import AnnularPCA
from algozoo.detectors.loci import LOCI
from algozoo.detectors.pairwise import Pairwise
from algozoo.imaging.combine import combine
from algozoo.imaging.rotate import derotate

pytestmark = pytest.mark.filterwarnings("ignore")

CASES = {
    "annular-median": (AnnularMedian(), "median_sub", {"mode": "annular", "nframes": 4}),
    "annular-pca": (AnnularPCA(n_components=5), "pca_annular", {"ncomp": 5}),
    "loci": (LOCI(), "xloci", {}),
    "pairwise": (Pairwise(), "frame_diff", {"dist_threshold": 90, "radius_int": 4}),
}


cases = [
    pytest.param(*case, id=name, marks=pytest.mark.benchmark(group=f"{name}, final image, Fourier rotation"))
    for name, case in CASES.items()
]


@pytest.mark.parametrize(("detector", "_function", "_options"), cases)
def test_image(benchmark, sequence, detector, _function, _options):
    def image():
        return combine(derotate(detector.subtract(sequence), sequence.parallactic_angles))

    assert benchmark.pedantic(image, rounds=3, warmup_rounds=1).any()


@pytest.mark.parametrize(("_detector", "function", "options"), cases)
def test_image_of_vip(benchmark, sequence, _detector, function, options):
    vip = pytest.importorskip("vip_hci")
    subtract = getattr(vip.psfsub, function)

    def image():
        return subtract(
            sequence.cube, sequence.parallactic_angles, fwhm=sequence.fwhm, imlib="vip-fft", verbose=False, **options
        )

    assert benchmark.pedantic(image, rounds=1).any()


@pytest.mark.parametrize("n_frames", [61, 122])
@pytest.mark.parametrize("size", [101, 143])
@pytest.mark.parametrize("name", CASES)
def test_growth(benchmark, make_noise, name, n_frames, size):
    """With the number of frames and of pixels; compare within a detector."""
    detector, sequence = CASES[name][0], make_noise(n_frames, size)
    assert benchmark.pedantic(detector.subtract, [sequence], rounds=1, warmup_rounds=0).any()
