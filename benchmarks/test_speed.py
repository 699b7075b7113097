"""How long the building blocks of a trial take, beside VIP where it is installed (in the same run, same settings).

Run with ``make benchmark``, on one core with one BLAS thread; ratios within a group are what counts. VIP warns of
packages that it would like to have: that is no failure.
"""

from dataclasses import replace

import numpy as np
import pytest
from as_vip import LLSGAsVIP, NMFAsVIP

from algozoo.companions import Companion, inject
from algozoo.datasets import load_dataset, simulate
from algozoo.detectors.llsg import LLSG
from algozoo.detectors.matched_filter import MatchedFilter
from algozoo.detectors.median import Median
from algozoo.detectors.nmf import NMF
from algozoo.detectors.pca import PCA
from algozoo.detectors.stim import STIM
from algozoo.imaging.rotate import derotate
from algozoo.imaging.snr import snr_map
from algozoo.scoring import find_candidates

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def vip():
    """Skip what needs VIP where it is not installed; it belongs in an environment of its own."""
    return pytest.importorskip("vip_hci")


@pytest.fixture(scope="module")
def night(sequence):
    """A star that changes, all pixels positive: what non-negative components are made for."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:101, :101] - 50
    speckles = np.tensordot(rng.random((61, 8)), rng.random((8, 101, 101)), 1)
    return replace(sequence, cube=20 + sequence.cube + 500 * np.exp(-np.hypot(x, y) / 15) * speckles)


@pytest.mark.benchmark(group="PCA(10) detection map, Fourier rotation, exact S/N map")
def test_pca_map(benchmark, sequence):
    result = benchmark(PCA(n_components=10).detect, sequence)
    assert np.isfinite(result.scores).any()


@pytest.mark.benchmark(group="PCA(10) detection map, Fourier rotation, exact S/N map")
def test_pca_map_of_vip(benchmark, sequence, vip):
    def detect():
        frame = vip.psfsub.pca(sequence.cube, sequence.parallactic_angles, ncomp=10, imlib="vip-fft", verbose=False)
        return vip.metrics.snrmap(frame, sequence.fwhm, nproc=1, verbose=False)

    assert np.isfinite(benchmark.pedantic(detect, rounds=1)).any()


@pytest.mark.benchmark(group="PCA(10) final image, Fourier rotation")
def test_pca_image(benchmark, sequence):
    detector = PCA(n_components=10)
    image = benchmark(lambda: np.median(derotate(detector.subtract(sequence), sequence.parallactic_angles), axis=0))
    assert image.shape == (101, 101)


@pytest.mark.benchmark(group="PCA(10) final image, Fourier rotation")
def test_pca_image_of_vip(benchmark, sequence, vip):
    def image():
        return vip.psfsub.pca(sequence.cube, sequence.parallactic_angles, ncomp=10, imlib="vip-fft", verbose=False)

    assert benchmark.pedantic(image, rounds=2).shape == (101, 101)


@pytest.mark.benchmark(group="exact S/N map")
def test_snr_map(benchmark, sequence):
    assert np.isfinite(benchmark(snr_map, sequence.cube[0], sequence.fwhm)).any()


@pytest.mark.benchmark(group="exact S/N map")
def test_snr_map_of_vip(benchmark, sequence, vip):
    def scores():
        return vip.metrics.snrmap(sequence.cube[0], sequence.fwhm, nproc=1, verbose=False)

    assert np.isfinite(benchmark.pedantic(scores, rounds=1)).any()


@pytest.mark.benchmark(group="injection")
def test_injection(benchmark, sequence):
    companion = Companion(separation=20, azimuth=30, contrast=1e-3)
    assert benchmark(inject, sequence, [companion]).n_frames == 61


@pytest.mark.benchmark(group="injection")
def test_injection_of_vip(benchmark, sequence, vip):
    def inject_one():
        return vip.fm.cube_inject_companions(
            sequence.cube, sequence.psf, sequence.parallactic_angles, flevel=100.0, rad_dists=[20.0], verbose=False
        )

    assert benchmark.pedantic(inject_one, rounds=3).shape == (61, 101, 101)


@pytest.mark.benchmark(group="median detection map")
def test_median_map(benchmark, sequence):
    assert np.isfinite(benchmark(Median().detect, sequence).scores).any()


@pytest.mark.benchmark(group="median final image, Fourier rotation")
def test_median_image(benchmark, sequence):
    image = benchmark(lambda: np.median(derotate(Median().subtract(sequence), sequence.parallactic_angles), axis=0))
    assert image.shape == (101, 101)


@pytest.mark.benchmark(group="median final image, Fourier rotation")
def test_median_image_of_vip(benchmark, sequence, vip):
    def image():
        return vip.psfsub.median_sub(sequence.cube, sequence.parallactic_angles, imlib="vip-fft", verbose=False)

    assert benchmark.pedantic(image, rounds=2).shape == (101, 101)


@pytest.mark.benchmark(group="LLSG(5) final image, Fourier rotation, the authors' choices")
def test_llsg_image(benchmark, sequence):
    detector = LLSGAsVIP()
    image = benchmark(lambda: np.median(derotate(detector.subtract(sequence), sequence.parallactic_angles), axis=0))
    assert image.shape == (101, 101)


@pytest.mark.benchmark(group="LLSG(5) final image, Fourier rotation, the authors' choices")
def test_llsg_image_of_vip(benchmark, sequence, vip):
    def image():
        return vip.psfsub.llsg(sequence.cube, sequence.parallactic_angles, sequence.fwhm, rank=5, verbose=False)

    assert benchmark.pedantic(image, rounds=2).shape == (101, 101)


@pytest.mark.benchmark(group="NMF(5) final image, Fourier rotation, multiplicative updates")
def test_nmf_image(benchmark, night):
    detector = NMFAsVIP(n_components=5, max_iterations=10_000)
    image = benchmark.pedantic(
        lambda: np.median(derotate(detector.subtract(night), night.parallactic_angles), axis=0), rounds=3
    )
    assert image.shape == (101, 101)


@pytest.mark.benchmark(group="NMF(5) final image, Fourier rotation, multiplicative updates")
def test_nmf_image_of_vip(benchmark, night, vip):
    def image():
        return vip.psfsub.nmf(night.cube, night.parallactic_angles, ncomp=5, random_state=0, verbose=False)

    assert benchmark.pedantic(image, rounds=2).shape == (101, 101)


@pytest.mark.parametrize("detector", [LLSG(), NMF(), STIM(), MatchedFilter()], ids=lambda detector: detector.name)
@pytest.mark.benchmark(group="detection map with default parameters")
def test_default_map(benchmark, night, detector):
    assert np.isfinite(benchmark.pedantic(detector.detect, [night], rounds=3, warmup_rounds=1).scores).any()


@pytest.mark.benchmark(group="candidates of a map")
def test_candidates(benchmark, sequence):
    scores = snr_map(sequence.cube[0], sequence.fwhm)
    assert len(benchmark(find_candidates, scores, fwhm=sequence.fwhm, valid=np.isfinite(scores)).score) > 0


@pytest.mark.benchmark(group="simulated sequence, naco-lp")
def test_simulated_sequence(benchmark):
    manifest = load_dataset("naco-lp").manifest

    def draw():
        return simulate(manifest.simulation, np.random.default_rng(0), pixel_scale=manifest.pixel_scale)

    assert benchmark.pedantic(draw, rounds=2).n_frames == 61
