"""A simulated ADI sequence: screens, optics and sky put together, and the noise of the detector."""

import numpy as np
from numpy.typing import NDArray

from algozoo.datasets.simulate.parameters import Simulation
from algozoo.datasets.simulate.sky import hour_angles, parallactic_angle
from algozoo.datasets.simulate.telescope import Telescope
from algozoo.sequence import ADISequence

Array = NDArray[np.float64]


def simulate(
    parameters: Simulation, rng: np.random.Generator, *, pixel_scale: float, name: str = "simulated"
) -> ADISequence:
    """Draw one ADI sequence of a star without companions.

    Parameters
    ----------
    parameters : Simulation
    rng : Generator
        Equal states give equal sequences.
    pixel_scale : float
        Arcseconds per pixel.
    name : str

    Returns
    -------
    ADISequence
        Cube in electrons per frame, background-subtracted.
    """
    angles = _parallactic_angles(parameters, rng)
    telescope = Telescope.draw(parameters, pixel_scale, rng)
    psf, fwhm, star_flux = telescope.off_axis_psf()
    cube = telescope.observe(parameters.n_frames, rng)
    reference = telescope.observe(parameters.n_reference_frames, rng) if parameters.n_reference_frames else None
    spectral = parameters.n_channels > 1
    return ADISequence(
        cube=cube if spectral else cube[0],
        parallactic_angles=angles,
        psf=psf if spectral else psf[0],
        star_flux=star_flux if spectral else float(star_flux[0]),
        pixel_scale=pixel_scale,
        fwhm=fwhm,
        wavelengths=parameters.wavelengths_nm().mean(axis=1) / 1000 if spectral else None,
        reference=reference if reference is None or spectral else reference[0],
        name=name,
    )


def _parallactic_angles(parameters: Simulation, rng: np.random.Generator) -> Array:
    rotation, middle = parameters.field_rotation_deg.draw(rng), parameters.hour_angle_h.draw(rng)
    star = parameters.declination_deg, parameters.latitude_deg
    return parallactic_angle(hour_angles(parameters.n_frames, rotation, middle, *star), *star)
