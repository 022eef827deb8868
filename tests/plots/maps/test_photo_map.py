import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from placeprint.geo import GeoPoint
from placeprint.plots import Estimate, Landmark, Overview, photo_map

SVG = "{http://www.w3.org/2000/svg}"
HERE = GeoPoint(52.2053, 0.1218)
PLACES = [
    HERE,
    GeoPoint(0.0, 180.0),
    GeoPoint(-17.0, -179.9999),
    GeoPoint(89.9999, 30.0),
    GeoPoint(-90.0, 0.0),
]


def rows(points: list[GeoPoint]) -> np.ndarray:
    return np.array([(p.lat, p.lon) for p in points]).reshape(-1, 2)


def parse(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [e for e in root.iter() if name in e.get("class", "").split()]


def spot(root: ElementTree.Element, rank: int) -> np.ndarray:
    (found,) = [e for e in of_class(root, "spot") if f"rank-{rank}" in e.get("class", "")]
    return np.array([float(found.get("cx", "")), float(found.get("cy", ""))])


def dots(path: str) -> np.ndarray:
    return np.array(re.findall(r"M(-?[\d.]+) (-?[\d.]+)h0", path), float).reshape(-1, 2)


@pytest.mark.parametrize("here", PLACES)
def test_pixels_are_proportional_to_meters_everywhere_on_earth(here: GeoPoint) -> None:
    """Candidates at known bearings and distances: all at one scale, in the right direction."""
    polar = (0.0, 12.0), (90.0, 9.0), (200.0, 14.0)
    marks = [Landmark(here.moved(*p), None, "a") for p in polar]
    root = parse(photo_map(rows([here]), np.array([np.nan]), marks, Estimate(here, 4.0, 11.0)))
    (outer,) = of_class(root, "radius-90")
    (inner,) = of_class(root, "radius-50")
    scale = float(outer.get("r", "")) / 11.0
    center = np.array([float(outer.get("cx", "")), float(outer.get("cy", ""))])
    assert float(inner.get("r", "")) == pytest.approx(4.0 * scale, abs=0.1)
    for rank, (bearing, distance) in enumerate(polar, 1):
        turned = bearing if abs(here.lat) < 80 else None
        offset = spot(root, rank) - center
        assert np.hypot(*offset) == pytest.approx(distance * scale, abs=0.2)
        if turned is not None:
            drawn = math.degrees(math.atan2(offset[0], -offset[1])) % 360.0
            assert drawn == pytest.approx(turned, abs=0.5)


def test_reference_dots_scale_bar_and_ticks_share_the_scale() -> None:
    references = [HERE.moved(90.0, 10.0), HERE.moved(0.0, 10.0)]
    root = parse(photo_map(rows(references), np.array([180.0, np.nan]), (), Estimate(HERE, 3.0, 20.0)))
    (outer,) = of_class(root, "radius-90")
    scale = float(outer.get("r", "")) / 20.0
    (path,) = of_class(root, "dots")
    expected = np.array([[320.0, 220.0 - 10.0 * scale], [320.0 + 10.0 * scale, 220.0]])
    assert dots(path.get("d", "")) == pytest.approx(expected, abs=0.6)
    (tick,) = of_class(root, "ticks")
    (ends,) = re.findall(r"M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)", tick.get("d", ""))
    x0, y0, x1, y1 = map(float, ends)
    assert (x1 - x0, y1 - y0) == pytest.approx((0.0, 9.0), abs=1.0)  # looks south
    (bar,) = of_class(root, "bar")
    (length,) = re.findall(r"h([\d.]+)v", bar.get("d", ""))
    (label,) = [e.text or "" for e in root.iter(f"{SVG}text") if (e.text or "").endswith(" m")]
    assert float(length) == pytest.approx(float(label.split()[0]) * scale, abs=0.1)


def test_a_far_candidate_is_a_badge_at_the_border_with_its_distance() -> None:
    marks = [Landmark(HERE.moved(0.0, 5.0), 10.0, "near"), Landmark(HERE.moved(90.0, 1400.0), 10.0, "far")]
    root = parse(photo_map(rows([HERE]), np.array([0.0]), marks, Estimate(HERE, 3.0, 9.0)))
    assert len(of_class(root, "spot")) == 1
    assert [e.text for e in of_class(root, "number")] == ["1", "2"]
    badge = of_class(root, "badge")[1]
    assert (float(badge.get("cx", "")), float(badge.get("cy", ""))) == pytest.approx((618.0, 220.0), abs=1.0)
    assert "1.4 km" in [e.text for e in of_class(root, "edge")]


def test_candidates_at_one_spot_keep_apart() -> None:
    marks = [Landmark(HERE, float(heading), str(heading)) for heading in (0, 90, 180, 270)]
    root = parse(photo_map(rows([HERE]), np.array([0.0]), marks, Estimate(HERE, 3.0, 9.0)))
    at = np.array([[float(b.get("cx", "")), float(b.get("cy", ""))] for b in of_class(root, "badge")])
    gaps = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) + 99 * np.eye(4)
    assert gaps.min() >= 18.0
    assert len(of_class(root, "cone")) == 4
    north, east, south, west = at - (320.0, 220.0)
    assert north[1] < -15 < 15 < south[1]  # each badge stands where its camera looks
    assert west[0] < -15 < 15 < east[0]


