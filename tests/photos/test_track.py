"""Photos placed on a GPX track by their time."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoList, PhotoRecord, find
from placeprint.photos.track import place_on_track, read_track

START = datetime(2024, 5, 1, 12, tzinfo=UTC)


def gpx(path: Path, *segments: list[tuple[float, float, float]], version: str = "1/1") -> Path:
    """Segments of (seconds after `START`, lat, lon)."""
    body = ""
    for points in segments:
        inner = "".join(
            f'<trkpt lat="{lat}" lon="{lon}"><ele>{100 + t}</ele>'
            f"<time>{(START + timedelta(seconds=t)).strftime('%Y-%m-%dT%H:%M:%SZ')}</time></trkpt>"
            for t, lat, lon in points
        )
        body += f"<trkseg>{inner}</trkseg>"
    name = f"http://www.topografix.com/GPX/{version}"
    path.write_text(f'<?xml version="1.0"?><gpx xmlns="{name}" creator="x"><trk>{body}</trk></gpx>')
    return path


def at(seconds: float, zone: timezone | None = UTC, clock: float = 0.0) -> PhotoRecord:
    time = START + timedelta(seconds=seconds)
    time = time.astimezone(zone) if zone else (time + timedelta(seconds=clock)).replace(tzinfo=None)
    return PhotoRecord(Path(f"{seconds}.jpg"), None, time=time)


def placed(track: Path, *photos: PhotoRecord, offset: float = 0.0) -> PhotoList:
    return place_on_track(PhotoList(list(photos)), read_track([track]), offset)


def test_between_two_points_by_the_share_of_the_time(tmp_path: Path) -> None:
    track = gpx(tmp_path / "t.gpx", [(40, 50.4, 10.4), (0, 50.0, 10.0)], version="1/0")  # in any order
    found = placed(track, at(0), at(10), at(40), at(30, timezone(timedelta(hours=-5))))
    points = [(p.point.lat, p.point.lon, p.point.altitude) for p in found.photos]
    wanted = [(50.0, 10.0, 100.0), (50.1, 10.1, 110.0), (50.4, 10.4, 140.0), (50.3, 10.3, 130.0)]
    assert [pytest.approx(point) for point in wanted] == points
    assert all(p.source == "track" for p in found.photos)
    assert not found.skipped
    assert "4 of 4 photos without a position" in found.notes[0]


def test_gaps_and_ends_are_said(tmp_path: Path) -> None:
    first, second = [(0, 1, 1), (60, 1, 2), (200, 1, 3)], [(210, 1, 4), (220, 1, 5)]
    own = PhotoRecord(Path("own.jpg"), GeoPoint(9, 9))
    found = placed(
        gpx(tmp_path / "t.gpx", first, second),
        *(at(30), at(100), at(205), at(215), at(-5), at(7500), own, PhotoRecord(Path("no.jpg"), None)),
    )
    assert [str(p.path) for p in found.photos] == ["30.jpg", "215.jpg", "own.jpg"]
    reasons = {str(s.path): s.reason for s in found.skipped}
    assert "gap" in reasons["100.jpg"]
    assert "gap" in reasons["205.jpg"]
    assert reasons["-5.jpg"] == "was taken 5 s before the track begins"
    assert reasons["7500.jpg"] == "was taken 2.0 h after the track ends"
    assert "no time" in reasons["no.jpg"]


def test_across_the_antimeridian(tmp_path: Path) -> None:
    track = gpx(tmp_path / "t.gpx", [(0, 0, 179.9), (10, 0, -179.7)])
    assert placed(track, at(5)).photos[0].point.lon == pytest.approx(-179.9)


def test_a_clock_without_a_zone_needs_the_offset(tmp_path: Path) -> None:
    track = gpx(tmp_path / "t.gpx", [(t, 1, 1 + t / 1000) for t in range(0, 600, 10)])
    photos = [at(t, None, clock=7200) for t in (10, 300)]
    with pytest.raises(PlaceprintError, match="none of 2 photos was taken during the track") as caught:
        placed(track, *photos)
    assert "--track-offset" in caught.value.mend
    assert "-7200 would fit 2 of 2" in caught.value.mend
    found = placed(track, *photos, offset=-7200)
    assert [round(p.point.lon, 6) for p in found.photos] == [1.01, 1.3]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is not GPX"), ("<gpx><trk>", "is not GPX"), ("<kml/>", "is not GPX"),
        ("<gpx/>", "no track points"),
        ("<gpx><trk><trkseg><trkpt lat='1' lon='2'/></trkseg></trk></gpx>", "no track points with times"),
        ("<gpx creator='placeprint'/>", "estimated"),
        ("<!DOCTYPE gpx [<!ENTITY a 'a'>]><gpx>&a;</gpx>", "document type"), ("\0\1", "is not GPX"),
        ("<gpx><trk><trkseg><trkpt lat='91' lon='x'><time>0</time></trkpt></trkseg></trk></gpx>", "no track"),
    ],
)  # fmt: skip
def test_what_is_no_track(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "t.gpx").write_text(content)
    with pytest.raises(PlaceprintError, match=reason):
        read_track([tmp_path / "t.gpx"])
    with pytest.raises(PlaceprintError, match="cannot be read"):
        read_track([tmp_path / "none.gpx"])


def test_find_places_photos_on_tracks(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    table = tmp_path / "x.csv"
    table.write_text("path,time\na.jpg,2024-05-01T14:00:05\n")
    track = gpx(tmp_path / "t.gpx", [(0, 1, 1), (10, 2, 2)])
    found = find(table, tracks=[track], track_offset=-7200)
    assert [p.point for p in found.photos] == [GeoPoint(1.5, 1.5, 105.0)]
    with pytest.raises(PlaceprintError, match="is a track"):
        find(track)
