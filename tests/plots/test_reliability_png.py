import io
import sys

import numpy as np
import pytest
from PIL import Image

from placeprint.errors import MissingExtraError
from placeprint.plots import reliability_png


def test_a_png_of_both_panels() -> None:
    pytest.importorskip("matplotlib")
    rng = np.random.default_rng(0)
    confidence = rng.uniform(size=300)
    right = rng.uniform(size=300) < confidence
    image = Image.open(io.BytesIO(reliability_png(confidence, right, rng.gamma(2.0, 5.0, 300))))
    assert (image.format, image.size) == ("PNG", (1080, 480))
    pixels = np.asarray(image.convert("RGB")).astype(int)
    blue = np.abs(pixels - (0x00, 0x72, 0xB2)).sum(axis=2) < 30
    orange = np.abs(pixels - (0xD5, 0x5E, 0x00)).sum(axis=2) < 30
    assert blue[:, :540].sum() > 500
    assert not blue[:, 540:].any()
    assert orange[:, 540:].sum() > 200
    assert not orange[:, :540].any()


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"placeprint\[plots\]"):
        reliability_png([0.5], [True], [1.0])


def test_no_answers_is_an_error() -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(ValueError, match="confidences"):
        reliability_png([], [], [])
