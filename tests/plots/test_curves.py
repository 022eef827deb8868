"""Curves read back from what a reader sees: the ticks give the scale, the marks the numbers."""

import re
from collections.abc import Callable
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placeprint.metrics import (
    precision_recall,
    recall_over_distance,
    reliability,
)
from placeprint.plots import (
    CHART_STYLE,
    error_curve,
    error_histogram,
    precision_recall_curve,
    recall_curve,
    reliability_curve,
)

SVG = "{http://www.w3.org/2000/svg}"
A, B = "first", "second"


class Chart:
    """A parsed chart; `x` and `y` turn pixels back into the numbers of the axes."""

    def __init__(self, text: str, logarithmic: bool = False) -> None:
        self.root = ElementTree.fromstring(text)
        across = [(float(t.get("x", "")), self._value(t)) for t in self.of_class("x-tick")]
        down = [(float(t.get("y", "")) - 4, self._value(t)) for t in self.of_class("y-tick")]
        self.x, self.y = self._scale(across, logarithmic), self._scale(down, False)

    def of_class(self, name: str, root: ElementTree.Element | None = None) -> list[ElementTree.Element]:
        below = self.root if root is None else root
        return [e for e in below.iter() if name in e.get("class", "").split()]

    def series(self, number: int) -> ElementTree.Element:
        """Marks of one line (the legend carries the class too)."""
        return next(e for e in self.of_class(f"color-{number}") if not self.of_class("name", e))

    def points(self, number: int) -> np.ndarray:
        found = self.of_class("point", self.series(number))
        return np.array([(self.x(float(p.get("cx", ""))), self.y(float(p.get("cy", "")))) for p in found])

    def line(self, number: int) -> np.ndarray:
        (path,) = self.of_class("line", self.series(number))
        pixels = np.array(re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.get("d", "")), float)
        return np.array([(self.x(x), self.y(y)) for x, y in pixels])

    @staticmethod
    def _value(tick: ElementTree.Element) -> float:
        text = (tick.text or "").replace(",", "")
        return float(text) if re.fullmatch(r"[\d.]+", text) else np.nan

    @staticmethod
    def _scale(ticks: list[tuple[float, float]], logarithmic: bool) -> Callable[[float], float]:
        known = [(at, value) for at, value in ticks if np.isfinite(value)]
        (p0, v0), (p1, v1) = known[0], known[-1]
        if logarithmic:
            return lambda at: float(v0 * (v1 / v0) ** ((at - p0) / (p1 - p0)))
        return lambda at: v0 + (v1 - v0) * (at - p0) / (p1 - p0)


def test_recall_at_every_n() -> None:
    values = {A: [0.62, 0.7, 0.71, 0.9, 0.95, 0.95, 0.97, 1.0], B: [0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8, 0.8]}
    chart = Chart(recall_curve(values, marked=(1, 5, 20), intervals={A: {5: (0.91, 0.98)}}))
    for number, each in enumerate(values.values(), 1):
        assert chart.line(number) == pytest.approx(
            np.column_stack([np.arange(1, 9), 100 * np.array(each)]), abs=0.05
        )
        marked = [(1, 100 * each[0]), (5, 100 * each[4])]
        assert chart.points(number) == pytest.approx(np.array(marked), abs=0.05)
    assert not chart.of_class("interval", chart.series(2))
    (interval,) = chart.of_class("interval", chart.series(1))
    x, bottom, top = re.findall(r"M(\S+) (\S+)V(\S+)$", interval.get("d", ""))[0]
    assert (chart.y(float(bottom)), chart.y(float(top))) == pytest.approx((91, 98), abs=0.1)
    assert chart.x(float(x)) == pytest.approx(5, abs=0.1)
    assert [e.text for e in chart.of_class("name")] == [A, B]
    assert "first: 62.0 % at N = 1, 95.0 % at N = 5" in (chart.root.findtext(f"{SVG}desc") or "")


def test_many_n_are_on_a_logarithmic_axis() -> None:
    values = 1 - 1 / np.arange(2, 102)
    chart = Chart(recall_curve({A: values}, marked=(1, 10, 100)), logarithmic=True)
    expected = [(n, 100 * values[n - 1]) for n in (1, 10, 100)]
    assert chart.points(1) == pytest.approx(np.array(expected), rel=0.005)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40).map(sorted))
def test_no_curve_leaves_its_frame(values: list[float]) -> None:
    chart = Chart(recall_curve({A: values}), logarithmic=len(values) > 30)
    pixels = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", chart.of_class("line")[0].get("d", ""))
    x, y = np.array(pixels, float).T
    assert x.min() >= 52
    assert x.max() <= 504
    assert y.min() >= 14 - 0.05
    assert y.max() <= 282.05
    ticks = [t.text for t in chart.of_class("y-tick")]
    assert ticks[-1] == "100"


