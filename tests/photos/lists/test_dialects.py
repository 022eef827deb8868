"""Lists as other programs write them: each says the same two places."""

import codecs
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pyproj import Transformer

from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import find
from placeprint.placemap.place import Answer, Failed, Match, NoMatch, Place, Reason
from placeprint.reports import write_answers

Written = Callable[[str, str | bytes], Path]
A, C = (61.830392, 28.903061), (-33.86, 151.209)


def places(path: Path, **more) -> dict[str, tuple[float, float]]:
    found = find(path, **more)
    assert not found.skipped, found.skipped
    return {p.path.name: (round(p.point.lat, 5), round(p.point.lon, 5)) for p in found.photos}


SAME = {"a.jpg": (61.83039, 28.90306), "c.jpg": (-33.86, 151.209)}


def words(value: float, sides: str) -> str:
    size = abs(value)
    minutes = size % 1 * 60
    return f"{int(size)} deg {int(minutes)}' {minutes % 1 * 60:.2f}\" {sides[value < 0]}"


def csv_of(names: str, *lines: list[object]) -> str:
    quoted = [",".join('"' + str(cell).replace('"', '""') + '"' for cell in line) for line in lines]
    return "\n".join([names, *quoted]) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        csv_of(
            "SourceFile,GPSLatitude,GPSLongitude",
            ["./a.jpg", words(A[0], "NS"), words(A[1], "EW")],
            ["c.jpg", words(C[0], "NS"), words(C[1], "EW")],
        ),
        csv_of("SourceFile,GPSLatitude,GPSLongitude", ["a.jpg", *A], ["c.jpg", *C]),
        csv_of("SourceFile,GPSPosition", ["a.jpg", f"{A[0]} {A[1]}"], ["c.jpg", f"{C[0]} {C[1]}"]),
        csv_of(
            "SourceFile,GPSPosition,FileName,Directory",
            ["./a.jpg", f"{words(A[0], 'NS')}, {words(A[1], 'EW')}", "a.jpg", "."],
            ["./c.jpg", f"{words(C[0], 'NS')}, {words(C[1], 'EW')}", "c.jpg", "."],
        ),
        csv_of(  # -c "%.6f"
            "SourceFile,GPSLatitude,GPSLongitude",
            ["a.jpg", "61.830392 N", "28.903061 E"],
            ["c.jpg", "33.860000 S", "151.209000 E"],
        ),
        csv_of(  # -n: EXIF's own are without a sign, the composite ones are right
            "SourceFile,EXIF:GPSLatitude,EXIF:GPSLongitude,EXIF:GPSLatitudeRef,Composite:GPSLatitude,"
            "Composite:GPSLongitude",
            ["a.jpg", *A, "N", *A],
            ["c.jpg", -C[0], C[1], "S", *C],
        ),
        csv_of(
            "SourceFile,EXIF:GPSLatitudeRef,EXIF:GPSLatitude,EXIF:GPSLongitudeRef,EXIF:GPSLongitude",
            ["a.jpg", "North", A[0], "East", A[1]],
            ["c.jpg", "South", "33 deg 51' 36.00\"", "East", C[1]],
        ),
        csv_of(
            "SourceFile,GPSLatitude,GPSLatitudeRef,GPSLongitude,GPSLongitudeRef",
            ["a.jpg", A[0], "N", A[1], "E"],
            ["c.jpg", C[0], "S", C[1], "E"],
        ),
    ],
)
def test_exiftool_csv(written: Written, folder: Path, text: str) -> None:
    assert places(written("x.csv", text)) == SAME


def test_exifs_own_degrees_without_their_sides_are_refused(written: Written, folder: Path) -> None:
    for value in (-C[0], "33 deg 51' 36.00\""):
        text = csv_of("SourceFile,EXIF:GPSLatitude,EXIF:GPSLongitude", ["c.jpg", value, C[1]])
        (left,) = find(written("x.csv", text)).skipped
        assert "does not say N or S" in left.reason


