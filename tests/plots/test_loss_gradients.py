"""Heat maps of gradients read back from the pictures inside the drawing."""

import re
import sys
from base64 import b64decode
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from placeprint.errors import MissingExtraError
from placeprint.plots.loss_gradients import loss_gradients
from placeprint.plots.loss_gradients_png import loss_gradients_png

HOSTILE = '</title><script>alert("1")</script>&'
BRIGHTEST, DARKEST = (252, 255, 164), (0, 0, 4)  # the ends of inferno
RNG = np.random.default_rng(0)
STRENGTHS = {
    "first": (RNG.uniform(0, 4, (6, 6)), np.zeros((6, 6))),
    HOSTILE: (np.full((6, 6), 1.0), RNG.uniform(0, 0.5, (6, 6))),
}
STRENGTHS["first"][0][1, 5] = 4.0  # the second lowest row, the last column


def of_class(root, name):
    return [e for e in root.iter() if name in e.get("class", "").split()]


def pixels(element):
    content = element.get("href").removeprefix("data:image/png;base64,")
    return np.array(Image.open(BytesIO(b64decode(content))).convert("RGB"))


@pytest.fixture(scope="module")
def drawing():
    return ElementTree.fromstring(loss_gradients(STRENGTHS))


def test_a_common_scale_of_square_roots_and_distances_that_grow_upwards(drawing):
    heats = of_class(drawing, "heat")
    assert len(heats) == 4
    (scale,) = of_class(drawing, "scale")
    inferno = pixels(scale)[::-1, 0]  # from 0 to the strongest
    assert tuple(inferno[-1]) == BRIGHTEST
    assert tuple(inferno[0]) == DARKEST
    drawn = [pixels(heat) for heat in heats]
    assert tuple(drawn[0][4, 5]) == BRIGHTEST
    assert tuple(drawn[1][0, 0]) == DARKEST
    for picture, values in zip(drawn, [v for both in STRENGTHS.values() for v in both], strict=True):
        level = np.round(np.sqrt(values[::-1] / 4) * (len(inferno) - 1)).astype(int)
        assert np.abs(picture.astype(int) - inferno[level]).max() <= 6
    levels = [float(e.text) for e in of_class(drawing, "level")]
    assert levels == pytest.approx([0, 0.25, 1, 2.25, 4])
    top, bottom = float(scale.get("y")), float(scale.get("y")) + float(scale.get("height"))
    places = [float(e.get("y")) - 4 for e in of_class(drawing, "level")]
    assert places == pytest.approx(np.linspace(bottom, top, 5))


def test_panels_stand_in_columns_with_ticks_and_the_border(drawing):
    boxes = [
        [float(heat.get(key)) for key in ("x", "y", "width", "height")] for heat in of_class(drawing, "heat")
    ]
    assert boxes[0][0] == boxes[1][0] < boxes[2][0] - boxes[0][2]
    assert boxes[0][1] == boxes[2][1] < boxes[1][1] - boxes[0][3]
    for (x, y, width, height), border in zip(boxes, of_class(drawing, "border"), strict=True):
        ends = [float(v) for v in re.findall(r"[\d.]+", border.get("d"))]
        assert ends == [x, y + height, x + width, y]  # from (0, 0) to (2, 2)
    x, y, width, height = boxes[0]
    across = {e.text: float(e.get("x")) for e in of_class(drawing, "x-tick")[:3]}
    assert across == {"0": x, "1": x + width / 2, "2": x + width}
    down = {e.text: float(e.get("y")) - 4 for e in of_class(drawing, "y-tick")[:3]}
    assert down == {"0": y + height, "1": y + height / 2, "2": y}


def test_names_are_text(drawing):
    words = ["".join(e.itertext()) for e in of_class(drawing, "axis")]
    assert words.count(HOSTILE) == words.count("first") == 1
    assert words.count("d_p".replace("_", "")) == words.count("dn") == 2
    assert not [e for e in drawing.iter() if e.tag.endswith("script")]
    said = drawing.findtext("{http://www.w3.org/2000/svg}desc")
    assert "first: at most 4.00 at the positive, 0.00 at the negative" in said


def test_png():
    picture = Image.open(BytesIO(loss_gradients_png(STRENGTHS)))
    assert picture.format == "PNG"
    seen = {tuple(c) for c in np.array(picture.convert("RGB")).reshape(-1, 3)}
    assert {BRIGHTEST, (0, 0, 3), (255, 255, 255)} <= seen
    assert loss_gradients_png(STRENGTHS) == loss_gradients_png(STRENGTHS)


def test_png_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"placeprint\[plots\]"):
        loss_gradients_png(STRENGTHS)


def test_strengths_that_do_not_fit():
    square = np.ones((3, 3))
    for wrong in (
        {},
        {"a": (square, np.ones((4, 4)))},
        {"a": (np.ones((3, 4)),) * 2},
        {"a": (np.ones(3),) * 2},
    ):
        with pytest.raises(ValueError, match="not one square shape"):
            loss_gradients(wrong)
    flat = ElementTree.fromstring(loss_gradients({"a": (0 * square, 0 * square)}))
    assert (pixels(of_class(flat, "heat")[0]) == DARKEST).all()
    assert loss_gradients_png({"a": (0 * square, 0 * square)})
