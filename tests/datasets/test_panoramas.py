"""Photos grouped into panoramas."""

from pathlib import Path

import pytest

from placeprint.datasets.panoramas import panoramas
from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord

HERE = GeoPoint(52.2, 0.1)


def photo(
    name: str, heading: float | None, panorama: str | None, point: GeoPoint | None = HERE
) -> PhotoRecord:
    return PhotoRecord(Path(name), point, heading, None, panorama)


def four(name: str, first: float = 0.0) -> list[PhotoRecord]:
    return [photo(f"{name}{k}", (first + 90 * k) % 360, name) for k in range(4)]


def test_faces_come_in_the_order_of_their_headings() -> None:
    a, b = four("a", 30.0), four("b", 350.0)
    mixed = [b[2], a[3], a[0], b[1], a[1], b[0], a[2], b[3]]
    first, second = panoramas(mixed)
    assert (first.name, second.name) == ("b", "a")
    assert [path.name for path in second.faces] == ["a0", "a1", "a2", "a3"]
    assert second.rows == (2, 4, 6, 1)
    assert second.first_heading == 30.0
    assert [path.name for path in first.faces] == ["b1", "b2", "b3", "b0"]
    assert first.first_heading == 80.0
    assert first.point == HERE
    assert panoramas([]) == []
    almost = [photo(f"c{k}", heading, "c") for k, heading in enumerate((0.2, 90.0, 180.1, 270.3))]
    assert len(panoramas(almost)) == 1


@pytest.mark.parametrize(
    ("photos", "said"),
    [
        (four("a")[:3], "panorama a has 3 photos, not 4 .headings 0°, 90°, 180°"),
        ([*four("a"), photo("a4", 45.0, "a")], "has 5 photos"),
        ([*four("a")[:3], photo("a3", None, "a")], "without a heading .a3"),
        ([*four("a")[:3], photo("a3", 271.0, "a")], "not 90° apart .0°, 90°, 180°, 271°"),
        ([*four("a")[:3], photo("a3", 180.0, "a")], "not 90° apart"),
        ([*four("a")[:3], photo("a3", 270.0, "a", HERE.moved(0, 2.0))], "more than 1 m apart"),
        ([*four("a")[:3], photo("a3", 270.0, "a", None)], "without a position"),
        ([photo("lone", 0.0, None)], "lone belongs to no panorama"),
    ],
)
def test_what_is_no_panorama_is_named_or_left_out(photos: list[PhotoRecord], said: str) -> None:
    with pytest.raises(PlaceprintError, match=said):
        panoramas([*four("whole"), *photos])
    (left,) = panoramas([*photos, *four("whole")], whole_only=True)
    assert left.name == "whole"
    assert left.rows == tuple(range(len(photos), len(photos) + 4))


def test_only_the_first_problems_are_listed() -> None:
    with pytest.raises(PlaceprintError, match=r"panorama b .*panorama c .* and 2 more"):
        panoramas([record for name in "abcde" for record in four(name)[:2]])