def test_exiftool_json_with_all_that_it_says(written: Written, folder: Path) -> None:
    flat = {
        "SourceFile": "a.jpg", "EXIF:GPSLatitude": 61.830392, "EXIF:GPSLatitudeRef": "N",
        "EXIF:GPSLongitude": 28.903061, "EXIF:GPSLongitudeRef": "E", "EXIF:GPSImgDirection": 90.5,
        "EXIF:GPSImgDirectionRef": "Magnetic North", "EXIF:DateTimeOriginal": "2020:01:02 03:04:05",
        "EXIF:OffsetTimeOriginal": "+02:00", "EXIF:GPSAltitude": "12.3 m",
        "EXIF:GPSAltitudeRef": "Below Sea Level", "EXIF:GPSHPositioningError": "4.7 m",
    }  # fmt: skip
    grouped: dict[str, object] = {"SourceFile": "a.jpg", "EXIF": {}}
    for name, value in flat.items():
        if name.startswith("EXIF:"):
            grouped["EXIF"][name.removeprefix("EXIF:")] = value  # type: ignore[index]
    for item in (flat, grouped):
        (photo,) = find(written("x.json", json.dumps([item]))).photos
        assert photo.point == GeoPoint(*A, -12.3)
        assert (photo.heading, photo.magnetic, photo.accuracy, photo.source) == (90.5, True, 4.7, "list")
        assert photo.time == datetime(2020, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))


def test_a_code_page_is_known_by_the_columns_too(written: Written, folder: Path) -> None:
    for encoding in ("cp1252", "mac_roman", "cp850"):
        text = "Bild;Längengrad;Breitengrad\na.jpg;28,90306;61,83039\n".replace("Bild", "img")
        assert places(written("x.csv", text.encode(encoding))) == {"a.jpg": SAME["a.jpg"]}


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""), ("utf-8", codecs.BOM_UTF8), ("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-le", b""),
        ("utf-16-be", codecs.BOM_UTF16_BE), ("utf-16-be", b""), ("cp1252", b""), ("mac_roman", b""),
        ("cp850", b""), ("utf-32-le", codecs.BOM_UTF32_LE),
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_spreadsheets_in_every_encoding(
    written: Written, folder: Path, encoding: str, mark: bytes, end: str
) -> None:
    (folder / "Straße Übergröße.jpg").write_bytes(b"x")
    text = "sep=;\nfilename;Längengrad;Breitengrad;altitude\n"
    text += "Straße Übergröße.jpg;13,1912;55,7081;1.234,5\n;;;\n;;;\n"
    found = find(written("x.csv", mark + text.replace("\n", end).encode(encoding)))
    assert [p.path.name for p in found.photos] == ["Straße Übergröße.jpg"]
    assert found.photos[0].point == GeoPoint(55.7081, 13.1912, 1234.5)


@pytest.mark.parametrize(
    "names",
    [
        "path,lat,lon", "Filename,Lat,Long", "image,lat,lng", "photo,y,x", "file_name,gps_lat,gps_lon",
        "name,LATITUDE,LONGITUDE", "img_path,lat_deg,lon_deg", "path,Latitude (deg),Longitude [°]",
        '"Image Path","Latitude","Longitude"', " path , lat , lon ", "URI,Camera Latitude,Camera Longitude",
        "FilePath,GPS Latitude,GPS Longitude", "image_name,latitude_wgs84,longitude_wgs84",
        "picture,decimalLatitude,decimalLongitude", "# path,lat,lon",
    ],
)  # fmt: skip
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_names_that_people_give(written: Written, folder: Path, names: str, separator: str) -> None:
    lines = [names, "a.jpg,61.83039,28.90306", "c.jpg,-33.86,151.209"]
    if names.startswith("#"):
        lines.insert(0, "# written by my script")
    assert places(written("x.csv", "\n".join(lines).replace(",", separator))) == SAME


