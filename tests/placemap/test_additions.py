"""What comes into a map, and what it holds already."""

from pathlib import Path

import pytest

from placeprint.geo import GeoPoint
from placeprint.photos import PhotoList, PhotoRecord, Skipped
from placeprint.placemap.additions import Additions, positioned

HERE = GeoPoint(52.2, 0.1)


def test_what_was_done_in_numbers() -> None:
    done = Additions(added=6, known=2, moved=1, seconds=3.0, skipped=[("a.jpg", "no position")])
    assert done.rate == 2.0
    assert done.to_dict() == {
        "added": 6,
        "known": 2,
        "moved": 1,
        "photos_per_second": 2.0,
        "skipped": [{"path": "a.jpg", "reason": "no position"}],
    }
    assert Additions().rate == 0.0
    assert Additions(added=1).rate == pytest.approx(1e9)


def test_photos_without_a_position_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found, skipped = positioned([PhotoRecord(Path("a.jpg"), HERE), PhotoRecord(Path("b.jpg"), None)], None)
    assert [(record.path, record.point) for record in found] == [(tmp_path / "a.jpg", HERE)]
    assert skipped == [(str(tmp_path / "b.jpg"), "no position")]


def test_what_else_lies_there_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "a.mov").write_bytes(b"x")
    (tmp_path / "photos.csv").write_text("path,lat,lon\na.jpg,1,2\n")
    with caplog.at_level("INFO", "placeprint"):
        found, _ = positioned(tmp_path, None, quiet=True)
    assert [record.point for record in found] == [GeoPoint(1.0, 2.0)]
    assert "positions are those of" in caplog.text
    listed = PhotoList(found, [Skipped(Path("b.jpg"), "is empty")], {".mov": 1})
    assert positioned(listed, None) == (found, [(str(Path("b.jpg").absolute()), "is empty")])
