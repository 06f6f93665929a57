"""PNG files that Pillow does not write: 16 bits a sample, foreign chunks, more pixels than memory holds."""

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by channels: grey, grey with alpha, RGB, RGBA


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(png: bytes, kind: bytes, data: bytes) -> bytes:
    """A PNG with one more chunk after its header."""
    return png[:33] + chunk(kind, data) + png[33:]


def sixteen_bit(pixels: NDArray[np.uint8]) -> bytes:
    """Height x width x channels of 8 bits as a PNG of 16: 128 becomes 0x8080."""
    height, width, channels = pixels.shape
    samples = pixels.astype(">u2") * np.uint16(257)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def raw(depth: int, colour: int, rows: Sequence[bytes], width: int) -> bytes:
    """A PNG of packed rows; `colour` is 0 for grey, 2 for RGB, 4 and 6 for these with alpha."""
    header = struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows))
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def bomb(width: int, height: int, declared: tuple[int, int] | None = None) -> bytes:
    """A whole black image of one bit a pixel in a file a thousandth its size; its header may say less."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + -(-width // 8))
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", *(declared or (width, height)), 1, 0, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
