"""Heat maps over photos: what drives a match, drawn on the query and on the reference."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float64, Pixels
from placeprint.photos import resize

Heat = NDArray[np.floating]
GAP = 8
CELL = "fit:640x480"
AGAINST, FOR = (0, 114, 178), (213, 94, 0)
"""Okabe and Ito's blue and vermilion: distinguishable with every kind of color vision."""
ROBUST = 99.0
FAINTEST = 1 / 3
"""Share of the opacity at heat 0: the photo stays readable, and the darkest color still shows."""
TEXT_SIZE, BAR = 15, (160, 12)


def heat_map(
    photo: Pixels, heat: Heat, alpha: float = 0.75, limit: float | None = None, signed: bool = False
) -> Pixels:
    """The photo in gray with its heat in color, RGB (h, w, 3); `photo` RGB (h, w, 3), `heat` (h, w).

    Heat from 0 to `limit` uses the color map inferno, whose lightness is uniform, so that it can be read in
    gray and with every kind of color vision; negative heat counts as 0. `signed` draws positive heat in
    vermilion and negative heat in blue instead, up to ±`limit`. `limit`: by default `heat_limit`. The opacity
    grows with the heat, up to `alpha`. Raises ValueError for shapes that do not match.
    """
    if photo.shape[:2] != heat.shape or photo.ndim != 3:
        raise ValueError(f"heat {heat.shape} does not match a photo {photo.shape}")
    full = heat_limit([heat], signed) if limit is None else limit
    share = np.asarray(heat, np.float64) / full if full > 0 else np.zeros(heat.shape)
    share = np.clip(share, -1.0 if signed else 0.0, 1.0)
    colors, strength = _colors(share, signed), np.abs(share)
    opacity = alpha * (strength if signed else FAINTEST + (1 - FAINTEST) * strength)[..., None]
    gray = (photo @ np.array([0.299, 0.587, 0.114]))[..., None]
    return np.asarray(np.round(gray * (1 - opacity) + colors * opacity), np.uint8)


def heat_limit(heats: Sequence[Heat], signed: bool = False) -> float:
    """The 99th percentile of the positive (`signed`: of the absolute) heat of all maps together.

    A few outlying pixels thus do not darken the others; 0 if there is no such heat.
    """
    values = np.concatenate([np.ravel(heat) for heat in heats])
    values = np.abs(values) if signed else values
    values = values[values > 0]
    return float(np.percentile(values, ROBUST)) if len(values) else 0.0


def photo_figure(photo: Pixels, heat: Heat, caption: str = "", signed: bool = False) -> Pixels:
    """A photo, its heat map below it, then the color scale and a caption of one or more lines."""
    return _figure([photo], [heat], caption, signed)


def pair_figure(
    query: Pixels,
    reference: Pixels,
    heat_query: Heat,
    heat_reference: Heat,
    caption: str = "",
    signed: bool = False,
) -> Pixels:
    """Query on the left and reference on the right; the photos above, their heat maps below.

    Each fits into 640 × 480. Both share one color scale, see `heat_limit`. RGB on white.
    """
    return _figure([query, reference], [heat_query, heat_reference], caption, signed)


def _figure(photos: Sequence[Pixels], heats: Sequence[Heat], caption: str, signed: bool) -> Pixels:
    limit = heat_limit(heats, signed)
    drawn = [heat_map(p, h, limit=limit, signed=signed) for p, h in zip(photos, heats, strict=True)]
    cells = [[resize(image, CELL) for image in row] for row in (photos, drawn)]
    height = max(cell.shape[0] for cell in cells[0])
    width = sum(cell.shape[1] for cell in cells[0]) + GAP * (len(photos) - 1)
    foot = _foot(caption, limit, signed, width)
    canvas = np.full((2 * height + 2 * GAP + len(foot), width, 3), 255, np.uint8)
    for row, images in enumerate(cells):
        top, left = row * (height + GAP), 0
        for image in images:
            canvas[top : top + image.shape[0], left : left + image.shape[1]] = image
            left += image.shape[1] + GAP
    canvas[2 * (height + GAP) :] = foot
    return canvas


def _foot(caption: str, limit: float, signed: bool, width: int) -> Pixels:
    """The labeled color scale, and the caption's lines, cut off at the edge of the figure."""
    from PIL import Image as Picture
    from PIL import ImageDraw, ImageFont

    font = ImageFont.load_default(TEXT_SIZE)
    lines, step = caption.splitlines(), TEXT_SIZE + 6
    picture = Picture.new("RGB", (width, step * (len(lines) + 1) + GAP), "white")
    draw = ImageDraw.Draw(picture)
    low, high = (f"{-limit:.2g} " if signed else "0 "), f" {limit:.2g}"
    start = GAP + round(draw.textlength(low, font))
    scale = np.linspace(-1.0 if signed else 0.0, 1.0, BAR[0])
    strip = np.repeat(_colors(scale, signed)[None], BAR[1], axis=0)
    draw.text((GAP, 0), low, "black", font)
    picture.paste(Picture.fromarray(np.asarray(np.round(strip), np.uint8)), (start, 4))
    draw.text((start + BAR[0], 0), high, "black", font)
    for number, line in enumerate(lines, 1):
        draw.text((GAP, number * step), line, "black", font)
    return np.array(picture)


def _colors(share: Float64, signed: bool) -> Float64:
    """Colors (..., 3) of 0..255; `share` in 0..1, or -1..1 where signed."""
    if signed:
        side = np.where(share[..., None] < 0, np.array(AGAINST), np.array(FOR))
        return np.asarray(255.0 + (side - 255.0) * np.abs(share)[..., None])
    return np.asarray(_inferno()[np.round(share * 255).astype(int)])


@cache
def _inferno() -> Float64:
    import cv2

    levels = np.arange(256, dtype=np.uint8)[:, None]
    return np.asarray(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[:, 0, ::-1], np.float64)
