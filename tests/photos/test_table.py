"""Lists of photos: one list in every format, filters, and bad rows that name their line."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord, find

CSV = """path,lat,lon,heading,time,altitude,panorama,split
a.jpg,52.2,0.1,90,2024-05-01T12:00:00+00:00,17.5,p1,val
"sub,dir/b.jpg",-33.9,151.2,-90,,,,train
none.jpg,1,2,,,,,val
a.jpg,1,2,,,,,val
c.jpg,,,,,,,val
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub,dir").mkdir()
    for name in ("a.jpg", "sub,dir/b.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(b"never opened")
    return tmp_path


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def rows() -> list[dict]:
    names, *lines = [line.split(",") for line in CSV.replace('"sub,dir/b.jpg"', "sub;dir/b.jpg").splitlines()]
    return [
        {n: v.replace(";", ",") if n == "path" else v for n, v in zip(names, line, strict=True) if v}
        for line in lines
    ]


def as_json(folder: Path) -> Path:
    numbers = ("lat", "lon", "heading", "altitude")
    items = [{n: float(v) if n in numbers else v for n, v in row.items()} for row in rows()]
    return written(folder, "list.json", json.dumps(items))


def as_geojson(folder: Path) -> Path:
    features = []
    for row in rows():
        point = [float(row.pop(n)) for n in ("lon", "lat", "altitude") if n in row]
        geometry = {"type": "Point", "coordinates": point} if point else None
        features.append({"type": "Feature", "geometry": geometry, "properties": row})
    return written(folder, "list.geojson", json.dumps({"type": "FeatureCollection", "features": features}))


def as_csv(folder: Path) -> Path:
    return written(folder, "list.csv", CSV)


def as_tsv(folder: Path) -> Path:
    return written(
        folder,
        "list.tsv",
        CSV.replace('"sub,dir/b.jpg"', "sub;dir/b.jpg").replace(",", "\t").replace(";", ","),
    )


def as_spreadsheet_csv(folder: Path) -> Path:
    """A byte order mark, other names of columns in capitals, Windows line ends, empty lines."""
    text = CSV.replace("path,lat,lon", "File,Latitude,LNG").replace("\n", "\r\n\r\n")
    return written(folder, "LIST.CSV", "\ufeff" + text)


@pytest.mark.parametrize("write", [as_csv, as_tsv, as_spreadsheet_csv, as_json, as_geojson])
def test_every_format_says_the_same(folder: Path, write) -> None:
    found = find(write(folder))
    time = datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert found.photos == [
        PhotoRecord(folder / "a.jpg", GeoPoint(52.2, 0.1, 17.5), 90.0, time, "p1"),
        PhotoRecord(folder / "sub,dir/b.jpg", GeoPoint(-33.9, 151.2), 270.0),
    ]
    reasons = {s.path.name: s.reason for s in found.skipped}
    assert reasons.keys() == {"none.jpg", "a.jpg", "c.jpg"}
    assert reasons["none.jpg"] == "does not exist"
    assert "listed before" in reasons["a.jpg"]
    assert "no position" in reasons["c.jpg"]
    without = find(write(folder), positions=False)
    assert [p.path.name for p in without.photos] == ["a.jpg", "b.jpg", "c.jpg"]
    assert without.photos[2].point is None
    assert [p.path.name for p in find(write(folder), {"split": "train"}).photos] == ["b.jpg"]
    chosen = find(write(folder), {"split": "val", "panorama": "p1"})
    assert [p.path.name for p in chosen.photos] == ["a.jpg"]
    assert not chosen.skipped
    with pytest.raises(PlaceprintError, match=r"no column 'splt'\. Its columns: .*split"):
        find(write(folder), {"splt": "val"})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a.jpg,x,2,", "lat 'x' is not a number"),
        ('a.jpg,"52,2",2,', "lat '52,2' is not a number"),
        ("a.jpg,95,2,", "not a place on Earth"),
        ("a.jpg,nan,2,", "not a finite number"),
        ("a.jpg,1,,", "half a position"),
        (",1,2,", "no path"),
        ("a.jpg,1,2,soon", "isoformat"),
        ("a.jpg,1,2", "not as many fields"),
        ("a.jpg,1,2,,5", "not as many fields"),
        ('"a.jpg,1,2,', "unexpected end of data"),
    ],
)
def test_a_bad_row_names_its_line(folder: Path, row: str, reason: str) -> None:
    table = written(folder, "bad.csv", f"path,lat,lon,time\na.jpg,1,2,\n{row}\n")
    with pytest.raises(PlaceprintError, match=r"bad\.csv, line 3: ") as caught:
        find(table)
    assert reason in str(caught.value)
    assert caught.value.mend


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("x.json", "{", "is not JSON"),
        ("x.json", "[" * 100_000, "is not JSON"),
        ("x.json", '{"a": 1}', "not a list"),
        ("x.json", '["a.jpg"]', "item 1 is not a photo"),
        ("x.json", '[{"path": "a.jpg", "lat": [], "lon": 2}]', "item 1: lat"),
        ("x.json", '[{"lat": 1, "lon": 2}]', "no column 'path'"),
        ("x.geojson", '{"type": "FeatureCollection"}', "not a list"),
        ("x.geojson", '{"type": "FeatureCollection", "features": [3]}', "item 1 is not a photo"),
        (
            "x.geojson",
            '{"type": "FeatureCollection", "features": [{"geometry": {"type": "Line", "coordinates": []}}]}',
            "item 1 is not a photo",
        ),
        ("x.csv", "photo,lat,lon\na.jpg,1,2\n", "no column 'path'"),
    ],
)
def test_bad_lists(folder: Path, name: str, text: str, reason: str) -> None:
    with pytest.raises(PlaceprintError) as caught:
        find(written(folder, name, text))
    assert reason in str(caught.value)
    assert name in str(caught.value)


def test_not_text(folder: Path) -> None:
    (folder / "x.csv").write_bytes(b"path,lat,lon\n\xff\xfe,1,2\n")
    with pytest.raises(PlaceprintError, match="not UTF-8"):
        find(folder / "x.csv")


def test_absolute_paths_folders_and_empty_lists(folder: Path) -> None:
    table = written(folder, "x.csv", f"path,lat,lon\n{folder / 'c.jpg'},1,2\n{folder / '.'},1,2\n")
    found = find(table)
    assert [p.path for p in found.photos] == [folder / "c.jpg"]
    assert found.skipped[0].reason == "is not a file"
    assert find(written(folder, "y.csv", "path,lat,lon\n"), {"split": "val"}).photos == []


def test_cambridge(real_photos: Path) -> None:
    table = real_photos / "cambridge" / "photos.csv"
    found = find(table, {"split": "val", "role": "database"})
    assert (len(found.photos), len(found.skipped)) == (608, 0)
    assert len({record.panorama for record in found.photos}) == 152
    assert {record.heading for record in found.photos} == {0.0, 90.0, 180.0, 270.0}
    assert len(find(table, {"split": "val", "role": "query"}).photos) == 224
