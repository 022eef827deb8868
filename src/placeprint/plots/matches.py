"""Two photos side by side, with lines between their matched features."""

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Float64, Pixels

GAP = 8
INLIER = (0, 158, 115)  # Okabe and Ito's bluish green and vermilion: distinguishable for everyone
OUTLIER = (213, 94, 0)
EDGE = (255, 255, 255)
SUBPIXEL = 4  # fractional bits OpenCV draws with


def draw_matches(
    image_a: Pixels, image_b: Pixels, xy_a: ArrayLike, xy_b: ArrayLike, inlier: ArrayLike
) -> Pixels:
    """RGB picture, `image_a` on the left, `image_b` to the right of a gap of 8 white columns.

    Images are RGB (h, w, 3) and are not scaled; the shorter one is padded with white below. `xy_a` and `xy_b`
    are (m, 2) x, y with (0, 0) the center of the top-left pixel. Pairs with `inlier` (m,) true are drawn
    last, in opaque green with a white outline; the others are thin, faint orange lines. Feature j of
    `image_b` lies at x + image_a.shape[1] + 8.
    """
    start, end = (np.asarray(xy, np.float64).reshape(-1, 2) for xy in (xy_a, xy_b))
    keep = np.asarray(inlier, bool).reshape(-1)
    if not len(start) == len(end) == len(keep):
        raise ValueError(f"{len(start)} and {len(end)} positions do not match {len(keep)} inlier flags")
    (height_a, width_a), (height_b, width_b) = image_a.shape[:2], image_b.shape[:2]
    canvas = np.full((max(height_a, height_b), width_a + GAP + width_b, 3), 255, np.uint8)
    canvas[:height_a, :width_a] = image_a
    canvas[:height_b, width_a + GAP :] = image_b
    end = end + np.array([width_a + GAP, 0.0])
    faint = _lines(canvas, start[~keep], end[~keep], OUTLIER, 1)
    canvas = np.asarray(np.round(0.6 * canvas + 0.4 * faint), np.uint8)
    canvas = _lines(canvas, start[keep], end[keep], EDGE, 3)
    return _lines(canvas, start[keep], end[keep], INLIER, 2)


def _lines(canvas: Pixels, start: Float64, end: Float64, color: tuple[int, int, int], width: int) -> Pixels:
    import cv2

    drawn = canvas.copy()
    scale = 1 << SUBPIXEL
    for a, b in zip(np.round(start * scale).astype(int), np.round(end * scale).astype(int), strict=True):
        p, q = (int(a[0]), int(a[1])), (int(b[0]), int(b[1]))
        cv2.line(drawn, p, q, color, width, cv2.LINE_AA, SUBPIXEL)
        for at in (p, q):
            cv2.circle(drawn, at, (width + 1) * scale, color, -1, cv2.LINE_AA, SUBPIXEL)
    return drawn
