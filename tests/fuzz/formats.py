"""The formats that strangers' files come in: a good file of each, and what reads it."""

import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from mutations import IN_BYTES, IN_CARDS, IN_TEXT, Operations

from algozoo.benchmark.ledger import FILE, read_ledger
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import load_suite
from algozoo.challenge.entry import read_map_entry
from algozoo.challenge.truth import MapTruth, SpectrumTruth
from algozoo.datasets.arrays import read_archive, read_image, stated_unit
from algozoo.datasets.lists import read_angles
from algozoo.datasets.manifest import load_manifest
from algozoo.datasets.tables import read_number
from algozoo.detectors.submitted.manifest import ENTRY_FILE, MANIFEST, read_submission
from algozoo.submissions.sealed import COMMITMENT, Truth, read_truth
from algozoo.toml import read_toml

ROOT = Path(__file__).parents[2]
SHARD = min((ROOT / "leaderboard" / "results" / "shards").glob("*.parquet"), key=lambda path: path.stat().st_size)
RNG = np.random.default_rng(0)
CUBE = RNG.normal(size=(3, 9, 9)).astype(np.float32)
CARDS = tuple(
    word.encode()
    for word in (
        *("SIMPLE", "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "NAXIS3", "NAXIS9", "PCOUNT", "GCOUNT", "END"),
        *("BSCALE", "BZERO", "BLANK", "BUNIT", "EXTEND", "GROUPS", "CHECKSUM", "DATASUM", "CONTINUE", "HIERARCH A"),
        *("TFIELDS", "TFORM1", "TFORM2", "TTYPE1", "TTYPE2", "TDIM1", "TSCAL1", "TZERO1", "TNULL1", "THEAP"),
        *("ZIMAGE", "ZCMPTYPE", "ZBITPIX", "ZNAXIS", "ZNAXIS1", "ZNAXIS3", "ZTILE1", "ZTILE2", "ZVAL1", "ZVAL2"),
        *("ZNAME1", "ZQUANTIZ", "ZDITHER0", "ZBLANK", "ZSCALE", "ZZERO"),
    )
)
TEXT = tuple(
    word.encode()
    for word in (
        *(
            "\0",
            "\n",
            "\r",
            '"',
            "'",
            '"""',
            "[",
            "]",
            "{",
            "}",
            "[[a]]",
            "[a]",
            "a.b.c = 1",
            ",",
            "=",
            "#",
            "\\",
            "\\u",
        ),
        *("[" * 300, "{a=" * 300, "a." * 300, '{"a":' * 300, "\x1b[2J", "\u202e", "\ud7ff", "é", "nan", "-inf", "1_0"),
        *("1979-05-27T07:32:00Z", "99999-01-01", "é" * 400, " " * 1000),
    )
)
RAW = (b"\0" * 8, b"\xff" * 8, b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"\x7f\xff\xff\xff", b"PAR1")
TRUTH = {"format": 1, "sets": [{"name": "irdis_1", "size": 9, "fwhm": 2.0, "companions": [[4.0, 7.0]]}]}


@dataclass(frozen=True)
class Format:
    """A good file, made of parts that are packed into one, who reads its folder, and how it is damaged."""

    parts: tuple[bytes, ...]
    read: Callable[[Path], object]
    words: tuple[bytes, ...]
    operations: Operations
    place: str = "file"
    pack: Callable[[tuple[bytes, ...]], bytes] = b"".join
    others: tuple[tuple[str, bytes], ...] = ()


def _fits(*hdus: object) -> bytes:
    content = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(content)
    return content.getvalue()


def _zip(names: tuple[str, ...], method: int) -> Callable[[tuple[bytes, ...]], bytes]:
    def pack(parts: tuple[bytes, ...]) -> bytes:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", method) as archive:
            for name, part in zip(names, parts, strict=True):
                archive.writestr(name, part)
        return content.getvalue()

    return pack


def _arrays() -> tuple[bytes, ...]:
    parts = []
    for values in (CUBE, np.arange(3.0), np.array("name"), np.array(2.5)):
        content = io.BytesIO()
        np.save(content, values)
        parts.append(content.getvalue())
    return tuple(parts)


def _read_fits(path: Path) -> None:
    stated_unit(path)
    read_image(path)
    read_number(path)


def _read_hdus(path: Path) -> None:
    read_angles(path, column="ANGLE")
    for extension in ("FRAMES", "2"):
        read_angles(f"{path}[{extension}]")
    stated_unit(f"{path}[2]")


def _read_store(folder: Path) -> None:
    store = Store(folder)
    for suite in sorted({(record.suite.name, record.suite.version) for record in store.records()}):
        store.read(*suite)


def _file(read: Callable[[Path], object], place: str) -> Callable[[Path], object]:
    return lambda folder: read(folder / place)


def _suite(path: Path) -> object:
    return load_suite(str(path))


TABLE = fits.BinTableHDU.from_columns(
    [fits.Column("a", "PE()", array=np.array([[1.0], [2.0, 3.0]], dtype=object)), fits.Column("b", "E", array=[1, 2])]
)
PLAIN = _fits(fits.PrimaryHDU(), TABLE, fits.ImageHDU((9 * CUBE).astype(np.int16), fits.Header({"BUNIT": "adu"})))
FRAMES = fits.BinTableHDU.from_columns(
    [
        fits.Column("a", "PE()", array=np.array([[1.0], [2.0, 3.0]], dtype=object)),
        fits.Column("ANGLE", "E", "deg", array=[3.0, 5.5], bscale=0.5, bzero=1.0),
    ],
    name="FRAMES",
)
HDUS = _fits(fits.PrimaryHDU(), FRAMES, fits.ImageHDU(np.array([10.0, 20.0])))
TILED = tuple(
    _fits(fits.PrimaryHDU(), fits.CompImageHDU(CUBE, compression_type=algorithm, quantize_level=level))
    for algorithm, level in (("RICE_1", 16), ("GZIP_2", 0))
)
ENTRY = ("detection_threshold.fits", "irdis_detmap_1.fits", "npix.fits")
SUBMISSION = next((ROOT / "submissions").glob(f"*/{MANIFEST}"))
SEALED = Truth(suite=load_suite("smoke"), salt="0" * 64, digests={}, trials=(), controls=())
PACKED = tuple(_fits(fits.PrimaryHDU(values)) for values in (np.array([[5.0]]), CUBE[0], np.array([[2]])))
LINE = b'{"date":"2026-01-01T00:00:00Z","action":"dispute","name":"pca","author":"A. Nyone","reason":"Slow."}\n'

FORMATS = {
    "fits": Format((PLAIN,), _file(_read_fits, "a.fits"), CARDS, IN_CARDS, "a.fits"),
    "gzipped fits": Format(
        (PLAIN,), _file(_read_fits, "a.fits.gz"), CARDS, IN_CARDS, "a.fits.gz", lambda parts: gzip.compress(parts[0], 1)
    ),
    "rice tiles": Format(TILED[:1], _file(_read_fits, "a.fits.fz"), CARDS, IN_CARDS, "a.fits.fz"),
    "gzip tiles": Format(TILED[1:], _file(_read_fits, "a.fits.fz"), CARDS, IN_CARDS, "a.fits.fz"),
    "challenge entry": Format(
        PACKED,
        lambda folder: read_map_entry(folder / "a.zip", MapTruth.model_validate(TRUTH)),
        CARDS + RAW,
        IN_CARDS,
        "a.zip",
        _zip(ENTRY, zipfile.ZIP_DEFLATED),
    ),
    "angles": Format(
        (b"# degrees\n12.5 1.1\n13.5, 1.2\n-200 1.3\n",), _file(read_angles, "a.txt"), TEXT, IN_TEXT, "a.txt"
    ),
    "columns": Format(
        (b"# made\nMJD;PARANG\n59000;12.5\n59001;13.5\n",), _file(read_angles, "a.tsv"), TEXT, IN_TEXT, "a.tsv"
    ),
    "tables": Format((HDUS,), _file(_read_hdus, "a.fits"), CARDS, IN_CARDS, "a.fits"),
    "dataset": Format(
        ((ROOT / "datasets" / "betapic.toml").read_bytes(),), _file(load_manifest, "a.toml"), TEXT, IN_TEXT, "a.toml"
    ),
    "simulated dataset": Format(
        ((ROOT / "datasets" / "tiny.toml").read_bytes(),), _file(load_manifest, "a.toml"), TEXT, IN_TEXT, "a.toml"
    ),
    "suite": Format(
        ((ROOT / "datasets" / "suites" / "smoke.toml").read_bytes(),), _file(_suite, "a.toml"), TEXT, IN_TEXT, "a.toml"
    ),
    "submission": Format(
        (SUBMISSION.read_bytes(),),
        _file(read_submission, SUBMISSION.parent.name),
        TEXT,
        IN_TEXT,
        f"{SUBMISSION.parent.name}/{MANIFEST}",
        others=((f"{SUBMISSION.parent.name}/{ENTRY_FILE}", b""),),
    ),
    "challenge truth": Format(
        (b'format = 1\n[[sets]]\nname = "irdis_1"\nsize = 9\nfwhm = 2.0\ncompanions = [[4.0, 7.0]]\n',),
        lambda folder: read_toml(folder / "a.toml", MapTruth),
        TEXT,
        IN_TEXT,
        "a.toml",
    ),
    "spectra": Format(
        (b'format = 1\n[[sets]]\nname = "gpi1"\ncompanions = [{ offset = [3.0, 4.0], contrast = [1e-5, 1e-5] }]\n',),
        lambda folder: read_toml(folder / "a.toml", SpectrumTruth),
        TEXT,
        IN_TEXT,
        "a.toml",
    ),
    "shard": Format((SHARD.read_bytes(),), _read_store, RAW, IN_BYTES, f"shards/{SHARD.name}"),
    "ledger": Format((LINE * 3,), read_ledger, TEXT, IN_TEXT, FILE),
    "sealed truth": Format(
        (SEALED.model_dump_json(indent=1).encode(),),
        lambda folder: read_truth(folder / "a.json", folder, None),
        TEXT,
        IN_TEXT,
        "a.json",
        others=((COMMITMENT, SEALED.commitment.encode()),),
    ),
    "archive": Format(
        _arrays(), _file(read_archive, "a.npz"), RAW, IN_BYTES, "a.npz", _zip(("a.npy", "b.npy", "c.npy", "d.npy"), 0)
    ),
}
