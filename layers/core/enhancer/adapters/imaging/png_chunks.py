"""What a PNG says before its pixels, chunk by chunk."""

import struct
import zlib


def before_pixels(data: bytes) -> dict[bytes, bytes]:
    """The chunks before the first IDAT: of each kind the first whose checksum is right, as libpng and browsers read."""
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
