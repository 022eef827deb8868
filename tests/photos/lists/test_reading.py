"""Lists of photos: one list in every format, filters, and odd rows that cost only themselves."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord, find

Written = Callable[[str, str | bytes], Path]

CSV = """path,lat,lon,heading,time,altitude,panorama,accuracy,split
a.jpg,52.2,0.1,90,2024-05-01T12:00:00+00:00,17.5,p1,4.5,val
"sub,dir/b.jpg",-33.9,151.2,-90,,,,,train
none.jpg,1,2,,,,,,val
a.jpg,1,2,,,,,,val
c.jpg,,,,,,,,val
"""


def rows() -> list[dict]:
    names, *lines = [line.split(",") for line in CSV.replace('"sub,dir/b.jpg"', "sub;dir/b.jpg").splitlines()]
    return [
        {n: v.replace(";", ",") if n == "path" else v for n, v in zip(names, line, strict=True) if v}
        for line in lines
    ]


def as_json(written: Written) -> Path:
    numbers = ("lat", "lon", "heading", "altitude", "accuracy")
    items = [{n: float(v) if n in numbers else v for n, v in row.items()} for row in rows()]
    return written("list.json", json.dumps(items))


def as_json_lines(written: Written) -> Path:
    return written("list.jsonl", "\n".join(map(json.dumps, rows())))


def as_geojson(written: Written) -> Path:
    features = []
    for row in rows():
        point = [float(row.pop(n)) for n in ("lon", "lat", "altitude") if n in row]
        geometry = {"type": "Point", "coordinates": point} if point else None
        features.append({"type": "Feature", "geometry": geometry, "properties": row})
    return written("list.geojson", json.dumps({"type": "FeatureCollection", "features": features}))


def as_csv(written: Written) -> Path:
    return written("list.csv", CSV)


def as_tsv(written: Written) -> Path:
    plain = CSV.replace('"sub,dir/b.jpg"', "sub;dir/b.jpg")
    return written("list.tsv", plain.replace(",", "\t").replace(";", ","))


def as_spreadsheet_csv(written: Written) -> Path:
    """A byte order mark, other names of columns in capitals, Windows line ends, empty lines."""
    text = CSV.replace("path,lat,lon", "File,Latitude,LNG").replace("\n", "\r\n\r\n")
    return written("LIST.CSV", "\ufeff" + text)


@pytest.mark.parametrize("write", [as_csv, as_tsv, as_spreadsheet_csv, as_json, as_json_lines, as_geojson])
def test_every_format_says_the_same(folder: Path, written: Written, write) -> None:
    found = find(write(written))
    time = datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert found.photos == [
        PhotoRecord(folder / "a.jpg", GeoPoint(52.2, 0.1, 17.5), 90.0, time, "p1", False, 4.5, "list"),
        PhotoRecord(folder / "sub,dir/b.jpg", GeoPoint(-33.9, 151.2), 270.0, source="list"),
    ]
    reasons = {s.path.name: s.reason for s in found.skipped}
    assert reasons.keys() == {"none.jpg", "a.jpg", "c.jpg"}
    assert reasons["none.jpg"].startswith("does not exist (")
    assert "listed before" in reasons["a.jpg"]
    assert "no position" in reasons["c.jpg"]
    without = find(write(written), positions=False)
    assert [p.path.name for p in without.photos] == ["a.jpg", "b.jpg", "c.jpg"]
    assert without.photos[2].point is None
    assert [p.path.name for p in find(write(written), {"split": "train"}).photos] == ["b.jpg"]
    chosen = find(write(written), {"split": "val", "panorama": "p1"})
    assert [p.path.name for p in chosen.photos] == ["a.jpg"]
    assert not chosen.skipped
    with pytest.raises(PlaceprintError, match=r"no column 'splt'\. Its columns: .*split"):
        find(write(written), {"splt": "val"})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a.jpg,x,2,", "lat 'x' is not a coordinate"),
        ("a.jpg,91,95,", "latitude 91.0"),
        ("a.jpg,1,,", "half a position"),
        (",1,2,", "has no path"),
        ("a.jpg,1,2,,5", "5 fields, but 4 columns"),
        ("a.jpg,52,2,0,1,", "6 fields, but 4 columns"),
        ('"a.jpg,1,2,', "text after a closing quote"),
        ('"a.jpg"x,1,2,', "text after a closing quote"),
        ("a.jpg,1e999,2,", "lat"),
        ("a.jpg,0,0,", "unknown position"),
        ("a.jpg,52 N,2 N,", "lon N is neither E nor W"),
        ("a.jpg,-52 N,2 E,", "negative, but said to be N"),
        ("a.jpg,52 61 0 N,2 E,", "60 or more"),
        ("a.jpg,52 30,2,", "does not say N or S"),
        ("a.jpg,5.6E+03,2,", "lost digits"),
        ("a\0.jpg,1,2,", "NUL"),
    ],
)
def test_an_odd_row_names_its_line_and_costs_only_itself(
    folder: Path, written: Written, row: str, reason: str
) -> None:
    text = f'path,lat,lon,time\n"c.jpg",1,2,\n{row}\n"sub,dir/b.jpg",3,4,\n'
    found = find(written("bad.csv", text))
    assert [p.path.name for p in found.photos] == ["c.jpg", "b.jpg"]
    (left,) = found.skipped
    assert reason in left.reason
    assert "(line 3 of bad.csv)" in left.reason


def test_an_unreadable_optional_column_costs_the_column_and_is_told(folder: Path, written: Written) -> None:
    text = "path,lat,lon,heading,time,altitude,accuracy\n"
    text += "a.jpg,1,2,north,soon,high,?\nc.jpg,1,2,400,01/02/2020,1e9,-1\n"
    found = find(written("x.csv", text))
    assert [(p.heading, p.time, p.point.altitude, p.accuracy) for p in found.photos] == [(None,) * 4] * 2
    told = "\n".join(found.notes)
    assert "2 x heading" in told
    for said in ("line 2: a.jpg: heading: 'north'", "time: 'soon'", "altitude: 'high'", "time: '01/02/2020'"):
        assert said in told, told


def test_a_quote_that_is_never_closed_costs_its_line(folder: Path, written: Written) -> None:
    many = "\n".join(["none.jpg,1,2"] * 100)
    found = find(written("x.csv", f'path,lat,lon\n"a.jpg,1,2\n{many}\nc.jpg,1,2\n'))
    assert [p.path.name for p in found.photos] == ["c.jpg"]
    assert len(found.skipped) == 101
    assert "a quote is not closed (line 2" in found.skipped[0].reason
    noted = find(written("y.csv", 'path,lat,lon,note\na.jpg,1,2,"two\nlines"\nc.jpg,1,2,\nx.jpg,1,2,\n'))
    assert (len(noted.photos), noted.skipped[0].reason) == (2, "does not exist (line 5 of y.csv)")


def test_a_row_may_be_shorter_or_end_in_separators(folder: Path, written: Written) -> None:
    found = find(written("x.csv", "path,lat,lon,time,note\na.jpg,1,2\nc.jpg,3,4,,,,,\n,,,,\n\n , ,\n"))
    assert [(p.path.name, p.point.lat) for p in found.photos] == [("a.jpg", 1.0), ("c.jpg", 3.0)]
    assert not found.skipped


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("x.json", "{", "is not JSON"),
        ("x.json", "[" * 100_000, "is not JSON"),
        ("x.json", '{"a": 1}', "not a list"),
        ("x.json", "[3]", "item 1 is not a photo"),
        ("x.json", '[{"lat": 1, "lon": 2}]', "no column of photos"),
        ("x.geojson", '{"type": "FeatureCollection"}', "not a list"),
        ("x.geojson", '{"type": "FeatureCollection", "features": [3]}', "item 1 is not a photo"),
        (
            "x.csv",
            "when,lat,lon\na.jpg,1,2\n",
            "no column of photos (such as 'path'), but 'when', 'lat', 'lon'",
        ),
        ("x.csv", "a.jpg,1,2\nb.jpg,3,4\n", "no column of photos"),
        ("x.csv", "path,note\na.jpg,1\n", "no columns of a position"),
        ("x.csv", b"PK\x03\x04....", "spreadsheet"),
        ("x.csv", "\0\1\2\3" * 99, "is not text"),
        ("x.csv", "\n\n", "no line that names its columns"),
        ("x.csv", "path,lat,latitude,lon\na.jpg,55.7,0,13\n", "columns 'lat' and 'latitude' differ"),
        ("x.csv", "path,lat,lon,lat\na.jpg,55.7,13,0\n", "columns 'lat' and 'lat (column 4)' differ"),
        ("x.csv", 'path,lat,lon,wkt\na.jpg,55,13,"POINT(13 54)"\n', "lat, lon and wkt differ"),
        ("x.csv", "path,lat,lon\na.jpg,151.2,-33.86\nc.jpg,151.3,-33.8\n", "look swapped in 2 of 2 rows"),
        ("x.txt", "a.jpg 1.0 2.0 3.0\n", "does not say what its numbers are"),
        ("x.gpx", "<gpx/>", "is a track"),
        ("x.csv", "<html></html>", "is XML"),
        ("x.xlsx", "PK", "is a spreadsheet"),
    ],
)
def test_what_is_no_list_or_contradicts_itself_is_refused(
    written: Written, name: str, text: str | bytes, reason: str
) -> None:
    with pytest.raises(PlaceprintError) as caught:
        find(written(name, text))
    assert reason in str(caught.value)
    assert name in str(caught.value)


def test_queries_need_no_position(folder: Path, written: Written) -> None:
    for name, text in (
        ("x.csv", "path,lat,latitude,lon\na.jpg,55.7,0,13\n"),
        ("y.csv", "path\na.jpg\n"),
        ("z.txt", "# my photos\n\na.jpg\n"),
        ("u.json", '["a.jpg"]'),
    ):
        assert [p.path.name for p in find(written(name, text), positions=False).photos] == ["a.jpg"]


def test_columns_that_agree_may_be_there_twice(folder: Path, written: Written) -> None:
    text = "path,lat,Latitude,lon,lng,position,geometry\n"
    text += 'a.jpg,55.7081,"55° 42\' 29.16"" N",13.2,13.2,"55.7081, 13.2",POINT(13.2 55.7081)\n'
    assert find(written("x.csv", text)).photos[0].point == GeoPoint(55.7081, 13.2)


def test_a_pair_of_numbers_in_json_does_not_say_its_order(folder: Path, written: Written) -> None:
    for name in ("location", "coordinates"):
        (left,) = find(written("x.json", json.dumps([{"path": "a.jpg", name: [13.2, 55.7]}]))).skipped
        assert "does not say which is the latitude" in left.reason


def test_half_characters_reach_no_data_base(folder: Path, written: Written) -> None:
    item = {"path": "a.jpg", "lat": 1, "lon": 2, "panorama": "p\ud800", "error": "\udfff"}
    odd = {"path": "c.jpg", "\ud800:lat": "x", "\ud800:lon": 1}
    found = find(
        written("x.json", json.dumps([item, odd, {"path": "c.jpg", "error": {"message": "\ud800"}}]))
    )
    assert [p.panorama for p in found.photos] == ["p\\ud800"]
    for left in found.skipped:
        (left.reason + str(left.path)).encode()


def test_one_swapped_row_is_one_odd_row(folder: Path, written: Written) -> None:
    found = find(written("x.csv", 'path,lat,lon\na.jpg,55,13\n"sub,dir/b.jpg",56,13\nc.jpg,151.2,-33\n'))
    assert len(found.photos) == 2
    assert "are lat and lon swapped?" in found.skipped[0].reason


def test_longitudes_beyond_180_come_around(folder: Path, written: Written) -> None:
    found = find(written("x.csv", "path,lat,lon\na.jpg,-17.78,182.81\nc.jpg,-17.78,-182.81\n"))
    assert [round(p.point.lon, 6) for p in found.photos] == [-177.19, 177.19]


def test_absolute_paths_folders_and_empty_lists(folder: Path, written: Written) -> None:
    found = find(written("x.csv", f"path,lat,lon\n{folder / 'c.jpg'},1,2\n{folder / '.'},1,2\n"))
    assert [p.path for p in found.photos] == [folder / "c.jpg"]
    assert found.skipped[0].reason.startswith("is not a file")
    assert find(written("y.csv", "path,lat,lon\n"), {"split": "val"}).photos == []


def test_exclude_holds_for_lists_too(folder: Path, written: Written) -> None:
    found = find(written("x.csv", "path,lat,lon\na.jpg,1,2\nc.jpg,1,2\n"), exclude=["c.*"])
    assert [p.path.name for p in found.photos] == ["a.jpg"]
    assert found.ignored == {"excluded": 1}


def test_cambridge(real_photos: Path) -> None:
    table = real_photos / "cambridge" / "photos.csv"
    found = find(table, {"split": "val", "role": "database"})
    assert (len(found.photos), len(found.skipped)) == (608, 0)
    assert len({record.panorama for record in found.photos}) == 152
    assert {record.heading for record in found.photos} == {0.0, 90.0, 180.0, 270.0}
    assert len(find(table, {"split": "val", "role": "query"}).photos) == 224
