"""What is done to pictures before they are uploaded again, for measuring whether they are found."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Edit = Callable[[Picture], Picture]


def jpeg(quality: int) -> Edit:
    """Compressed as JPEG."""

    def edit(shown: Picture) -> Picture:
        _, stored = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), np.uint8)

    return edit


def crop(share: float) -> Edit:
    """Cut by a share of the height and width at each side."""

    def edit(shown: Picture) -> Picture:
        high, wide = (int(side * share) for side in shown.shape[:2])
        return shown[high : shown.shape[0] - high, wide : shown.shape[1] - wide]

    return edit


def pad(share: float) -> Edit:
    """A black frame of a share of the height and width at each side."""

    def edit(shown: Picture) -> Picture:
        high, wide = (int(side * share) for side in shown.shape[:2])
        return np.pad(shown, ((high, high), (wide, wide), (0, 0)))

    return edit


def rotate(degrees: float) -> Edit:
    """Turned about the middle; the size stays, corners are black."""

    def edit(shown: Picture) -> Picture:
        height, width = shown.shape[:2]
        turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1)
        return np.asarray(cv2.warpAffine(shown, turn, (width, height)), np.uint8)

    return edit


def quarter(shown: Picture) -> Picture:
    """Both sides a quarter as long."""
    height, width = shown.shape[:2]
    small = cv2.resize(shown, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def flip(shown: Picture) -> Picture:
    """Mirrored left and right."""
    return shown[:, ::-1]


def quarter_turn(shown: Picture) -> Picture:
    """Turned by 90 degrees."""
    return np.rot90(shown)


def letterbox(shown: Picture) -> Picture:
    """Black bars that make it square; bars at the sides where it is square."""
    height, width = shown.shape[:2]
    side = max(height, width)
    high, wide = (side - height) // 2, (side - width) // 2 if height != width else width // 4
    return np.pad(shown, ((high, high), (wide, wide), (0, 0)))


def watermark(shown: Picture) -> Picture:
    """A half-transparent word across the middle."""
    height, width = shown.shape[:2]
    size, made = width / 320, shown.copy()
    at = (int(width * 0.08), int(height * 0.55))
    cv2.putText(made, "socialflow", at, cv2.FONT_HERSHEY_SIMPLEX, size * 1.3, (255, 255, 255), max(1, int(3 * size)))
    return np.asarray(cv2.addWeighted(made, 0.5, shown, 0.5, 0), np.uint8)


def logo(shown: Picture) -> Picture:
    """A busy badge over a corner, its side two fifths of the picture's shorter one."""
    side = int(0.4 * min(shown.shape[:2]))
    made = shown.copy()
    made[-side - 5 : -5, -side - 5 : -5] = cv2.resize(_badge(), (side, side), interpolation=cv2.INTER_AREA)
    return made


def _badge() -> Picture:
    rng, made = np.random.default_rng(9), np.full((300, 300, 3), 255, np.uint8)
    for _ in range(14):
        colour = [int(part) for part in rng.integers(0, 220, 3)]
        x, y = (int(part) for part in rng.integers(20, 280, 2))
        cv2.circle(made, (x, y), int(rng.integers(8, 50)), colour, -1)
    cv2.putText(made, "LOGO", (20, 160), cv2.FONT_HERSHEY_DUPLEX, 3, (0, 0, 0), 8)
    return made


def blur(shown: Picture) -> Picture:
    """Gaussian, of 2 pixels."""
    return np.asarray(cv2.GaussianBlur(shown, (0, 0), 2), np.uint8)


def brighter(shown: Picture) -> Picture:
    """Gamma 0.6."""
    return np.rint(255 * (shown / 255) ** 0.6).astype(np.uint8)


def several(shown: Picture) -> Picture:
    """Mirrored, 5 % cut, half as large, JPEG 50."""
    cut = crop(0.05)(flip(shown))
    half = cv2.resize(np.ascontiguousarray(cut), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return jpeg(50)(np.asarray(half, np.uint8))


def framed_with_logo(shown: Picture) -> Picture:
    """A frame of 10 %, the badge over it, JPEG 60."""
    return jpeg(60)(logo(pad(0.1)(shown)))


EDITS: Mapping[str, Edit] = {
    "jpeg 30": jpeg(30),
    "resize 1/4": quarter,
    "watermark": watermark,
    "blur": blur,
    "brighter": brighter,
    "crop 5 %": crop(0.05),
    "crop 15 %": crop(0.15),
    "pad 20 %": pad(0.2),
    "letterbox": letterbox,
    "flip": flip,
    "rotate 4 degrees": rotate(4),
    "rotate 90 degrees": quarter_turn,
    "logo": logo,
    "several": several,
    "frame and logo": framed_with_logo,
}
SHARED = ("watermark", "pad 20 %", "letterbox", "logo", "frame and logo")
"""Edits that put the same over all pictures: of those, edited pictures are compared with each other too."""
