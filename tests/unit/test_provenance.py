"""The XMP packet beside the standards' own words: ISO 16684-1 (7.3.2, the packet's wrapper; 7.4, RDF), IPTC 2025.1."""

from xml.etree import ElementTree as ET

import pytest

from enhancer.domain.provenance import xmp_packet

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"


@pytest.mark.parametrize("version", ["5c7d5dc6", "", None, 'a "quoted" <one> & more'])
def test_a_packet_names_what_was_done_and_by_what(version):
    packet = xmp_packet("owner/name", version).decode()
    assert packet.startswith('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><')
    assert packet.endswith('><?xpacket end="r"?>')
    root = ET.fromstring(packet.encode())  # noqa: S314 - our own
    assert root.tag == "{adobe:ns:meta/}xmpmeta"
    [rdf] = root
    [description] = rdf
    assert (rdf.tag, description.tag, list(description)) == (f"{RDF}RDF", f"{RDF}Description", [])
    assert description.attrib == {
        f"{RDF}about": "",
        f"{IPTC}DigitalSourceType": (
            "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
        ),
        f"{IPTC}AISystemUsed": "owner/name",
    } | ({f"{IPTC}AISystemVersionUsed": version} if version else {})