@pytest.mark.parametrize(
    ("names", "role", "value"),
    [
        ("bearing", "heading", 90.0), ("azimuth", "heading", 90.0), ("yaw", "heading", 90.0),
        ("compass_angle", "heading", 90.0), ("direction", "heading", 90.0), ("elevation", "altitude", 90.0),
        ("Alt (m)", "altitude", 90.0), ("alt (ft)", "altitude", 27.432), ("accuracy_m", "accuracy", 90.0),
        ("heading (rad)", "heading", 5156.620156 % 360), ("GPSHPositioningError", "accuracy", 90.0),
        ("image height", "altitude", None), ("rotation", "heading", None), ("hdop", "accuracy", None),
    ],
)  # fmt: skip
def test_names_of_optional_columns(
    written: Written, folder: Path, names: str, role: str, value: float | None
) -> None:
    cell = "90" if "rad" not in names else "1.5707963"
    value = 90.0 if "rad" in names else value
    (photo,) = find(written("x.csv", f"path,lat,lon,{names}\na.jpg,1,2,{cell}\n")).photos
    got = photo.point.altitude if role == "altitude" else getattr(photo, role)
    assert got == (None if value is None else pytest.approx(value))


def test_a_column_in_another_unit_is_not_read_as_degrees(written: Written, folder: Path) -> None:
    (photo,) = find(written("x.csv", "path,lat (rad),lon (rad)\na.jpg,0.5,0.25\n")).photos
    assert (photo.point.lat, photo.point.lon) == pytest.approx((28.64788976, 14.32394488))
    with pytest.raises(PlaceprintError, match="no columns of a position"):
        find(written("x.csv", "path,lat (gon),lon (gon)\na.jpg,50,25\n"))


@pytest.mark.parametrize(
    "text",
    [
        "{e},{n},33N", "{e},{n},33V", "{e},{n},WGS84 UTM zone 33N", "{e},{n},EPSG:32633", "{e},{n},32633",
        "{e},{n},33 north", "{e},{n},+proj=utm +zone=33 +datum=WGS84 +units=m",
    ],
)  # fmt: skip
def test_utm_columns(written: Written, folder: Path, text: str) -> None:
    to_utm = Transformer.from_crs("EPSG:4326", "EPSG:32633", always_xy=True)
    east, north = to_utm.transform(13.1912, 57.7081)
    row = text.format(e=f"{east:.3f}", n=f"{north:.3f}")
    assert places(written("x.csv", f"path,easting,northing,zone\na.jpg,{row}\n")) == {
        "a.jpg": (57.7081, 13.1912)
    }


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("386000,6175000,33", "does not say north or south"),
        ("386000,6175000,33C", "not in band C"),
        ("386000,4000000,33S", "write the EPSG code"),
        ("386000,6175000,61N", "zone 61"),
        ("386000,6175000,", "without a zone"),
        ("386000,,33N", "half a position"),
        ("38,61,33N", "outside zone"),
        ('386000,"6,175",33N', "may be a decimal or thousands"),
        ("386000,6.175E+06,33N", "lost digits"),
    ],
)
def test_utm_that_may_be_elsewhere_is_refused(written: Written, folder: Path, row: str, reason: str) -> None:
    (left,) = find(written("x.csv", f"path,easting,northing,zone\na.jpg,{row}\n")).skipped
    assert reason in left.reason


def test_the_southern_half_by_column_and_by_code(written: Written, folder: Path) -> None:
    east, north = Transformer.from_crs(4326, 32756, always_xy=True).transform(C[1], C[0])
    rows = f"path,east,north,zone,hemisphere,epsg\na.jpg,{east},{north},56,S,\nc.jpg,{east},{north},,,32756\n"
    assert set(places(written("x.csv", rows)).values()) == {C}


