"""Answers to write: located, not located, with hostile names, at the edges of the map."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from placeprint.geo import GeoPoint
from placeprint.placemap.place import Answer, Correspondences, Match, NoMatch, Place, Reason

HOSTILE = '<script>alert("1 & 2")</script> ünï 東京\u202e.jpg'


@pytest.fixture
def photo(tmp_path: Path) -> Callable[[str], str]:
    """Write a small noisy photo under a name and return its path."""

    def write(name: str, size: tuple[int, int] = (96, 64)) -> str:
        path = tmp_path / name
        pixels = np.random.default_rng(len(name)).integers(0, 255, (size[1], size[0], 3), np.uint8)
        Image.fromarray(pixels).save(path, "JPEG")
        return str(path)

    return write


@pytest.fixture
def match(photo: Callable[[str], str]) -> Match:
    pairs = Correspondences(
        np.array([[10.0, 20.0], [30.0, 40.0], [50.0, 5.0]], np.float32),
        np.array([[12.0, 21.0], [33.0, 44.0], [1.0, 60.0]], np.float32),
        np.array([True, True, False]),
        (96, 64),
        (96, 64),
    )
    point = GeoPoint(52.2053, 0.1218)
    return Match(7, photo("reference & <b>.jpg"), point, 0.4321, 90.0, 2, correspondences=pairs)


@pytest.fixture
def place(photo: Callable[[str], str], match: Match) -> Place:
    gone = Match(8, "/gone/away.jpg", GeoPoint(52.2054, 0.122), 0.5)
    return Place(GeoPoint(52.2053, 0.1219), 4.2, 11.5, 0.93, (match, gone), True, photo("query.jpg"))


@pytest.fixture
def answers(place: Place, match: Match) -> list[Answer]:
    hostile = NoMatch(Reason.SCATTERED, 0.21, (match,), f"/photos/{HOSTILE}")
    return [place, hostile, NoMatch(Reason.EMPTY_MAP)]


@pytest.fixture
def at_antimeridian() -> Place:
    return Place(GeoPoint(-17.0, 179.9999), 20.0, 40.0, 0.8, (), False, "fiji.jpg")


@pytest.fixture
def hostile() -> str:
    return HOSTILE
