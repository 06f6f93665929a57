import pytest

from enhancer.errors import UnsupportedMediaType, ValidationFailed
from enhancer.http.multipart import read_form

TYPE = "multipart/form-data; boundary=XX"


def part(name, value, filename=None):
    disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
    data = value if isinstance(value, bytes) else value.encode()
    return f"--XX\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + data + b"\r\n"


END = b"--XX--\r\n"


def test_a_form_gives_the_image_and_the_fields():
    form = read_form(TYPE, part("model", "owner/name") + part("image", b"\x89PNG\r\n--X\r\n", "Käse.png") + END)
    assert (form.image, form.filename, form.fields) == (b"\x89PNG\r\n--X\r\n", "Käse.png", {"model": "owner/name"})


@pytest.mark.parametrize("size", [0, 1, 100_000, 2_000_000])
def test_every_byte_of_the_image_arrives(size):
    data = bytes(range(256)) * (size // 256) + b"\r" * (size % 256)
    assert read_form(TYPE, part("image", data, "x") + END).image == data


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_another_type_of_body_is_told_what_to_send(content_type):
    with pytest.raises(UnsupportedMediaType, match="body_type_unsupported"):
        read_form(content_type, b"")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", part("image", b"x", "x") + END),
        (TYPE, b""),
        (TYPE, END),
        (TYPE, b"nonsense"),
        (TYPE, part("model", "x") + END),
        (TYPE, part("image", "text, not a file") + END),
        (TYPE, part("image", b"x", "x") + part("image", b"y", "y") + END),
        (TYPE, part("other", b"x", "x") + END),
        (TYPE, part("image", b"x", "x") + part("scale", b"\xff") + END),
        (TYPE, part("image", b"x", "x") + part("scale", "4") + part("scale", "2") + END),
        (TYPE, part("image", b"x", "x") + part("scale", "4" * 1025) + END),
        (TYPE, part("image", b"x", "x") + b"".join(part(f"f{n}", "") for n in range(21)) + END),
        (TYPE, part("image", b"cut off", "x")[:-20]),
    ],
)
def test_a_malformed_form_is_refused(content_type, body):
    with pytest.raises(ValidationFailed):
        read_form(content_type, body)