def test_wkt_and_points_in_one_column(written: Written, folder: Path) -> None:
    east, north = Transformer.from_crs(4326, 32756, always_xy=True).transform(C[1], C[0])
    for a, c in (
        ("POINT (28.903061 61.830392)", f"SRID=32756;POINT({east} {north})"),
        ("point z(28.903061 61.830392 12)", "POINT(151.209 -33.86)"),
        ('{"type":"Point","coordinates":[28.903061,61.830392]}', "SRID=4326;POINT(151.209 -33.86)"),
    ):
        assert places(written("x.csv", csv_of("img,the_geom", ["a.jpg", a], ["c.jpg", c]))) == SAME
    for a, c in (
        ("61.830392, 28.903061", "-33.86 151.209"),
        ("61,830392; 28,903061", "-33,86, 151,209"),
        ("(61.830392,28.903061)", "geo:-33.86,151.209;u=12"),
        ("N 61° 49.82352', E 28° 54.18366'", "151.209E 33.86S"),
    ):
        assert places(written("x.csv", csv_of("img,location", ["a.jpg", a], ["c.jpg", c]))) == SAME


def test_qgis_layer_of_geotagged_photos(written: Written, folder: Path) -> None:
    about = {
        "photo": str(folder / "a.jpg"), "filename": "a", "directory": str(folder), "altitude": 101.5,
        "direction": 90.0, "rotation": 6, "longitude": 28.903061, "latitude": 61.830392,
        "timestamp": "2020-01-02T03:04:05",
    }  # fmt: skip
    geometry = {"type": "Point", "coordinates": [28.903061, 61.830392, 101.5]}
    feature = {"type": "Feature", "properties": about, "geometry": geometry}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    layer = {"type": "FeatureCollection", "name": "photos", "crs": crs, "features": [feature]}
    bare = {name: value for name, value in about.items() if name != "photo"}  # a name without extension
    for path in (
        written("x.geojson", json.dumps(layer)),
        written("y.csv", csv_of(",".join(about), list(about.values()))),
        written("z.csv", csv_of(",".join(bare), list(bare.values()))),
    ):
        (photo,) = find(path).photos
        assert (photo.path, photo.point) == (folder / "a.jpg", GeoPoint(*A, 101.5))
        assert (photo.heading, photo.time) == (90.0, datetime(2020, 1, 2, 3, 4, 5))


def test_geojson_of_another_system(written: Written, folder: Path) -> None:
    east, north = Transformer.from_crs(4326, 25833, always_xy=True).transform(13.1912, 55.7081)
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25833"}}
    geometry = {"type": "Point", "coordinates": [east, north]}
    feature = {"type": "Feature", "properties": {"photo": "a.jpg"}, "geometry": geometry}
    layer = {"type": "FeatureCollection", "crs": crs, "features": [feature]}
    assert places(written("x.geojson", json.dumps(layer))) == {"a.jpg": (55.7081, 13.1912)}


def test_odm_geo_txt(written: Written, folder: Path) -> None:
    (folder / "DJI 1.JPG").write_bytes(b"x")
    text = "EPSG:4326\na.jpg 28.903061 61.830392 101.0 45.5 0 0 2.5 3\n\n"
    text += "DJI 1.JPG 151.209 -33.86\nc.jpg one two\n"
    found = find(written("geo.txt", text))
    assert [p.path.name for p in found.photos] == ["a.jpg", "DJI 1.JPG"]
    first = found.photos[0]
    assert (first.point, first.heading, first.accuracy) == (GeoPoint(*A, 101.0), 45.5, 2.5)
    assert "line 5" in found.skipped[0].reason
    east, north = Transformer.from_crs(4326, 32756, always_xy=True).transform(C[1], C[0])
    proj = "+proj=utm +zone=56 +south +datum=WGS84 +units=m +no_defs"
    for header in ("EPSG:32756", "WGS84 UTM 56S", proj):
        assert places(written("geo.txt", f"{header}\nc.jpg {east} {north} 3\n")) == {"c.jpg": C}


