import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits

from algozoo.benchmark.plan import plan
from algozoo.benchmark.rows import SCHEMA
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.detectors.median import Median
from algozoo.sequence import ADISequence
from algozoo.submissions.export import export_trials
from algozoo.submissions.sealed import read_truth
from algozoo.submissions.verify import verify


def sequence_in(path) -> ADISequence:
    with fits.open(path) as hdus:
        header, arrays = hdus[0].header, {hdu.name: np.array(hdu.data) for hdu in hdus}
    assert set(arrays) == {"CUBE", "ANGLES", "PSF"}
    return ADISequence(
        cube=arrays["CUBE"],
        parallactic_angles=arrays["ANGLES"],
        psf=arrays["PSF"],
        star_flux=header["STARFLUX"],
        pixel_scale=header["PIXSCALE"],
        fwhm=header["FWHM"],
    )


@pytest.fixture(scope="session")
def exported(suite, tmp_path_factory):
    """Export the small suite, and make the maps of `median` elsewhere."""
    folder = tmp_path_factory.mktemp("exchange") / "out"
    export_trials(suite, folder, folder.with_name("out.truth"))
    (folder / "maps").mkdir()
    for path in (folder / "trials").iterdir():
        fits.writeto(folder / "maps" / path.name, Median().detect(sequence_in(path)).scores)
    return folder


@pytest.fixture
def returned(exported, tmp_path):
    """Return a copy in which maps may be spoilt."""
    shutil.copytree(exported, tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def truth(exported):
    return read_truth(exported.with_name("out.truth"), exported, None)


@pytest.fixture(scope="session")
def published(suite, tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("published"))
    list(run([shard for shard in plan(suite)[0] if shard.detector.name == "median"], store))
    return store


@pytest.fixture
def again(suite):
    def again(store, label="median", **how):
        [verified] = verify(store, suite, label, rng=np.random.default_rng(0), **how)
        return verified

    return again


@pytest.fixture
def forged(published, tmp_path):
    """Return a store in which the rows of each shard, and its record, are changed by hand."""

    def forge(change, **facts):
        (tmp_path / "shards").mkdir()
        for path in (published.folder / "shards").iterdir():
            table = pq.read_table(path)
            rows, record = table.to_pylist(), json.loads(table.schema.metadata[b"algozoo"])
            change(rows)
            schema = SCHEMA.with_metadata({"algozoo": json.dumps(record | facts)})
            pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "shards" / path.name)
        return Store(tmp_path)

    return forge
