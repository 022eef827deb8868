"""The written town: files, EXIF positions, and the table of the truth."""

import csv
from pathlib import Path

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from placeprint.datasets.town import Lens, TownPhotos, write_town
from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint


def small(folder: Path) -> TownPhotos:
    return write_town(
        folder, seed=4, references=8, queries=3, elsewhere=2, blocks=(2, 2), lens=Lens(160, 120)
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> TownPhotos:
    return small(tmp_path_factory.mktemp("town"))


def rows(photos: TownPhotos) -> list[dict[str, str]]:
    with photos.truth.open(newline="") as file:
        return list(csv.DictReader(file))


def degrees(parts: tuple[float, float, float], ref: str) -> float:
    return (float(parts[0]) + float(parts[1]) / 60 + float(parts[2]) / 3600) * (1 if ref in "NE" else -1)


def test_exif_holds_the_true_position_of_references_only(written: TownPhotos) -> None:
    for row in rows(written):
        with Image.open(written.folder / row["path"]) as photo:
            exif = photo.getexif()
            assert photo.size == (160, 120)
        assert Base.DateTimeOriginal in exif.get_ifd(IFD.Exif)
        gps = exif.get_ifd(IFD.GPSInfo)
        if row["role"] != "database":
            assert not gps
            continue
        view = written.database[row["path"]]
        assert degrees(gps[GPS.GPSLatitude], gps[GPS.GPSLatitudeRef]) == pytest.approx(
            view.point.lat, abs=1e-8
        )
        assert degrees(gps[GPS.GPSLongitude], gps[GPS.GPSLongitudeRef]) == pytest.approx(
            view.point.lon, abs=1e-8
        )
        assert float(gps[GPS.GPSImgDirection]) == pytest.approx(view.heading, abs=0.01)


def test_the_table_holds_the_truth(written: TownPhotos) -> None:
    table = rows(written)
    views = written.database | written.queries | written.elsewhere
    assert [row["path"] for row in table] == list(views)
    assert [row["role"] for row in table] == ["database"] * 8 + ["query"] * 3 + ["elsewhere"] * 2
    assert {row["split"] for row in table} == {"town"}
    for row in table:
        point = GeoPoint(float(row["lat"]), float(row["lon"]))
        assert point.distance(views[row["path"]].point) < 0.01
        assert float(row["heading"]) == pytest.approx(views[row["path"]].heading, abs=0.01)
    panoramas = [row["panorama"] for row in table if row["role"] == "database"]
    assert {panoramas.count(p) for p in panoramas} == {4}


def test_queries_are_near_references_and_strangers_are_not(written: TownPhotos) -> None:
    database = [view.point for view in written.database.values()]
    for view in written.queries.values():
        assert 0.1 < min(point.distance(view.point) for point in database) < 5.0
    for view in written.elsewhere.values():
        assert min(point.distance(view.point) for point in database) > 10_000


def test_the_same_arguments_write_the_same_photos(written: TownPhotos, tmp_path: Path) -> None:
    again = small(tmp_path)
    for row in rows(written):
        assert (again.folder / row["path"]).read_bytes() == (written.folder / row["path"]).read_bytes()
    assert again.truth.read_bytes() == written.truth.read_bytes()


def test_too_many_references_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PlaceprintError, match="views, not 5000"):
        write_town(tmp_path, references=5000, blocks=(2, 2))
    assert not list(tmp_path.iterdir())
