"""Trials for detectors that cannot run here: neutral files without truth, for MATLAB, IDL or a cluster."""

import os
import secrets
from dataclasses import replace
from pathlib import Path

import numpy as np
from astropy.io import fits

from algozoo.benchmark.suite import Suite
from algozoo.benchmark.trials import draw_trials
from algozoo.companions import inject
from algozoo.errors import InputError
from algozoo.files import write_text_whole, write_whole
from algozoo.reporter import Reporter
from algozoo.sequence import ADISequence
from algozoo.submissions.sealed import COMMITMENT, MAPS, TRIALS, Control, SealedTrial, Truth, content_digest, digests_of
from algozoo.testing import obvious_planet

SAME_TIME = 946684800
"""Date of all files (2000-01-01): theirs would tell the order of the trials."""

README = f"""Each file in {TRIALS} is a sequence of images of a star, with one faint companion or none:

  CUBE         float32, frames x rows x columns (with a spectrograph, channels x frames x rows x columns)
  ANGLES       degrees, one for each frame
  PSF          an unsaturated point source, of unit flux in an aperture of one FWHM
  WAVELENGTHS  micrometres, and REFERENCE, frames of other stars: where there are any
  header       FWHM (pixels), PIXSCALE (arcseconds per pixel), STARFLUX (of the star in such an aperture)

The star is at the centre of each frame: at ((n - 1) / 2, (n - 1) / 2) counted from 0, (n + 1) / 2 from 1.
Turning the content of a frame by +ANGLES counter-clockwise (NAXIS1 to the right, NAXIS2 up) aligns the sky.

For each file TRIAL.fits put a map {MAPS}/TRIAL.fits beside it: one image of the size of a frame, aligned with the sky,
larger where a companion is more likely, NaN where nothing can be said. No threshold. In some files a companion is so
bright that nobody can miss it: they show whether the maps came back turned or mirrored.
"""


def export_trials(
    suite: Suite, folder: Path, secret: Path, *, mirror: Path | None = None, report: Reporter | None = None
) -> Truth:
    """Write the trials of a suite as FITS files of random names, and what they are into a file of its own.

    Parameters
    ----------
    suite : Suite
    folder : path
        New; gets `trials`, a README and the commitment to the truth.
    secret : path
        New file for the truth, outside the folder.
    mirror : path, optional
        See `algozoo.datasets.fetch`.
    report : Reporter, optional
        Is told of each sequence that is done; by default it prints.

    Returns
    -------
    Truth

    Raises
    ------
    InputError
        If the folder or the file exists, the file lies inside the folder, or the suite has mistakes.
    AlgoZooError
        If the data cannot be had, or the files cannot be written.
    """
    for path in (folder, secret):
        if path.exists():
            raise InputError(f"{path}: exists already; name a new one")
    if secret.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{secret}: lies in {folder}, which you will give away; name a place outside of it")
    rng = np.random.default_rng(secrets.randbits(128))
    trials, controls = [], []
    datasets = [(entry, suite.load(entry, mirror)) for entry in suite.datasets]
    steps = [(*each, index) for each in datasets for index in range(each[0].sequences or each[1].n_sequences)]
    with (report or Reporter()).steps(len(steps)) as done:
        for entry, dataset, index in steps:
            null = replace(dataset.null_sequence(index), name="sequence", meta={})
            for trial in draw_trials(suite, entry, dataset, index, null):
                name, sequence = secrets.token_hex(6), trial.sequence(null)
                _write(sequence, folder / TRIALS / f"{name}.fits")
                trials.append(SealedTrial(id=name, dataset=entry.name, content=content_digest(sequence)))
            if index == 0:
                name = secrets.token_hex(6)
                planet = obvious_planet(null, 22.5 + 45 * int(rng.integers(8)) + float(rng.uniform(-5, 5)))
                x, y = planet.position(null)
                _write(inject(null, [planet]), folder / TRIALS / f"{name}.fits")
                controls.append(Control(id=name, dataset=entry.name, x=x, y=y))
            done(f"{entry.name}/{index} written")
    truth = Truth(
        suite=suite,
        digests=digests_of(suite, mirror),
        trials=tuple(sorted(trials, key=lambda trial: trial.id)),
        controls=tuple(controls),
    )
    truth.write(secret)
    for name, text in (("README.txt", README), (COMMITMENT, truth.commitment + "\n")):
        write_text_whole(folder / name, text)
    return truth


def _write(sequence: ADISequence, path: Path) -> None:
    header = fits.Header({"FWHM": sequence.fwhm, "PIXSCALE": sequence.pixel_scale})
    if np.ndim(sequence.star_flux) == 0:
        header["STARFLUX"] = float(sequence.star_flux)
    hdus = fits.HDUList([fits.PrimaryHDU(sequence.cube, header)])
    hdus[0].name = "CUBE"
    for name, values in (
        ("ANGLES", sequence.parallactic_angles),
        ("PSF", sequence.psf),
        ("WAVELENGTHS", sequence.wavelengths),
        ("REFERENCE", sequence.reference),
        ("STARFLUX", sequence.star_flux if np.ndim(sequence.star_flux) else None),
    ):
        if values is not None:
            hdus.append(fits.ImageHDU(values, name=name))
    write_whole(path, hdus.writeto)
    os.utime(path, (SAME_TIME, SAME_TIME))
