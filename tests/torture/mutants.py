"""Images that are wrong somewhere, the same ones for the same seed."""

import random
import zlib
from collections.abc import Iterator

from tests.images import encoded, photo
from tests.images.baggage import laden
from tests.images.profiles import display_p3

FORMATS = ("JPEG", "PNG", "WEBP")
_INTERESTING = (0, 1, 0x7F, 0x80, 0xD8, 0xD9, 0xDA, 0xFE, 0xFF)


def seeds(form: str) -> list[bytes]:
    """Small good images of a format: of each kind of coding, with and without private data."""
    rgb, grey, clear = photo(), photo().convert("L"), photo().convert("RGBA")
    profile = display_p3()
    if form == "JPEG":
        codings = [{}, {"progressive": True}, {"icc_profile": profile}, {"restart_marker_rows": 1}]
        return [laden(form), encoded(grey, form), encoded(rgb.convert("CMYK"), form)] + [
            encoded(rgb, form, **options) for options in codings
        ]
    if form == "PNG":
        modes = [rgb, grey, clear, rgb.convert("P"), rgb.convert("1"), grey.convert("I;16"), grey.convert("LA")]
        return [laden(form), encoded(rgb, form, icc_profile=profile)] + [encoded(each, form) for each in modes]
    codings = [{}, {"lossless": True}, {"icc_profile": profile}]
    return [laden(form), *(encoded(each, form, **options) for each in (rgb, clear) for options in codings)]


def mutants(form: str, count: int, seed: int) -> Iterator[bytes]:
    """So many of a format."""
    chance = random.Random(f"{form} {seed}")  # noqa: S311 - the same again
    good = seeds(form)
    for _ in range(count):
        data = bytearray(chance.choice(good))
        for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
            _change(data, chance)
        yield _sealed(bytes(data)) if form == "PNG" and chance.random() < 0.5 else bytes(data)


def _sealed(data: bytes) -> bytes:
    """A PNG whose chunks' check values are right again: without them hardly a mutant gets past the first."""
    position, sealed = 8, data[:8]
    while position + 12 <= len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4])
        if end > len(data):
            break
        sealed += data[position : end - 4] + zlib.crc32(data[position + 4 : end - 4]).to_bytes(4)
        position = end
    return sealed + data[position:]


def _change(data: bytearray, chance: random.Random) -> None:
    """One of: another byte, another length, bytes twice, away, or from elsewhere; mostly near the beginning."""
    place = (
        min(int(chance.expovariate(1 / 120)), len(data) - 1) if chance.random() < 0.7 else chance.randrange(len(data))
    )
    match chance.randrange(6):
        case 0:
            data[place] ^= 1 << chance.randrange(8)
        case 1:
            data[place] = chance.choice(_INTERESTING)
        case 2:
            data[place : place + 2] = chance.randbytes(2)
        case 3:
            length = chance.randrange(1, 40)
            data[place:place] = data[place : place + length] * chance.choice((1, 2, 50))
        case 4:
            del data[place : place + chance.randrange(1, 20)]
            data.extend(b"\0" * (20 - len(data)))
        case _:
            other = chance.randrange(len(data))
            data[place : place + 8] = data[other : other + 8]
