"""Positions in file names: the `@` form round trips, and says why where it cannot be read."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.geo import GeoPoint, point_to_utm
from placeprint.photos.metadata.coordinates import NoPositionError
from placeprint.photos.metadata.utm_name import has_utm_name, read_utm_name

BANDS = "CDEFGHJKLMNPQRSTUVWX"


@given(
    st.floats(-79.9, 83.9).filter(lambda lat: abs(lat) > 1e-6),
    st.floats(-179.99, 179.99),
    st.booleans(),
    st.none() | st.floats(0, 359),
    st.text("abc-_", max_size=9),
)
def test_round_trip(lat: float, lon: float, with_degrees: bool, heading: float | None, panorama: str) -> None:
    easting, northing, zone, _ = point_to_utm(GeoPoint(lat, lon))
    letter = BANDS[min(int((lat + 80) // 8), 19)]
    degrees = f"{lat:.7f}@{lon:.7f}" if with_degrees else "@"
    turn = "" if heading is None else f"{heading:.2f}"
    place = f"@{easting:.3f}@{northing:.3f}@{zone:02d}@{letter}@{degrees}"
    name = f"{place}@{panorama}@7@{turn}@0@0@12.5@20170609@note@.jpg"
    path = Path("/data/team@site/@1@2@3@") / name
    assert has_utm_name(path)
    record = read_utm_name(path)
    assert record.path == path
    assert record.point.lat == pytest.approx(lat, abs=1e-6)
    assert (record.point.lon - lon + 180) % 360 - 180 == pytest.approx(0, abs=1e-5 if abs(lat) < 80 else 1e-4)
    assert record.point.altitude == 12.5
    assert record.heading == (None if heading is None else pytest.approx(heading, abs=0.01))
    assert record.panorama == (panorama or None)
    assert record.time == datetime(2017, 6, 9)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("@@@@@52.25@-0.125@@@@@@@@@.jpg", (52.25, -0.125)),
        ("@303000.0@5787000.0@@@52.25@-0.125@pano@@90@@@@@@.jpg", (52.25, -0.125)),
        ("@500000@0@31@N@.jpg", (0.0, 3.0)),
        ("@500000@10000000@31@M@.jpg", (0.0, 3.0)),
        ("@500000@10000000@31@S@-0.0000001@3@.jpg", (0.0, 3.0)),  # S for south, not band S
        ("@500000@4000000@31@S@.jpg", (36.14, 3.0)),  # band S: 32 to 40 degrees north
    ],
)
def test_missing_fields(name: str, expected: tuple[float, float]) -> None:
    point = read_utm_name(Path(name)).point
    assert (point.lat, point.lon) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("@500000@4000000@.jpg", "no UTM zone"),
        ("@500000@4000000@31@@.jpg", "no UTM zone"),
        ("@500000@4000000@61@N@.jpg", "zone 61"),
        ("@x@y@31@N@.jpg", "no UTM zone"),
        ("@nan@inf@31@N@.jpg", "no UTM zone"),
        ("@9e99@9e99@31@N@.jpg", "outside zone"),
        ("@@@@@95@7@.jpg", "not a place"),
        ("@@@@@0@0@.jpg", "unknown position"),
    ],
)
def test_reasons(name: str, reason: str) -> None:
    with pytest.raises(NoPositionError, match=reason):
        read_utm_name(Path(name))


@pytest.mark.parametrize("name", ["a@b@c@d.jpg", "photo.jpg", "@.jpg", "@me.jpg", "@me@home.jpg"])
def test_other_names(name: str) -> None:
    assert not has_utm_name(Path("@1@2@3@") / name)


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("201706", datetime(2017, 6, 1)),
        ("2017", datetime(2017, 1, 1)),
        ("20170609_123456", datetime(2017, 6, 9, 12, 34, 56)),
        ("2017-06-09", datetime(2017, 6, 9)),
        ("201799", None),
        ("soon", None),
        ("", None),
    ],
)
def test_timestamps(stamp: str, expected: datetime | None) -> None:
    assert read_utm_name(Path(f"@500000@0@31@N@@@@@@@@@{stamp}@@.jpg")).time == expected
