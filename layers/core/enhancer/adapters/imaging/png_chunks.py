"""The chunks of a PNG before its pixels."""

import struct
import zlib


def before_pixels(data: bytes) -> dict[bytes, bytes]:
    """Return the chunks before the first IDAT: the first valid one of each kind, as libpng and browsers read them."""
    chunks: dict[bytes, bytes] = {}
    position = 8
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 8 + length
        if kind == b"IDAT" or end + 4 > len(data):
            break
        if zlib.crc32(data[position + 4 : end]) == int.from_bytes(data[end : end + 4]):
            chunks.setdefault(kind, data[position + 8 : end])
        position = end + 4
    return chunks