def test_the_overview_frames_the_window_that_the_map_shows() -> None:
    references = rows([HERE.moved(b, d) for b in range(0, 360, 30) for d in (100.0, 600.0)])
    overview = Overview.of(references)
    assert overview is not None
    root = parse(photo_map(references, np.full(24, np.nan), (), Estimate(HERE, 10.0, 42.0), overview))
    (inset,) = of_class(root, "overview")
    (window,) = of_class(inset, "window")
    across = 640 * 42.0 / float(of_class(root, "radius-90")[0].get("r", ""))  # meters
    small = 110 * 0.84 / 1200.0  # pixels a meter: the photos span 1200 m from north to south
    assert float(window.get("width", "")) == pytest.approx(across * small, abs=0.2)
    middle = float(window.get("x", "")) + float(window.get("width", "")) / 2
    assert middle == pytest.approx(75.0, abs=0.3)
    assert len(dots(of_class(inset, "dots")[0].get("d", ""))) == 24


def test_without_an_estimate_the_candidates_are_shown_and_without_both_all_photos() -> None:
    marks = [Landmark(HERE, None, "a"), Landmark(HERE.moved(45.0, 500.0), None, "b")]
    root = parse(photo_map(rows([HERE]), np.array([np.nan]), marks))
    assert len(of_class(root, "spot")) == 2
    assert not of_class(root, "estimate")
    alone = parse(photo_map(rows([HERE, HERE.moved(10.0, 80.0)]), np.full(2, np.nan)))
    assert len(dots(of_class(alone, "dots")[0].get("d", ""))) == 2
    assert photo_map(np.zeros((0, 2)), np.zeros(0)) == ""


def test_no_reference_nearby_is_an_empty_but_valid_map() -> None:
    root = parse(photo_map(rows([GeoPoint(-52.2, -179.9)]), np.array([3.0]), (), Estimate(HERE, 1.0, 2.0)))
    assert dots(of_class(root, "dots")[0].get("d", "")).shape == (0, 2)
    assert of_class(root, "estimate")


def test_hostile_labels_are_text() -> None:
    label = '</title><script>alert("1")</script>&'
    text = photo_map(rows([HERE]), np.array([0.0]), [Landmark(HERE, None, label)], None, None, label)
    root = parse(text)
    assert "<script" not in text
    assert [e.text for e in root.iter(f"{SVG}title")] == [label, label]


def test_dots_on_one_another_are_drawn_once() -> None:
    same = photo_map(rows([HERE] * 20_000), np.full(20_000, np.nan), (), Estimate(HERE, 3.0, 9.0))
    assert len(same) < 4000
