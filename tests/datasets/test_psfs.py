from collections.abc import Callable
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from algozoo.datasets.psfs import read_psf
from algozoo.errors import InputError

Write = Callable[..., Path]


@given(arrays.arrays(np.float64, (9, 9), elements=st.floats(allow_nan=False, width=64)), st.floats(0, 1e300))
def test_any_square_psf_gives_a_normalised_one_or_a_refusal(write_fits: Write, data: np.ndarray, peak: float) -> None:
    data[4, 4] = peak
    try:
        psf = read_psf(write_fits(data))
    except InputError:
        return
    assert np.isfinite(psf.psf).all()
    assert psf.fwhm > 0
    assert psf.flux > 0
