import io
import zipfile

import numpy as np
import pytest
from astropy.io import fits

from algozoo.challenge import entry as challenge_entry
from algozoo.challenge.blobs import BlobRule
from algozoo.challenge.entry import read_map_entry, read_spectrum_entry
from algozoo.challenge.truth import MapTruth, SpectrumTruth
from algozoo.errors import InputError

TRUTH = MapTruth.model_validate(
    {
        "format": 1,
        "sets": [
            {"name": "irdis_1", "size": 31, "fwhm": 4.0, "companions": [[5.0, 6.0]]},
            {"name": "irdis_2", "size": 21, "fwhm": 4.0, "companions": []},
        ],
    }
)
SPECTRA = SpectrumTruth.model_validate(
    {"format": 1, "sets": [{"name": "gpi1", "companions": [{"offset": [3.0, 4.0], "contrast": [1e-5, 1e-5]}]}]}
)


def fits_bytes(values, kind=fits.PrimaryHDU):
    content = io.BytesIO()
    hdus = [kind(np.asarray(values))] if kind is fits.PrimaryHDU else [fits.PrimaryHDU(), kind(np.asarray(values))]
    fits.HDUList(hdus).writeto(content)
    return content.getvalue()


def good():
    return {
        "detection_threshold.fits": fits_bytes([[5.0]]),
        "irdis_detmap_1.fits": fits_bytes(np.arange(961.0).reshape(31, 31)),
        "irdis_detmap_2.fits": fits_bytes(np.zeros((21, 21), dtype="float32")),
    }


@pytest.fixture
def pack(tmp_path):
    def pack(files):
        with zipfile.ZipFile(tmp_path / "entry.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return tmp_path / "entry.zip"

    return pack


def mistakes(path):
    with pytest.raises(InputError) as error:
        read_map_entry(path, TRUTH)
    first, *rest = str(error.value).split("\n  ")
    assert first.startswith(str(path))
    return rest


def test_a_good_entry_is_read(pack):
    entry = read_map_entry(pack(good()), TRUTH)
    assert entry.threshold == 5
    assert entry.maps[0].scores[1, 2] == 33
    assert entry.maps[1].scores.dtype == float
    assert [one.rule for one in entry.maps] == [BlobRule(fwhm=4.0)] * 2


def test_optional_files_are_read(pack):
    settings = {"npix.fits": 3, "overlap_threshold.fits": 0.5, "max_blob_fact.fits": 4.0, "irdis_fwhm_2.fits": 4.5}
    entry = read_map_entry(pack(good() | {name: fits_bytes([[value]]) for name, value in settings.items()}), TRUTH)
    rules = [BlobRule(fwhm=fwhm, npix=3, overlap=0.5, max_blob_factor=4.0) for fwhm in (4.0, 4.5)]
    assert [one.rule for one in entry.maps] == rules


def test_what_archivers_leave_behind_is_ignored(pack):
    litter = {"__MACOSX/._irdis_detmap_1.fits": b"x", ".DS_Store": b"x", "README.txt": b"hello"}
    assert read_map_entry(pack(good() | litter), TRUTH).threshold == 5


def test_a_map_of_nan_is_allowed(pack):
    entry = read_map_entry(pack(good() | {"irdis_detmap_2.fits": fits_bytes(np.full((21, 21), np.nan))}), TRUTH)
    assert np.isnan(entry.maps[1].scores).all()


def test_all_mistakes_are_told_at_once(pack):
    one = "expected one finite number of shape (1, 1), the threshold of all maps"
    files = good() | {
        "detection_threshold.fits": fits_bytes([[5.0, 6.0]]),
        "irdis_detmap_1.fits": fits_bytes(np.zeros((3, 31, 31))),
        "npix.fits": fits_bytes([[0.5]]),
        "overlap_threshold.fits": fits_bytes([[70.0]]),
        "irdis_fwhm_1.fits": b"4.0",
        "irdis_fwhm_2.fits": fits_bytes([[0.05]]),  # arcsec
    }
    del files["irdis_detmap_2.fits"]
    assert mistakes(pack(files)) == [
        f"detection_threshold.fits: has shape (1, 2), {one}",
        "irdis_detmap_1.fits: has shape (3, 31, 31), expected (31, 31), that of the set's frames",
        "irdis_fwhm_1.fits: is not a FITS file",
        "irdis_fwhm_2.fits: is 0.05, expected at least 1 px",
        "npix.fits: is 0.5, expected a whole number from 1",
        "overlap_threshold.fits: is 70, expected 0 to 1",
        "irdis_detmap_2.fits: missing",
    ]


def test_files_in_a_folder_are_one_mistake_and_are_looked_into(pack):
    files = {f"mine/maps/{name}": content for name, content in good().items()}
    files["mine/maps/detection_threshold.fits"] = fits_bytes([5.0])
    told = mistakes(pack(files))
    assert told[0] == "the folder mine/maps/: expected files without folders; make it with zip -j"
    assert [mistake.split(":")[0] for mistake in told[1:]] == ["detection_threshold.fits"]


def test_the_same_file_in_two_folders_is_a_mistake(pack):
    told = mistakes(pack(good() | {"old/irdis_detmap_1.fits": fits_bytes(np.zeros((31, 31)))}))
    assert "irdis_detmap_1.fits: is there 2 times" in told


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is not a FITS file"),
        (fits_bytes(np.zeros((31, 31)))[:4000], "is truncated"),
        (fits_bytes(np.full((31, 31), np.inf)), "has 961 infinite pixels"),
        (fits_bytes(np.zeros((31, 31)), fits.CompImageHDU), "has no image"),
        (fits_bytes(np.zeros((30, 30))), "has shape (30, 30), expected (31, 31)"),
    ],
)
def test_bad_maps_are_told(pack, content, expected):
    (mistake,) = mistakes(pack(good() | {"irdis_detmap_1.fits": content}))
    assert mistake.startswith("irdis_detmap_1.fits: ")
    assert expected in mistake


