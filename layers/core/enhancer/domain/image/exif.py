"""The orientation in EXIF, the only field that is read.

Written by hand because Pillow falls back to XMP, hides a field's type, and raises many kinds of errors at odd blocks.
The layout is that of TIFF 6.0, section 2. Browsers turn if tag 0x0112 of the first directory is one SHORT of 2 to 8
(Chromium 156, measured 2026-11-25).
"""

import struct
from typing import Final

UPRIGHT: Final = 1
_ORIENTATION = 0x0112
_SHORT = 3


def orientation(block: bytes) -> int:
    """Return the orientation in a TIFF block, 1 to 8; 1 if the block can't be read or has no valid one."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None:
        return UPRIGHT
    try:
        (start,) = struct.unpack_from(f"{order}I", block, 4)
        (entries,) = struct.unpack_from(f"{order}H", block, start)
        for index in range(entries):
            tag, kind, count, value = struct.unpack_from(f"{order}HHIH", block, start + 2 + 12 * index)
            if tag == _ORIENTATION:
                return value if kind == _SHORT and count == 1 and 1 <= value <= 8 else UPRIGHT
    except struct.error:  # the block ends before what it points to
        pass
    return UPRIGHT
