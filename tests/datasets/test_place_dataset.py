"""Positives against a naive loop of geodesics, the table's roles, and the fingerprint."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.datasets import PhotoSet, PlaceDataset, from_table
from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord

HEADER = "path,lat,lon,heading,panorama,split,role\n"


def dataset(database: list[GeoPoint | None], queries: list[GeoPoint | None]) -> PlaceDataset:
    stored = [PhotoRecord(Path(f"database/{n}.jpg"), point) for n, point in enumerate(database)]
    asked = [PhotoRecord(Path(f"queries/{n}.jpg"), point) for n, point in enumerate(queries)]
    return PlaceDataset("test", PhotoSet(stored), PhotoSet(asked))


@given(
    st.sampled_from(
        [GeoPoint(0.5, 0.5), GeoPoint(52.2, 0.1), GeoPoint(-17.0, 179.9999), GeoPoint(78.0, -120.0)]
    ),
    st.integers(0, 10_000),
    st.sampled_from([5.0, 25.0, 400.0]),
)
def test_positives_are_those_of_a_naive_loop(middle: GeoPoint, seed: int, radius: float) -> None:
    rng = np.random.default_rng(seed)
    points = [middle.moved(*rng.uniform(0, (360, 3 * radius))) for _ in range(40)]
    data = dataset(list(points[:30]), list(points[30:]))
    expected = [[n for n, p in enumerate(points[:30]) if p.distance(q) <= radius] for q in points[30:]]
    assert [found.tolist() for found in data.within(radius)] == expected


def test_the_radius_belongs_to_the_circle() -> None:
    query = GeoPoint(52.2, 0.1)
    border = query.moved(70.0, 25.0)
    radius = border.distance(query)
    inside, outside = query.moved(70.0, radius - 1e-6), query.moved(70.0, radius + 1e-6)
    assert radius == pytest.approx(25.0, abs=1e-8)
    data = dataset([border, inside, outside, query], [query])
    assert [found.tolist() for found in data.within(radius)] == [[0, 1, 3]]


def test_positives_all_over_the_world() -> None:
    towns = [GeoPoint(52.0, 0.0), GeoPoint(60.0, 25.0), GeoPoint(-34.0, 151.0)]
    asked = [town.moved(10.0, 100.0) for town in towns]
    stored = [q.moved(bearing, d) for q in asked for bearing in (0.0, 90.0, 200.0) for d in (24.9, 25.1)]
    found = dataset(list(stored), list(asked)).within(25.0)
    assert [f.tolist() for f in found] == [[0, 2, 4], [6, 8, 10], [12, 14, 16]]


def test_nothing_stored_means_no_positives() -> None:
    assert [len(found) for found in dataset([], [GeoPoint(1.0, 2.0)]).within(25.0)] == [0]
    assert dataset([GeoPoint(1.0, 2.0)], []).within(25.0) == []


def test_a_photo_without_position_is_named() -> None:
    with pytest.raises(PlaceprintError, match=r"0\.jpg: no position"):
        dataset([None], [GeoPoint(1.0, 2.0)]).within(25.0)


def write(folder: Path, lines: list[str]) -> Path:
    from PIL import Image

    for line in lines:
        path = folder / line.split(",")[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 24), (len(line), 80, 90)).save(path)
    table = folder / "photos.csv"
    table.write_text(HEADER + "".join(line + "\n" for line in lines))
    return table


LINES = [
    "a/1.jpg,52.0,0.1,90,p1,val,database",
    "a/2.jpg,52.0,0.1,180,p1,val,query",
    "a/3.jpg,52.0001,0.1,0,p2,val,extra",
    "a/4.jpg,52.1,0.1,0,p3,train,database",
    "a/5.jpg,52.1,0.1,0,p3,train,query",
    "a/6.jpg,1.0,1.0,0,,val,elsewhere",
]


def test_a_table_gives_database_and_queries_of_its_split(tmp_path: Path) -> None:
    table = write(tmp_path, LINES)
    data = from_table(table, "val")
    assert [p.path.name for p in data.database] == ["1.jpg"]
    assert [p.path.name for p in data.queries] == ["2.jpg"]
    assert (data.database[0].point, data.database[0].heading) == (GeoPoint(52.0, 0.1), 90.0)
    assert data.database[0].panorama == "p1"
    both = from_table(table, ["train", "val"], name="both")
    assert sorted(p.path.name for p in both.database) == ["1.jpg", "4.jpg"]
    assert [p.path.name for p in from_table(table).database] == [p.path.name for p in both.database]
    with pytest.raises(PlaceprintError, match="split 'test'"):
        from_table(table, "test")


def test_a_table_without_roles_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photos.csv").write_text("path,lat,lon\n1.jpg,1,2\n")
    with pytest.raises(PlaceprintError, match="no column role, split"):
        from_table(tmp_path / "photos.csv", "val")


def test_the_fingerprint_follows_the_data_and_not_the_folder(tmp_path: Path) -> None:
    here = from_table(write(tmp_path / "here", LINES), "val").fingerprint
    assert from_table(write(tmp_path / "there", LINES), "val").fingerprint == here
    moved = [LINES[0].replace("52.0,", "52.00001,"), *LINES[1:]]
    assert from_table(write(tmp_path / "moved", moved), "val").fingerprint != here
    assert from_table(write(tmp_path / "more", LINES), ["val", "train"]).fingerprint != here
    table = write(tmp_path / "bigger", LINES)
    with (tmp_path / "bigger/a/1.jpg").open("ab") as photo:
        photo.write(b"more")
    assert from_table(table, "val").fingerprint != here


def test_the_cambridge_protocol(real_photos: Path) -> None:
    data = from_table(real_photos / "cambridge" / "photos.csv", "val")
    assert (len(data.database), len(data.queries)) == (608, 224)
    assert all(len(found) for found in data.within(25.0))