def test_recall_over_distance_and_ranges_of_error() -> None:
    rng = np.random.default_rng(0)
    errors = {A: np.append(rng.lognormal(3, 2, 90), [1.0, 25.0, np.inf, np.inf]), B: rng.lognormal(1, 1, 50)}
    chart = Chart(error_curve(errors), logarithmic=True)
    for number, meters in enumerate(errors.values(), 1):
        expected = np.array([(d, 100 * share) for d, share in recall_over_distance(meters).items()])
        assert chart.points(number) == pytest.approx(expected, abs=0.05, rel=0.005)
        line = chart.line(number)
        assert (np.diff(line[:, 1]) >= -1e-9).all()
        for d, share in line[1:-1]:  # the line is the share of errors up to d, not between them
            low, high = (100 * np.mean(meters <= d * step) for step in (0.98, 1.02))
            assert low - 0.05 <= share <= high + 0.05
    bars = Chart(error_histogram(errors))
    for number, meters in enumerate(errors.values(), 1):
        rects = bars.of_class("bar", bars.series(number))
        heights = [bars.y(float(r.get("y", ""))) for r in rects]
        edges = [-1, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 1e300]
        counted = [np.sum((meters > a) & (meters <= b)) for a, b in pairwise(edges)]
        counted.append(np.sum(np.isinf(meters)))
        assert heights == pytest.approx(100 * np.array(counted) / len(meters), abs=0.1)
        middles = [float(r.get("x", "")) + float(r.get("width", "")) / 2 for r in rects]
        assert middles[-1] == pytest.approx(float(bars.of_class("x-tick")[-1].get("x", "")), abs=16)
        bottoms = [float(r.get("y", "")) + float(r.get("height", "")) for r in rects]
        assert bottoms == pytest.approx([282] * len(rects), abs=0.11)


def test_precision_over_recall() -> None:
    confidence = np.array([9.0, 8, 7, 6, 5, 4, 3, 2])
    right = np.array([1, 1, 0, 1, 1, 0, 1, 0], bool)
    found = precision_recall(confidence, right, np.ones(8, bool))
    chart = Chart(precision_recall_curve({A: found}))
    line = chart.line(1)
    assert line[0] == pytest.approx([0, 100], abs=0.05)
    assert line[1:] == pytest.approx(100 * np.column_stack([found.recall, found.precision]), abs=0.05)
    assert chart.points(1) == pytest.approx(np.array([[25.0, 100.0]]), abs=0.05)
    wrong = precision_recall(confidence, np.zeros(8, bool), np.ones(8, bool))
    assert not Chart(precision_recall_curve({A: wrong})).of_class("point")


def test_calibration() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.uniform(size=200)
    curve = reliability(confidence, rng.uniform(size=200) < confidence**2)
    chart = Chart(reliability_curve(curve))
    found = [
        (chart.x(float(p.get("cx", ""))), chart.y(float(p.get("cy", "")))) for p in chart.of_class("point")
    ]
    assert np.array(found) == pytest.approx(
        100 * np.column_stack([curve.confidence, curve.accuracy]), abs=0.05
    )
    assert [int(e.text or "") for e in chart.of_class("count")] == curve.count.tolist()
    heights = np.array([float(e.get("height", "")) for e in chart.of_class("bar")])
    assert heights.max() == pytest.approx(0.22 * 268, abs=0.1)
    assert heights / heights.max() == pytest.approx(curve.count / curve.count.max(), abs=0.01)
    ends = re.findall(r"(-?[\d.]+) (-?[\d.]+)", chart.of_class("reference")[0].get("d", ""))
    corners = np.array([(chart.x(float(x)), chart.y(float(y))) for x, y in ends])
    assert corners == pytest.approx(np.array([[0, 0], [100, 100]]))


def test_hostile_names_are_text_and_36_lines_differ() -> None:
    hostile = '</title><script>alert("1")</script>&'
    for text in (
        recall_curve({hostile: [0.5, 0.6]}),
        error_curve({hostile: [3.0]}),
        error_histogram({hostile: [3.0]}),
        precision_recall_curve({hostile: precision_recall([1.0], [True])}),
    ):
        assert "<script" not in text
        assert hostile in [e.text for e in Chart(text, True).of_class("name")]
    many = ElementTree.fromstring(recall_curve({f"{i}": [0.5] for i in range(36)}))
    styles = {e.get("class") for e in many.iter(f"{SVG}g") if e.get("transform") is None}
    assert len(styles) == 36
    for style in styles:
        for name in str(style).split():
            assert name == "dash-1" or f".{name}{{" in CHART_STYLE


def test_no_curve_of_nothing() -> None:
    with pytest.raises(ValueError, match="recall curves"):
        recall_curve({})
    with pytest.raises(ValueError, match=r"\[1, 2\]"):
        recall_curve({A: [0.5], B: [0.5, 0.5]})
    with pytest.raises(ValueError, match="errors"):
        error_curve({A: []})
