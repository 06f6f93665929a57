"""Images with a gain map, in the three ways in which phones write one."""

import struct

from tests.images import encoded, photo

_ISO = b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"


def with_gain_maps() -> dict[str, bytes]:
    """JPEGs by the name that gainmap-audit gives to what is in them."""
    apple = _xmp("http://ns.apple.com/HDRGainMap/1.0/", "HDRGainMap", "HDRGainMapVersion")
    adobe = _xmp("http://ns.adobe.com/hdr-gain-map/1.0/", "hdrgm", "Version")
    iso = struct.pack(">BBH", 0xFF, 0xE2, len(_ISO) + 2) + _ISO
    gain = encoded(photo().convert("L"), "JPEG", xmp=apple)
    return {
        "ultrahdr": encoded(photo(), "JPEG", xmp=adobe) + gain,
        "iso-jpeg": encoded(photo(), "JPEG", extra=iso) + gain,
        "apple-aux": encoded(photo(), "JPEG") + gain,
    }


def _xmp(namespace: str, prefix: str, name: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:{prefix}="{namespace}" {prefix}:{name}="1.0"/></rdf:RDF></x:xmpmeta>'
    ).encode()
