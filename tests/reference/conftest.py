import numpy as np
import pytest
from scipy import fft

from algozoo.sequence import ADISequence


@pytest.fixture(scope="session")
def night(reference_numbers):
    return reference_numbers("input")


@pytest.fixture(scope="session")
def sequence(night):
    return ADISequence(
        cube=night["cube"],
        parallactic_angles=night["angles"],
        psf=night["psfn"],
        star_flux=float(night["starphot"]),
        pixel_scale=float(night["plsc"]),
        fwhm=float(night["fwhm"]),
    )


@pytest.fixture(scope="session")
def rotate_like_them():
    """Rotate a frame by three shears on a grid of even length, the unpaired Nyquist term carried along as they do."""

    def rotate(frame: np.ndarray, angle: float) -> np.ndarray:
        size = len(frame)
        length, start = 4 * size - 2, 3 * (size - 1) // 2 + 1
        inside = slice(start, start + size)
        frequency, offset = np.fft.fftfreq(length), np.arange(length) - start - (size - 1) // 2
        quarters = round(angle / 90)
        theta = np.deg2rad(angle - 90 * quarters)

        def shear(lines, where, amount):
            return fft.ifft(fft.fft(lines) * np.exp(-2j * np.pi * amount * np.outer(offset[where], frequency)))

        wide = np.zeros((size, length), complex)
        wide[:, inside] = np.rot90(frame, -quarters)
        tall = np.zeros((length, length), complex)
        tall[:, inside] = shear(wide, inside, -np.tan(theta / 2)).T
        tall = shear(tall, slice(None), np.sin(theta))
        return shear(tall.T[inside], inside, -np.tan(theta / 2)).real[:, inside]

    return rotate
