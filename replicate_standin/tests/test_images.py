"""What the models do to a file: sizes, quirks, failures, and what the logs admit."""

import base64
import io

import pytest
import requests
from PIL import Image

from replicate_standin import downloads
from replicate_standin.tests.harness import MODELS, Outside, Service, image_file
from replicate_standin.worker import progress_line

TURNED = 6


def turned() -> bytes:
    """Return a 12x8 JPEG that says it must be shown as 8x12."""
    exif = Image.Exif()
    exif[0x0112] = TURNED
    exif[0x010E] = "a description"
    return image_file(form="JPEG", exif=exif)


@pytest.mark.parametrize(
    ("model", "inputs", "size"),
    [
        ("real-esrgan", {}, (48, 32)),
        ("real-esrgan", {"scale": 1}, (12, 8)),
        ("real-esrgan", {"scale": 2.5}, (30, 20)),
        ("real-esrgan", {"scale": 10}, (120, 80)),
        ("gfpgan", {}, (48, 32)),
        ("gfpgan", {"scale": 3}, (36, 24)),
        ("gfpgan", {"scale": 4, "version": "v1.3"}, (48, 32)),
        ("codeformer", {"codeformer_fidelity": 0.7}, (1536, 1024)),
        ("codeformer", {"upscale": 1, "background_enhance": False}, (768, 512)),
    ],
)
def test_the_result_has_the_size_that_the_model_makes(
    service: Service, image: str, model: str, inputs: dict[str, object], size: tuple[int, int]
) -> None:
    result = service.output(service.ended(service.create(image, model, **inputs)))
    assert (result.format, result.size) == ("PNG", size)


@pytest.mark.parametrize("model", ["real-esrgan", "gfpgan"])
def test_orientation_is_ignored_and_metadata_dropped(service: Service, outside: Outside, model: str) -> None:
    result = service.output(service.ended(service.create(outside.host("/t.jpg", turned()), model, scale=2)))
    assert result.size == {"real-esrgan": (24, 16), "gfpgan": (48, 32)}[model]
    assert not result.getexif()
    assert "icc_profile" not in result.info


def test_codeformer_applies_orientation(service: Service, outside: Outside) -> None:
    result = service.output(service.ended(service.create(outside.host("/t.jpg", turned()), "codeformer")))
    assert result.size == (1024, 1536)
    top, bottom = result.getpixel((512, 128))[0], result.getpixel((512, 1344))[0]
    assert (top > 200, bottom < 50) == (True, True)


@pytest.mark.parametrize(("model", "mode"), [("real-esrgan", "RGBA"), ("gfpgan", "RGBA"), ("codeformer", "RGB")])
def test_transparency_is_kept_but_by_codeformer(service: Service, outside: Outside, model: str, mode: str) -> None:
    see_through = Image.new("RGBA", (10, 10), (0, 255, 0, 0))
    see_through.paste((200, 0, 0, 255), (0, 0, 5, 10))
    buffer = io.BytesIO()
    see_through.save(buffer, "PNG")
    result = service.output(service.ended(service.create(outside.host("/a.png", buffer.getvalue()), model)))
    assert result.mode == mode
    if mode == "RGBA":
        assert result.getpixel((1, 1)) == (200, 0, 0, 255)
        red, green, _, clear = result.getpixel((result.width * 6 // 10, 5))
        assert clear < 30
        assert (red > 150, green < 60) == (True, True), "hidden green must not bleed into the edge"


@pytest.mark.parametrize(
    ("mode", "form", "result_mode"),
    [
        ("L", "PNG", "L"),
        ("1", "PNG", "L"),
        ("I;16", "PNG", "L"),
        ("P", "PNG", "RGB"),
        ("LA", "PNG", "RGBA"),
        ("CMYK", "JPEG", "RGB"),
        ("RGB", "WEBP", "RGB"),
        ("RGB", "BMP", "RGB"),
    ],
)
def test_every_kind_of_pixel_is_read(
    service: Service, outside: Outside, mode: str, form: str, result_mode: str
) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (7, 5)).save(buffer, form)
    result = service.output(service.ended(service.create(outside.host("/k", buffer.getvalue()))))
    assert (result.mode, result.size) == (result_mode, (28, 20))


def test_more_pixels_than_fit_fail_in_the_published_words(service: Service, outside: Outside) -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (1448, 1449)).save(buffer, "PNG", compress_level=1)
    failed = service.ended(service.create(outside.host("/big.png", buffer.getvalue()), scale=1))
    assert failed["status"] == "failed"
    assert failed["error"] == (
        "Input image of dimensions (1449, 1448, 4) has a total number of pixels 2098152 greater than the max size "
        "that fits in GPU memory on this hardware, 2096704. Resize input image and try again."
    )
    assert failed["output"] is None


def test_exactly_as_many_pixels_as_fit_succeed(service: Service, outside: Outside) -> None:
    buffer = io.BytesIO()
    Image.new("L", (1448, 1448)).save(buffer, "PNG", compress_level=1)
    done = service.ended(service.create(outside.host("/fits.png", buffer.getvalue()), scale=0.5))
    assert done["status"] == "succeeded"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("content", [b"", b"not an image", image_file()[:60]], ids=["empty", "text", "truncated"])
def test_a_file_that_cannot_be_decoded_fails_vaguely(
    service: Service, outside: Outside, model: str, content: bytes
) -> None:
    failed = service.ended(service.create(outside.host("/x.png", content), model))
    assert (failed["status"], failed["error"]) == ("failed", MODELS[model].unreadable)


