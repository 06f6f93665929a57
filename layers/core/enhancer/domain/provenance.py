"""The machine-readable mark of a result as edited with AI, with the model's name.

IPTC Photo Metadata Standard 2025.1: Digital Source Type with the term "edited using generative AI" of IPTC's
vocabulary, AI System Used and AI System Version Used (iptc.org, read 2026-11-23). These models invent detail, so the
weaker term "algorithmically altered", which excludes generative AI, would be untrue.
"""

from xml.sax.saxutils import quoteattr

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


def xmp_packet(model: str, version: str | None) -> bytes:
    """Return an XMP packet (ISO 16684-1) with the model's name and the version that the provider reports."""
    system_version = f" Iptc4xmpExt:AISystemVersionUsed={quoteattr(version)}" if version else ""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f" Iptc4xmpExt:DigitalSourceType={quoteattr(SOURCE_TYPE)}"
        f" Iptc4xmpExt:AISystemUsed={quoteattr(model)}{system_version}/>"
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()
