"""Photos to batches: one broken file costs itself, thumbnails are small, batches have 32 photos."""

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from placeprint.errors import PhotoError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord
from placeprint.placemap.building import Thumbnails, describe_batches, prepare, thumbnail
from placeprint.representations import Recipe

HERE = GeoPoint(52.2, 0.1)
RECIPE = Recipe((Thumbnails(),))


def photo(folder: Path, name: str, size: tuple[int, int] = (64, 48)) -> PhotoRecord:
    noise = np.random.default_rng(len(name)).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(noise).save(folder / name)
    return PhotoRecord(folder / name, HERE, 90.0)


@pytest.mark.parametrize(
    ("size", "small"), [((640, 480), (320, 240)), ((300, 900), (107, 320)), ((64, 48), (64, 48))]
)
def test_thumbnails_are_jpegs_of_at_most_320_pixels(size: tuple[int, int], small: tuple[int, int]) -> None:
    ramp = np.linspace(0, 255, size[0])[None, :, None] * np.ones((size[1], 1, 3))
    image = ramp.astype(np.uint8)
    with Image.open(io.BytesIO(thumbnail(image))) as made:
        assert (made.format, made.size) == ("JPEG", small)
        wanted = Image.fromarray(image).resize(small)
        assert np.abs(np.asarray(made, float) - np.asarray(wanted, float)).mean() < 3.0
    assert Thumbnails().to_dict() == {"longest": 320}
    plain = io.BytesIO()
    wanted.save(plain, "JPEG", quality=80)
    if size == small:
        assert thumbnail(image) == plain.getvalue()


def test_a_photo_is_read_once_with_its_checksum(tmp_path: Path) -> None:
    record = photo(tmp_path, "a.png")
    views = prepare(record, RECIPE)
    assert isinstance(views, list)
    (found,) = views
    assert found.sha256 == hashlib.sha256(record.path.read_bytes()).hexdigest()
    assert (found.size, found.mtime_ns) == (record.path.stat().st_size, record.path.stat().st_mtime_ns)
    assert set(found.columns) == {"thumbnail"}
    missing = prepare(PhotoRecord(tmp_path / "gone.jpg", HERE), RECIPE)
    assert isinstance(missing, PhotoError)
    assert missing.path == str(tmp_path / "gone.jpg")
    assert "No such file" in missing.reason


def test_batches_of_32_in_order_without_the_broken_ones(tmp_path: Path) -> None:
    records = [photo(tmp_path, f"{i:02}.png", (8, 8)) for i in range(70)]
    (tmp_path / "05.png").write_bytes(b"no photo")
    found: list[Any] = list(describe_batches(records, RECIPE))
    assert [len(batch.entries) for batch, _ in found] == [31, 32, 6]
    assert [[Path(e.path).name for e in errors] for _, errors in found] == [["05.png"], [], []]
    paths = [entry.path for batch, _ in found for entry in batch.entries]
    assert paths == [str(r.path) for r in records if r.path.name != "05.png"]
    for batch, _ in found:
        assert [len(column) for column in batch.columns.values()] == [len(batch.entries)]
    assert {(e.lat, e.lon, e.heading) for batch, _ in found for e in batch.entries} == {(52.2, 0.1, 90.0)}
