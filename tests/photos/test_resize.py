"""Named resize rules: sizes by hand, pixels by averages."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.errors import PlaceprintError
from placeprint.photos import resize
from placeprint.photos.resize import shrink, target_size


@pytest.mark.parametrize(
    ("size", "rule", "divisor", "expected"),
    [
        ((640, 480), "none", None, (640, 480)),
        ((641, 487), "none", 16, (640, 480)),
        ((480, 480), "area:480", None, (480, 480)),
        ((640, 480), "area:480", None, (560, 416)),  # 554.26 x 415.69
        ((640, 480), "area:480", 1, (554, 416)),
        ((100, 4000), "area:480", None, (80, 3040)),  # 75.9 x 3035.8
        ((640, 480), "longest:320", None, (320, 240)),
        ((480, 640), "longest:1280", None, (960, 1280)),
        ((640, 480), "shortest:224", None, (299, 224)),
        ((640, 480), "shortest:224", 32, (288, 224)),
        ((640, 480), "exact:320x200", None, (320, 200)),
        ((640, 480), "exact:320x200", 16, (320, 208)),
        ((640, 480), "fit:320x200", None, (266, 200)),
        ((480, 640), "fit:320x200", 16, (144, 192)),
        ((3, 3000), "longest:100", None, (1, 100)),
    ],
)
def test_sizes(size: tuple[int, int], rule: str, divisor: int | None, expected: tuple[int, int]) -> None:
    assert target_size(size, rule, divisor) == expected
    image = np.zeros((size[1], size[0], 3), np.uint8)
    assert resize(image, rule, divisor).shape == (expected[1], expected[0], 3)


@given(st.integers(50, 4000), st.integers(50, 4000), st.integers(200, 1000), st.sampled_from([1, 8, 16, 32]))
def test_area_keeps_area_and_aspect(width: int, height: int, side: int, divisor: int) -> None:
    wide, high = target_size((width, height), f"area:{side}", divisor)
    assert wide % divisor == high % divisor == 0
    scale = side / math.sqrt(width * height)
    assert abs(wide - width * scale) <= max(divisor / 2 + 1e-6, divisor - width * scale)
    assert abs(high - height * scale) <= max(divisor / 2 + 1e-6, divisor - height * scale)


@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(1, 999), st.integers(1, 999))
def test_fit_stays_inside_and_touches(width: int, height: int, wide: int, high: int) -> None:
    w, h = target_size((width, height), f"fit:{wide}x{high}")
    assert w <= wide
    assert h <= high
    assert w == wide or h == high


def test_shrinking_averages_and_growing_keeps_levels() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    averages = image.reshape(10, 4, 15, 4, 3).mean(axis=(1, 3))
    assert np.abs(resize(image, "longest:15").astype(float) - averages).max() <= 1
    flat = np.full((10, 20, 3), (10, 200, 90), np.uint8)
    assert (resize(flat, "exact:77x33") == (10, 200, 90)).all()
    assert shrink(image, 60) is image
    assert shrink(image, 30).shape == (20, 30, 3)


@pytest.mark.parametrize(
    "rule",
    ["", "area", "area:", "area:x", "area:-3", "area:0", "exact:3", "fit:1x2x3", "big:3", "none:1", "area:²"],
)
def test_unknown_rules(rule: str) -> None:
    with pytest.raises(PlaceprintError, match="is not a resize rule"):
        resize(np.zeros((4, 4, 3), np.uint8), rule)


def test_divisor_must_be_positive() -> None:
    with pytest.raises(PlaceprintError, match="divisor"):
        target_size((4, 4), "none", 0)
