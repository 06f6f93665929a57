"""Draws an image before and after enhancement."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

GAP = 8


def side_by_side(original: Path, enhanced: Path, target: Path) -> None:
    """Write a PNG: on the left the original, enlarged (bicubic) to the result's size, on the right the result."""
    with Image.open(enhanced) as image:
        after = image.convert("RGB")
    with Image.open(original) as image:
        before = ImageOps.exif_transpose(image).convert("RGB").resize(after.size, Image.Resampling.BICUBIC)
    size = max(14, after.height // 40)
    canvas = Image.new("RGB", (2 * after.width + GAP, after.height + 2 * size), "white")
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size)
    for left, shown, label in ((0, before, "original, enlarged"), (after.width + GAP, after, "enhanced")):
        canvas.paste(shown, (left, 2 * size))
        draw.text((left + size // 2, size // 3), label, fill="black", font=font)
    canvas.save(target)