def test_colmap_gps_txt(written: Written, folder: Path) -> None:
    text = "a.jpg 61.830392 28.903061 12.5\nc.jpg -33.86 151.209 0\n"
    assert places(written("gps.txt", text)) == SAME
    assert places(written("x.txt", "name lat lon alt\n" + text)) == SAME
    assert places(written("y.txt", "name,lat,lon\na.jpg,61.830392,28.903061\nc.jpg,-33.86,151.209\n")) == SAME


def test_opensfm_overrides(written: Written, folder: Path) -> None:
    overrides = {
        "a.jpg": {
            "gps": {"latitude": A[0], "longitude": A[1], "altitude": 12.0, "dop": 5.0},
            "capture_time": 1577934245.0,
            "compass": {"angle": 270.0},
        },
        "c.jpg": {"gps": {"latitude": C[0], "longitude": C[1]}},
    }
    path = written("exif_overrides.json", json.dumps(overrides))
    assert places(path) == SAME
    first = find(path).photos[0]
    assert (first.point.altitude, first.heading, first.accuracy) == (12.0, 270.0, None)
    assert first.time == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_mapillary_list(written: Written, folder: Path) -> None:
    items = [
        {
            "MAPLatitude": A[0], "MAPLongitude": A[1], "MAPAltitude": 7.5,
            "MAPCaptureTime": "2020_01_02_03_04_05_000", "filename": str(folder / "a.jpg"),
            "MAPCompassHeading": {"TrueHeading": 12.0, "MagneticHeading": 15.0}, "filetype": "image",
        },
        {"error": {"type": "GeoTaggingError", "message": "Unable to extract GPS"}, "filename": "c.jpg"},
    ]  # fmt: skip
    found = find(written("mapillary_image_description.json", json.dumps(items)))
    (photo,) = found.photos
    assert (photo.point, photo.heading, photo.magnetic) == (GeoPoint(*A, 7.5), 12.0, False)
    assert photo.time == datetime(2020, 1, 2, 3, 4, 5)
    assert "the list says: Unable to extract GPS (item 2" in found.skipped[0].reason
    del items[0]["MAPCompassHeading"]["TrueHeading"]  # type: ignore[attr-defined]
    assert find(written("x.json", json.dumps(items))).photos[0].magnetic


@pytest.fixture
def answers(folder: Path) -> list[Answer]:
    match = Match(1, str(folder / "c.jpg"), GeoPoint(*C), 0.5)
    place = Place(GeoPoint(*A), 5.0, 9.0, 0.9, (match,), True, str(folder / "a.jpg"))
    no = NoMatch(Reason.NOT_SIMILAR, query=str(folder / "c.jpg"))
    return [place, no, Failed("is damaged", query=str(folder / "sub,dir/b.jpg"))]


@pytest.mark.parametrize("form", [".csv", ".geojson", ".json"])
def test_our_own_answers_are_queries_but_no_references(
    folder: Path, written: Written, answers: list[Answer], form: str
) -> None:
    path = folder / f"out{form}"
    if form == ".json":
        failed = [{"path": answers[2].query, "reason": "is damaged"}]
        written(path.name, json.dumps({"answers": [a.to_dict() for a in answers[:2]], "failed": failed}))
    else:
        write_answers(path, answers)
    with pytest.raises(PlaceprintError, match="places that placeprint estimated"):
        find(path)
    found = find(path, positions=False)
    assert [p.path.name for p in found.photos] == ["a.jpg", "c.jpg", "b.jpg"]
    assert all(p.point is None for p in found.photos)


def test_what_info_lists_is_a_list(folder: Path, written: Written) -> None:
    listed = [{"path": str(folder / "a.jpg"), "lat": A[0], "lon": A[1], "heading": None, "panorama": "p"}]
    path = written("x.json", json.dumps({"photos": 1, "name": "x", "reference_photos": listed}))
    (photo,) = find(path).photos
    assert (photo.point, photo.panorama) == (GeoPoint(*A), "p")
