"""Pictures with words on them."""

import numpy as np
import pytest

PIL = pytest.importorskip("PIL", reason="needs the media extra")


def written(*lines: str, width: int = 320, height: int = 180, size: int = 28, shade: int = 245) -> np.ndarray:
    """Dark lines on a light ground (height, width, 3), one below the other."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (width, height), (shade, shade, shade))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for row, line in enumerate(lines):
        draw.text((size // 2, size // 2 + row * size * 3 // 2), line, fill=(20, 20, 40), font=font)
    return np.array(image)
