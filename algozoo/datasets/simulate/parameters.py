"""The [simulation] table of a manifest: telescope, instrument, weather and observation in physical units."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationInfo, field_validator

from algozoo.datasets.simulate.sky import LONGEST_NIGHT, field_rotation
from algozoo.toml import NotNegative, Positive, Table

Electrons = Annotated[float, Field(gt=0, le=1e14)]
OpticalPath = Annotated[float, Field(ge=0, le=1e4)]


class Range(Table):
    """From `low` to `high`, both included."""

    low: float
    high: float

    @field_validator("high")
    @classmethod
    def _not_below_low(cls, high: float, info: ValidationInfo) -> float:
        if high < info.data.get("low", high):
            raise ValueError(f"expected at least low, which is {info.data['low']:g}")
        return high

    def draw(self, rng: np.random.Generator) -> float:
        """Draw a value, all being equally likely."""
        return float(rng.uniform(self.low, self.high))


class PositiveRange(Range):
    """A range of positive numbers."""

    low: Positive
    high: Positive


class Simulation(Table):
    """Parameters of `algozoo.datasets.simulate`, one ADI sequence of a star without companions.

    A range is one from which each sequence draws its own value. Optical path differences (`_nm`) are root mean squares
    over the pupil.

    Parameters
    ----------
    n_frames, size : int
        Number of frames and their side in pixels, at least 8 lambda/D.
    n_reference_frames : int
        Frames of another star for reference-star differential imaging: same optics and same residuals of the adaptive
        optics, another course of the drifts and other noise. None if 0.
    telescope_diameter_m : float
        Of the entrance pupil, metres.
    wavelength_um : PositiveRange
        Edges of the filter, or of the spectrum of an integral field spectrograph, micrometres.
    n_channels : int
        Equal parts of this range that are recorded apart; a cube of more than one has four dimensions.
    n_subbands : int
        Wavelengths that stand for each channel.
    field_rotation_deg : PositiveRange
        Between the first and the last frame, which are equally spaced in time.
    hour_angle_h : Range
        Hours from the meridian (West positive) to the star in the middle of the sequence.
    declination_deg, latitude_deg : float
        Of the star and of the telescope.
    n_actuators : int
        Of the deformable mirror across the pupil; half of it, in lambda/D, is the radius of the corrected field.
    ao_residual_nm : PositiveRange
        What the adaptive optics leaves, averaged over a frame to a smooth halo.
    fresh_fraction : float
        Share of a frame's light from turbulence that no other frame sees; it is speckled.
    seeing_rms : float
        Relative variation of `ao_residual_nm` during a sequence.
    static_opd_nm : float
        Non-common-path aberration that stays during a sequence.
    chromatic_opd_nm : float
        Static aberration that changes with wavelength: by ninety degrees, a new screen, over a third of it.
    slow_opd_nm, fast_opd_nm : float
        Aberrations that drift.
    slow_lifetime_frames, fast_lifetime_frames : float
        Correlation times of these drifts. Seeing and transparency drift as the slow one.
    waffle_opd_nm : float
        Pattern of the deformable mirror, another one in each frame.
    pointing_rms_lambda_over_d : float
        Of the star behind the coronagraph from frame to frame, along x and along y, at the central wavelength.
    jitter_rms_lambda_over_d : float
        The same within a frame.
    coronagraph_order : {0, 2, 4}
        Power of the star's small offset with which its light gets through: 2 for a vortex of charge 2, 4 for one of
        charge 4 or an apodised Lyot coronagraph, 0 for none.
    coronagraph_leak : float
        Fraction of the amplitude of rejected light that gets through.
    star_electrons : float
        Per frame and channel, without the coronagraph.
    transparency_rms : float
        Relative variation of the star's flux.
    sky_electrons : float
        Background per pixel, frame and channel; its mean is subtracted, its noise stays.
    read_noise_electrons : float
        Standard deviation per pixel, frame and channel.
    """

    n_frames: Annotated[int, Field(ge=2)]
    n_reference_frames: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=17)]

    telescope_diameter_m: Annotated[float, Field(gt=0, le=100)]
    wavelength_um: PositiveRange
    n_channels: Annotated[int, Field(ge=1)]
    n_subbands: Annotated[int, Field(ge=1)]

    declination_deg: Annotated[float, Field(gt=-90, lt=90)]
    latitude_deg: Annotated[float, Field(gt=-90, lt=90)]
    hour_angle_h: Range
    field_rotation_deg: PositiveRange

    n_actuators: Annotated[int, Field(ge=2)]
    ao_residual_nm: PositiveRange
    fresh_fraction: Annotated[float, Field(ge=0, le=1)]
    seeing_rms: Annotated[float, Field(ge=0, lt=1)]

    static_opd_nm: OpticalPath
    chromatic_opd_nm: OpticalPath
    slow_opd_nm: OpticalPath
    slow_lifetime_frames: Positive
    fast_opd_nm: OpticalPath
    fast_lifetime_frames: Positive
    waffle_opd_nm: OpticalPath
    pointing_rms_lambda_over_d: NotNegative
    jitter_rms_lambda_over_d: NotNegative

    coronagraph_order: Literal[0, 2, 4]
    coronagraph_leak: Annotated[float, Field(ge=0, le=1)]

    star_electrons: Electrons
    transparency_rms: Annotated[float, Field(ge=0, lt=1)]
    sky_electrons: Annotated[float, Field(ge=0, le=1e14)]
    read_noise_electrons: Annotated[float, Field(ge=0, le=1e7)]

    @field_validator("field_rotation_deg")
    @classmethod
    def _turns_in_a_night(cls, rotation: PositiveRange, info: ValidationInfo) -> PositiveRange:
        if not {"declination_deg", "latitude_deg", "hour_angle_h"} <= info.data.keys():
            return rotation
        star, middle = (info.data["declination_deg"], info.data["latitude_deg"]), info.data["hour_angle_h"]
        most = min(field_rotation(LONGEST_NIGHT, hour_angle, *star) for hour_angle in (middle.low, middle.high))
        if rotation.high > most:
            raise ValueError(
                f"expected high to be at most {most:.1f}, by which the field of this star turns in {LONGEST_NIGHT:g} h"
            )
        return rotation

    def wavelengths_nm(self) -> NDArray[np.float64]:
        """Wavelengths of all sub-bands, array (n_channels, n_subbands)."""
        edges = np.linspace(self.wavelength_um.low, self.wavelength_um.high, 2 * self.n_channels * self.n_subbands + 1)
        return np.asarray(1000 * edges[1::2].reshape(self.n_channels, self.n_subbands))

    def lambda_over_d(self, pixel_scale: float) -> tuple[float, float]:
        """Resolution in pixels of `pixel_scale` arcseconds at both ends of the range of wavelengths."""
        per_micrometre = np.rad2deg(1e-6 / self.telescope_diameter_m) * 3600 / pixel_scale
        return float(self.wavelength_um.low * per_micrometre), float(self.wavelength_um.high * per_micrometre)