def test_a_threshold_that_is_no_number_is_told(pack):
    (mistake,) = mistakes(pack(good() | {"detection_threshold.fits": fits_bytes([[np.nan]])}))
    assert "has the value nan, expected one finite number" in mistake


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(pack, monkeypatch):
    path = pack(good() | {"irdis_detmap_1.fits": bytes(10**6)})
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(challenge_entry, "LARGEST_FILE", 10**5)
    (mistake,) = mistakes(path)
    assert "irdis_detmap_1.fits: 1 MiB unpacked, expected at most" in mistake


@pytest.mark.parametrize(("limit", "value"), [("LARGEST_ENTRY", 10**5), ("MOST_FILES", 2)])
def test_a_zip_that_holds_too_much_is_refused(pack, monkeypatch, limit, value):
    path = pack(good() | {"irdis_detmap_1.fits": bytes(10**6)})
    monkeypatch.setattr(challenge_entry, limit, value)
    with pytest.raises(InputError, match="3 files of 1 MiB unpacked, expected at most"):
        read_map_entry(path, TRUTH)


def test_a_zip_that_lies_about_a_size_is_damaged(pack):
    path = pack(good())
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (100).to_bytes(4, "little")  # unpacked size of the first file
    path.write_bytes(content)
    (mistake,) = mistakes(path)
    assert mistake.startswith("detection_threshold.fits: is damaged in the zip")


def test_an_encrypted_file_is_told(pack):
    path = pack(good())
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(content)
    assert mistakes(path) == ["detection_threshold.fits: is encrypted, expected a zip without a password"]


@pytest.mark.parametrize(("content", "expected"), [(b"no zip", "is not a zip file"), (None, "cannot be read")])
def test_what_is_no_zip_is_an_input_error(tmp_path, content, expected):
    if content:
        (tmp_path / "entry.zip").write_bytes(content)
    with pytest.raises(InputError, match=expected):
        read_map_entry(tmp_path / "entry.zip", TRUTH)


def test_estimates_are_the_first_image_and_what_follows_is_not_read(pack):
    content = io.BytesIO()
    hdus = [fits.PrimaryHDU(np.array([[3.1, 4.2]])), fits.ImageHDU(np.ones((1, 2))), fits.ImageHDU(np.ones((2, 99)))]
    fits.HDUList(hdus).writeto(content)
    path = pack({"astrometry_gpi1.mef": content.getvalue()})
    assert read_spectrum_entry(path, SPECTRA, "astrometry")["gpi1"].tolist() == [[3.1, 4.2]]


def test_estimates_that_are_no_numbers_are_told(pack):
    path = pack({"photometry_gpi1.fits": fits_bytes([[np.nan, 1e-5]])})
    with pytest.raises(InputError, match="has 1 values that are no numbers; -1 is 'not found'"):
        read_spectrum_entry(path, SPECTRA, "photometry")


@pytest.mark.parametrize(("method", "number"), [(zipfile.ZIP_LZMA, 14), (zipfile.ZIP_BZIP2, 12)])
def test_other_ways_of_compression_are_told(tmp_path, method, number):
    with zipfile.ZipFile(tmp_path / "entry.zip", "w", method) as archive:
        for name, content in good().items():
            archive.writestr(name, content)
    assert f"is compressed in another way than that of zip ({number})" in mistakes(tmp_path / "entry.zip")[0]


def test_a_zip_of_a_version_to_come_is_told(pack):
    path = pack(good())
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 190
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a zip file, or is damaged"):
        read_map_entry(path, TRUTH)


def test_a_file_that_unpacks_to_much_more_than_it_is_packed_in_is_told(pack):
    (mistake,) = mistakes(pack(good() | {"irdis_detmap_1.fits": bytes(5 * 10**7)}))
    assert "48 MiB unpacked, expected at most 32 MiB" in mistake


def test_an_image_of_many_axes_is_told(pack):
    content = fits_bytes(np.zeros((31, 31)))
    at = content.index(b"NAXIS   =")
    bad = content[:at] + b"NAXIS   =           1000000000".ljust(80) + content[at + 80 :]
    (mistake,) = mistakes(pack(good() | {"irdis_detmap_1.fits": bad}))
    assert "NAXIS is 1000000000" in mistake


def test_names_in_a_zip_forge_no_line(pack):
    told = mistakes(pack(good() | {"a\nREADY\x1b[2J/x": b"", "/etc/x": b"", "../x": b""}))
    assert len(told) == 4
    assert not any("\x1b" in mistake for mistake in told)
