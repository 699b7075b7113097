import numpy as np
import pytest

from algozoo.sequence import ADISequence


@pytest.fixture(scope="session")
def sequence(reference_numbers):
    """NACO beta Pic as the peers had it."""
    night = reference_numbers("input")
    return ADISequence(
        cube=night["cube"],
        parallactic_angles=night["angles"],
        psf=night["psfn"],
        star_flux=float(night["starphot"]),
        pixel_scale=float(night["plsc"]),
        fwhm=float(night["fwhm"]),
    )


@pytest.fixture(scope="session")
def derotate_as_vip():
    """Derotate 101 px frames by VIP's three shears on 402 px, which carry the unpaired Nyquist term along."""
    length, start = 402, 151
    frequency, offset = np.fft.fftfreq(length), np.arange(length) - start - 50

    def shear(frame, amount):
        return np.fft.ifft(np.fft.fft(frame) * np.exp(-2j * np.pi * amount * np.outer(offset, frequency)))

    def rotate(frame, angle):
        quarters = round(angle / 90)
        theta = np.deg2rad(angle - 90 * quarters)
        square = np.zeros((length, length), complex)
        square[start : start + 101, start : start + 101] = np.rot90(frame, -quarters)
        tilted = shear(shear(shear(square, -np.tan(theta / 2)).T, np.sin(theta)).T, -np.tan(theta / 2))
        return tilted.real[start : start + 101, start : start + 101]

    def derotate(cube, angles):
        return np.stack([rotate(frame, float(angle)) for frame, angle in zip(cube, angles, strict=True)])

    return derotate
