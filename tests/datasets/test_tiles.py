import gzip
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from algozoo.datasets.arrays import read_image

IMAGE = np.random.default_rng(1).normal(size=(3, 20, 20)).astype(np.float32)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a tile-compressed image whose header has other values, and whose first `n` tiles are others."""

    def write(algorithm: str = "GZIP_1", tile: bytes = b"", n: int = 1, **header: object) -> Path:
        path = tmp_path / "cube.fits.fz"
        image = fits.CompImageHDU(np.ones((3, 20, 20), np.int16), compression_type=algorithm, tile_shape=(1, 20, 20))
        fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
        content = path.read_bytes()
        for key, value in header.items():
            card = re.search(rf"{key:<8}= .{{70}}".encode(), content) or re.search(rb"GCOUNT  = .{70}", content)
            written = f"{key:<8}= {f'{value!r:<8}' if isinstance(value, str) else value:>20}".ljust(80)
            content = content.replace(card.group(), written.encode())
        path.write_bytes(content)
        if tile:
            table = fits.BinTableHDU.fromstring(content[2880:])
            rows = np.zeros(3, table.columns.dtype.newbyteorder(">"))
            rows["COMPRESSED_DATA"] = [(len(tile), 0)] * n + [(0, 0)] * (3 - n)
            table.header["PCOUNT"] = len(tile)
            body = rows.tobytes() + tile
            path.write_bytes(content[:2880] + table.header.tostring().encode() + body + bytes(-len(body) % 2880))
        return path

    return write


@pytest.mark.parametrize("algorithm", ["RICE_1", "GZIP_1", "GZIP_2", "NOCOMPRESS"])
def test_tiles_are_unpacked(tmp_path: Path, algorithm: str) -> None:
    level = 0 if algorithm != "RICE_1" else 16
    image = fits.CompImageHDU(IMAGE, compression_type=algorithm, quantize_level=level)
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(tmp_path / "cube.fits.fz")
    values, _ = read_image(tmp_path / "cube.fits.fz")
    assert np.allclose(values, IMAGE, atol=0.1 if level else 0)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"ZNAXIS1": 2 * 10**9}, "announces .* tiles, and has 3"),
        ({"ZNAXIS1": 2 * 10**9, "ZTILE1": 2 * 10**9}, "its tiles announce 240000000000 bytes"),
        ({"ZNAXIS": 900}, "ZNAXIS is 900 in its header, expected at most 8 axes"),
        ({"ZTILE1": 0}, "expected at least one pixel"),
        ({"ZTILE1": -5}, "ZTILE1 is -5"),
        ({"TFIELDS": 2**31}, "columns, expected at most 999"),
        ({"THEAP": 10**6}, "outside of the file"),
        ({"TFORM1": "1PJ(9)"}, "outside of the file"),
        ({"TFORM1": "8B"}, "of format 8B, expected bytes of tiles"),
        ({"ZCMPTYPE": "HCOMPRESS_1"}, "is tile-compressed by 'HCOMPRESS_1'"),
    ],
)
def test_tiles_that_announce_what_cannot_be_are_refused(write, header: dict, expected: str, refusal) -> None:
    path = write(**header)
    message = refusal(lambda: read_image(path))
    assert message.startswith(str(path))
    assert re.search(expected, message)


def test_a_tile_that_unpacks_to_more_than_its_pixels_is_refused(write, refusal) -> None:
    path = write(tile=gzip.compress(bytes(10**7)))
    assert "unpacks to more than 3200 bytes" in refusal(lambda: read_image(path))


def test_tiles_that_share_their_bytes_are_refused(write, refusal) -> None:
    path = write(tile=gzip.compress(bytes(800)), n=3)
    assert "over each other" in refusal(lambda: read_image(path))
