"""Named resize rules: the input size in a descriptor's recipe, in one word."""

import math

import numpy as np

from placeprint.arrays import Pixels
from placeprint.errors import PlaceprintError

RULES = "none, area:480, longest:640, shortest:480, fit:640x480, exact:640x480 (width x height)"


def resize(image: Pixels, rule: str, divisor: int | None = None) -> Pixels:
    """Resize RGB (height, width, 3) by a named rule; shrinking averages areas, enlarging is bilinear.

    - `none`: the size stays the same.
    - `area:N`: aspect ratio kept, sqrt(width * height) = N.
    - `longest:N`, `shortest:N`: aspect ratio kept, that side = N.
    - `fit:WxH`: aspect ratio kept, the largest size inside width W and height H.
    - `exact:WxH`: width W and height H, whatever the aspect ratio.

    Both sides are then rounded to the nearest multiple of `divisor`, at least one (`exact` too; for `fit`
    downwards). By default, `divisor` is 16 for `area` and 1 for the others. Raises `PlaceprintError` for an
    unknown rule.
    """
    height, width = image.shape[:2]
    return scaled(image, target_size((width, height), rule, divisor))


def target_size(size: tuple[int, int], rule: str, divisor: int | None = None) -> tuple[int, int]:
    """(width, height) that `resize` gives a photo of this (width, height)."""
    width, height = size
    kind, _, argument = rule.partition(":")
    step = divisor if divisor is not None else 16 if kind == "area" else 1
    if step < 1:
        raise PlaceprintError(f"divisor {step} is not positive")
    wide, high = _ideal(width, height, kind, argument, rule)
    nudge = 1e-9 if kind == "fit" else 0.5
    wide_steps, high_steps = math.floor(wide / step + nudge), math.floor(high / step + nudge)
    return max(step, step * wide_steps), max(step, step * high_steps)


def shrink(image: Pixels, longest: int) -> Pixels:
    """Shrink so that the longest side is at most `longest`; a smaller image stays as it is."""
    height, width = image.shape[:2]
    if max(width, height) <= longest:
        return np.ascontiguousarray(image)
    return scaled(image, target_size((width, height), f"longest:{longest}"))


def scaled(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Scale to (width, height): averaging areas where a side shrinks, else bilinear."""
    height, width = image.shape[:2]
    if size == (width, height):
        return np.ascontiguousarray(image)
    import cv2

    shrinks = size[0] < width or size[1] < height
    result = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(result, dtype=np.uint8)


def _ideal(width: int, height: int, kind: str, argument: str, rule: str) -> tuple[float, float]:
    if kind == "none" and not argument:
        return width, height
    if kind in ("exact", "fit"):
        wide, high = _numbers(argument.split("x"), 2, rule)
        if kind == "exact":
            return wide, high
        scale = min(wide / width, high / height)
    elif kind in ("area", "longest", "shortest"):
        (side,) = _numbers([argument], 1, rule)
        now = {
            "area": math.sqrt(width * height),
            "longest": max(width, height),
            "shortest": min(width, height),
        }
        scale = side / now[kind]
    else:
        raise _unknown(rule)
    return width * scale, height * scale


def _numbers(words: list[str], count: int, rule: str) -> list[int]:
    if len(words) != count or not all(word.isascii() and word.isdigit() and int(word) > 0 for word in words):
        raise _unknown(rule)
    return [int(word) for word in words]


def _unknown(rule: str) -> PlaceprintError:
    return PlaceprintError(f"{rule!r} is not a resize rule", f"Rules: {RULES}.")
