"""A colour profile (ICC.1:2022, read 2026-11-28) with given primaries and the curve of sRGB.

Written by hand because Pillow's LittleCMS creates no RGB profile but sRGB (docs/decisions/0027).
"""

import struct
from collections.abc import Sequence

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]
_D50: Vector = (0.9642, 1.0, 0.8249)  # ICC.1:2022, 7.2.16
_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # of sRGB (IEC 61966-2-1) as parametricCurveType 3
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))  # ICC.1:2022, E


def from_chromaticities(numbers: tuple[float, ...]) -> bytes:
    """Return a profile for x and y of white, red, green and blue. Raises ValueError if they span no colours."""
    white, *primaries = ((x, y, 1 - x - y) for x, y in zip(numbers[::2], numbers[1::2], strict=True))
    if white[1] <= 0:
        raise ValueError("a white without light")
    white = (white[0] / white[1], 1.0, white[2] / white[1])
    columns = _transposed((primaries[0], primaries[1], primaries[2]))
    amounts = _times(_inverse(columns), white)
    adapt = _adaptation(white)
    whole = zip(primaries, amounts, strict=True)
    return from_colorants([_times(adapt, (x * amount, y * amount, z * amount)) for (x, y, z), amount in whole])


def from_colorants(colorants: Sequence[Vector]) -> bytes:
    """Return a profile for the XYZ of full red, green and blue, relative to D50."""
    curve = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + b"".join(map(_fixed, _CURVE))
    tags = {b"desc": _text("RGB with the curve of sRGB"), b"cprt": _text("No copyright"), b"wtpt": _point(_D50)}
    tags |= {name + b"XYZ": _point(colorant) for name, colorant in zip((b"r", b"g", b"b"), colorants, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    offset = 128 + 4 + 12 * len(tags)
    table, body, places = struct.pack(">I", len(tags)), b"", dict[bytes, int]()
    for tag, content in tags.items():
        if content not in places:  # the three channels share their curve
            places[content] = offset + len(body)
            body += content + bytes(-len(content) % 4)
        table += tag + struct.pack(">II", places[content], len(content))
    head = struct.pack(">I4xI4s4s4s12x4s", offset + len(body), 0x04300000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return (head.ljust(68, b"\0") + b"".join(map(_fixed, _D50))).ljust(128, b"\0") + table + body


def _adaptation(white: Vector) -> Matrix:
    """Return the matrix that adapts colours from a white to D50 (Bradford)."""
    cones = zip(_times(_BRADFORD, _D50), _times(_BRADFORD, white), strict=True)
    gains = [wanted / given for wanted, given in cones]
    scaled = tuple((gain * row[0], gain * row[1], gain * row[2]) for gain, row in zip(gains, _BRADFORD, strict=True))
    back = _inverse(_BRADFORD)
    columns = [_times(back, column) for column in _transposed((scaled[0], scaled[1], scaled[2]))]
    return _transposed((columns[0], columns[1], columns[2]))


def _times(matrix: Matrix, vector: Vector) -> Vector:
    x, y, z = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return x, y, z


def _transposed(matrix: Matrix) -> Matrix:
    a, b, c = zip(*matrix, strict=True)
    return a, b, c


def _inverse(matrix: Matrix) -> Matrix:
    a, b, c = matrix
    across = (_cross(b, c), _cross(c, a), _cross(a, b))
    whole = sum(p * q for p, q in zip(a, across[0], strict=True))
    if abs(whole) < 1e-6:
        raise ValueError("primaries in one line")
    return _transposed(tuple((x / whole, y / whole, z / whole) for x, y, z in across))  # type: ignore[arg-type]


def _cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _text(text: str) -> bytes:
    content = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(content), 28) + content


def _point(values: Vector) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, values))


def _fixed(number: float) -> bytes:
    return struct.pack(">i", round(max(-32768.0, min(32767.99, number)) * 65536))
