"""Photos all around (360°) as references and as queries: panoramas of Cambridge, joined from their faces."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from photo_files import XMP_HEAD, exif, gps, jpeg, xmp
from PIL import Image

from placeprint.datasets import from_table
from placeprint.photos import find, load
from placeprint.placemap import PlaceMap

WIDTH, HIGH = 1920, 960
TOP, SHOWN = 300, 360
"""Rows of the whole sphere that the side faces of a cube cover: elevations within 33.75°."""


def joined(faces):
    """Equirectangular rows from faces at headings 0, 90, 180, 270: the middle column looks north."""
    turn = (np.arange(WIDTH) + 0.5) / WIDTH * 360.0 - 180.0
    lift = np.radians(90.0 - (np.arange(TOP, TOP + SHOWN) + 0.5) / HIGH * 180.0)
    picture = np.zeros((SHOWN, WIDTH, 3), np.uint8)
    for number, face in enumerate(faces):
        off = (turn - 90.0 * number + 180.0) % 360.0 - 180.0
        mine = np.abs(off) <= 45.0
        half = face.shape[0] / 2
        ray = np.radians(off[mine])
        x = half + half * np.tan(ray) - 0.5
        y = half - half * np.tan(lift)[:, None] / np.cos(ray)[None] - 0.5
        columns = np.broadcast_to(x, y.shape).astype(np.float32)
        picture[:, mine] = cv2.remap(
            face, columns, y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    return picture


def write_sphere(path: Path, views, point) -> Path:
    fields = {
        "ProjectionType": "equirectangular", "PoseHeadingDegrees": "0", "CroppedAreaLeftPixels": "0",
        "CroppedAreaTopPixels": str(TOP), "CroppedAreaImageWidthPixels": str(WIDTH),
        "CroppedAreaImageHeightPixels": str(SHOWN), "FullPanoWidthPixels": str(WIDTH),
        "FullPanoHeightPixels": str(HIGH),
    }  # fmt: skip
    said = XMP_HEAD + xmp({f"GPano:{name}": value for name, value in fields.items()})
    image = Image.fromarray(joined([load(view.path) for view in views]))
    return jpeg(path, exif(gps(point.lat, point.lon)), said, image=image)


@pytest.fixture(scope="module")
def street(real_photos, tmp_path_factory):
    """(folder of spheres, faces of the query panoramas near them)."""
    data = from_table(real_photos / "cambridge" / "photos.csv", "val")
    groups, asked = ({}, {})
    for found, records in ((groups, data.database), (asked, data.queries)):
        for record in records:
            found.setdefault(record.panorama, []).append(record)
    center = data.database[0].point
    nearest = sorted(groups.values(), key=lambda views: views[0].point.distance(center))[:10]
    folder = tmp_path_factory.mktemp("spheres")
    for number, views in enumerate(nearest):
        views.sort(key=lambda view: view.heading)
        write_sphere(folder / f"{number}.jpg", views, views[0].point)
    places = [views[0].point for views in nearest]
    beside = [v for v in asked.values() if min(v[0].point.distance(p) for p in places) < 15.0]
    queries = sorted(beside, key=lambda views: views[0].point.distance(center))[:5]
    for views in queries:
        views.sort(key=lambda view: view.heading)
    return folder, queries


def test_a_sphere_is_four_references_with_headings_and_finds_what_flat_ones_do_not(street, tmp_path):
    folder, queries = street
    single = [view for views in queries for view in views]
    flat_folder = tmp_path / "flat"
    flat_folder.mkdir()
    with PlaceMap.build(folder, tmp_path / "m", quiet=True) as places:
        assert len(places) == 40
        assert places.additions.added == 40
        assert sorted({record.heading for record in places.photos()}) == [0.0, 90.0, 180.0, 270.0]
        assert len({record.path for record in places.photos()}) == 10
        cut = list(places.locate_many([view.path for view in single]))
        one = shutil.copy(folder / "3.jpg", tmp_path / "copy.jpg")
        assert places.locate(one).in_map == str(folder / "3.jpg")
        assert places.add(folder, quiet=True).known == 10
        moved = Path(shutil.move(folder / "4.jpg", tmp_path / "moved.jpg"))
        assert places.add([find(moved).photos[0]], quiet=True).moved == 4
        assert sum(record.path == moved for record in places.photos()) == 4
        assert places.remove([moved], quiet=True) == 4
        shutil.move(moved, folder / "4.jpg")
        assert places.check_integrity() == []
    for path in sorted(folder.glob("*.jpg")):
        record = find(path).photos[0]
        plain = jpeg(
            flat_folder / path.name, exif(gps(record.point.lat, record.point.lon)), image=Image.open(path)
        )
        assert find(plain).photos[0].sphere is None
    with PlaceMap.build(flat_folder, tmp_path / "f", quiet=True) as places:
        flat = list(places.locate_many([view.path for view in single]))

    def right(answers):
        pairs = zip(answers, single, strict=True)
        return sum(bool(a) and a.point.distance(v.point) <= 25.0 for a, v in pairs)

    assert right(cut) > right(flat)
    assert right(cut) >= len(single) // 2


def test_a_sphere_as_a_query_is_looked_at_in_four_directions(street, tmp_path):
    folder, queries = street
    whole = [write_sphere(tmp_path / f"{i}.jpg", views, views[0].point) for i, views in enumerate(queries)]
    with PlaceMap.build(folder, tmp_path / "m", quiet=True) as places:
        found = list(places.locate_many(whole))
        assert [a.to_dict() for a in found] == [places.locate(path).to_dict() for path in whole]
    right = [bool(a) and a.point.distance(v[0].point) <= 25.0 for a, v in zip(found, queries, strict=True)]
    assert sum(right) >= len(right) - 1