@pytest.mark.parametrize(
    ("model", "inputs", "error"),
    [
        ("real-esrgan", {"scale": 0}, "inv_scale_x > 0"),
        ("codeformer", {"upscale": 0}, "inv_scale_x > 0"),
        ("gfpgan", {"scale": 5000}, "Out of memory"),
    ],
)
def test_a_senseless_scale_is_legal_and_fails(
    service: Service, image: str, model: str, inputs: dict[str, object], error: str
) -> None:
    failed = service.ended(service.create(image, model, **inputs))
    assert failed["status"] == "failed"
    assert error in failed["error"]


def test_gfpgan_ignores_a_senseless_scale(service: Service, image: str) -> None:
    done = service.ended(service.create(image, "gfpgan", scale=-2))
    assert service.output(done).size == (48, 32)


@pytest.mark.parametrize(
    ("name", "form", "kind"),
    [("x.jpg", "JPEG", "image/jpeg"), ("x.webp", "WEBP", "image/webp"), ("x", "PNG", "image/png")],
)
def test_gfpgan_writes_the_kind_of_file_that_the_inputs_address_names(
    service: Service, outside: Outside, name: str, form: str, kind: str
) -> None:
    done = service.ended(service.create(outside.host(f"/{name}", image_file(mode="RGB")), "gfpgan"))
    answer = requests.get(done["output"], timeout=20)
    assert answer.headers["Content-Type"] == kind
    assert Image.open(io.BytesIO(answer.content)).format == form


def test_gfpgan_names_a_file_that_it_could_not_write(service: Service, outside: Outside) -> None:
    failed = service.ended(service.create(outside.host("/x.what", image_file()), "gfpgan"))
    assert failed["status"] == "failed"
    assert failed["error"].startswith("[Errno 2] No such file or directory: '/tmp/")


@pytest.mark.parametrize(
    ("model", "inputs", "what"),
    [
        ("gfpgan", {}, "tencentarc/gfpgan has no weights here"),
        ("codeformer", {}, "sczhou/codeformer has no weights here"),
        ("real-esrgan", {"face_enhance": True}, "face_enhance of nightmareai/real-esrgan has no weights here"),
    ],
)
def test_an_approximation_says_so(
    service: Service, image: str, model: str, inputs: dict[str, object], what: str
) -> None:
    logs = service.ended(service.create(image, model, **inputs))["logs"]
    assert "LOCAL APPROXIMATION" in logs
    assert what in logs
    assert "NOT a model" in logs, "the instant engine names itself"


def test_what_is_no_approximation_does_not_say_so(service: Service, image: str) -> None:
    assert "APPROXIMATION" not in service.ended(service.create(image))["logs"]


@pytest.mark.parametrize("head", ["data:image/png;base64,", "DATA:;base64,"])
def test_a_small_image_may_come_inside_the_request(service: Service, head: str) -> None:
    done = service.ended(service.create(head + base64.b64encode(image_file()).decode()))
    assert service.output(done).size == (48, 32)


def test_the_image_is_fetched_once_with_its_own_user_agent(service: Service, outside: Outside, image: str) -> None:
    service.ended(service.create(image))
    [(path, headers)] = outside.gets
    assert path.endswith("?X-Amz-Signature=never-log-me")
    assert headers["User-Agent"].startswith("replicate-standin/")
    assert "Authorization" not in headers


def test_a_download_that_fails_says_so_as_requests_does_and_no_log_shows_the_signature(
    service: Service, outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    gone = Outside()
    gone.close()
    for url in (outside.url + "/missing.png", gone.url + "/x.png"):
        signed = url + "?X-Amz-Signature=never-log-me"
        failed = service.ended(service.create(signed))
        with pytest.raises(requests.RequestException) as theirs:
            requests.get(signed, timeout=10).raise_for_status()
        assert failed["status"] == "failed"
        assert failed["error"].partition("(Caused by")[0] == str(theirs.value).partition("(Caused by")[0]
        assert "never-log-me" in failed["error"], "the provider hides nothing"
    assert "never-log-me" not in caplog.text
    assert "for url: http://" in caplog.text


def test_a_malformed_address_fails(service: Service) -> None:
    failed = service.ended(service.create("http://127.0.0.1:99999/x.png"))
    assert failed["status"] == "failed"
    assert "99999" in failed["error"]


def test_redirects_stay_on_the_host(service: Service, outside: Outside) -> None:
    outside.host("/real.png", image_file())
    outside.redirects = {"/near": "/real.png", "/far": "http://localhost:1/x", "/loop": "/loop"}
    assert service.ended(service.create(outside.url + "/near"))["status"] == "succeeded"
    far = service.ended(service.create(outside.url + "/far"))
    assert (far["status"], "another host" in far["error"]) == ("failed", True)
    loop = service.ended(service.create(outside.url + "/loop"))
    assert (loop["status"], "Exceeded 3 redirects" in loop["error"]) == ("failed", True)


def test_a_download_has_a_largest_size(service: Service, image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "INPUT_MAX_BYTES", 20)
    assert "larger than 20 bytes" in service.ended(service.create(image))["error"]


@pytest.mark.parametrize(
    ("done", "total", "line"),
    [(1, 6, " 17%|#7        | 1/6"), (6, 6, "100%|##########| 6/6"), (1, 100, "  1%|1         | 1/100")],
)
def test_progress_reads_like_tqdm(done: int, total: int, line: str) -> None:
    assert progress_line(done, total) == line
