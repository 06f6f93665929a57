"""File names of downloads and their header: RFC 6266 and RFC 8187."""

import pytest

from enhancer.domain.downloads import MAX_STEM, content_disposition, result_filename


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("cat-1_2 b.png", "attachment; filename=\"cat-1_2 b.png\"; filename*=UTF-8''cat-1_2%20b.png"),
        ('Käse "1"/XY.png', "attachment; filename=\"K_se _1__XY.png\"; filename*=UTF-8''K%C3%A4se%20%221%22%2FXY.png"),
    ],
)
def test_a_download_has_a_plain_name_and_the_exact_one(name: str, header: str) -> None:
    assert content_disposition(name) == header


@pytest.mark.parametrize(
    ("original", "name"),
    [
        ("cat.jpg", "cat-enhanced-4x.png"),
        ("a\u202eb\\c\n.jpg", "a_b_c_-enhanced-4x.png"),
        ("", "image-enhanced-4x.png"),
        ("x" * 200, "x" * MAX_STEM + "-enhanced-4x.png"),
    ],
)
def test_a_result_is_named_after_its_original(original: str, name: str) -> None:
    assert result_filename(original, 4.0, "results/output.png") == name
