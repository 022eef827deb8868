"""Extraction against one photo at a time; a corrupt photo, a kill, another descriptor, two processes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray
from PIL import Image

from placeprint.descriptors import extraction
from placeprint.descriptors.extraction import View, extract
from placeprint.errors import FormatError, LockedError, PhotoError


class Means:
    """Describes a photo by its mean color; stops like a killed process after `stop_after` photos."""

    dim = 3
    name = "means"

    def __init__(self, fingerprint: str = "a", stop_after: int = 10**9) -> None:
        self.fingerprint, self.stop_after, self.seen = fingerprint, stop_after, 0
        self.recipe: dict[str, object] = {}

    def describe(self, photos: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        self.seen += len(photos)
        if self.seen > self.stop_after:
            raise KeyboardInterrupt
        rows = np.array([photo.mean(axis=(0, 1)) for photo in photos], np.float32) + 1.0
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def save(self, path: Path) -> None:
        raise NotImplementedError


@pytest.fixture
def views(tmp_path: Path) -> list[View]:
    rng = np.random.default_rng(0)
    made = []
    for i in range(50):
        path = tmp_path / f"{i:02d}.png"
        Image.fromarray(rng.integers(0, 255, (8, 10, 3), np.uint8)).save(path)
        made.append(View(path))
    made[7].path.write_bytes(b"not a photo")
    return made


def naive(views: Sequence[View]) -> NDArray[np.float32]:
    rows = np.zeros((len(views), 3), np.float32)
    for i, view in enumerate(views):
        try:
            rows[i] = Means().describe([view.load()])[0]
        except PhotoError:
            continue
    return rows


def test_vectors_are_those_of_one_photo_at_a_time(views: list[View], tmp_path: Path) -> None:
    for store in (None, tmp_path / "store"):
        found = extract(views, Means(), store, quiet=True)
        np.testing.assert_array_equal(found.vectors, naive(views))
        assert list(found.unreadable) == [7]
        assert "not a photo" in found.unreadable[7] or found.unreadable[7]


def test_a_killed_extraction_goes_on(
    views: list[View], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "BATCH", 4)
    monkeypatch.setattr(extraction, "KEEP_EVERY", 8)
    killed = Means(stop_after=30)
    with pytest.raises(KeyboardInterrupt):
        extract(views, killed, tmp_path / "store", quiet=True)
    resumed = Means()
    found = extract(views, resumed, tmp_path / "store", quiet=True)
    np.testing.assert_array_equal(found.vectors, naive(views))
    assert list(found.unreadable) == [7]
    assert 0 < resumed.seen <= len(views) - 24  # 31 photos were described, 24 of them acknowledged
    again = Means()
    np.testing.assert_array_equal(
        extract(views, again, tmp_path / "store", quiet=True).vectors, found.vectors
    )
    assert again.seen == 0


def test_another_descriptor_or_photo_starts_anew(views: list[View], tmp_path: Path) -> None:
    store = tmp_path / "store"
    extract(views, Means(), store, quiet=True)
    other = Means("b")
    extract(views, other, store, quiet=True)
    assert other.seen == 49
    Image.new("RGB", (8, 8), (255, 0, 0)).save(views[7].path)
    mended = Means("b")
    assert extract(views, mended, store, quiet=True).unreadable == {}
    assert mended.seen == 50


def test_what_another_descriptor_left_half_done_is_not_taken_for_ones_own(
    views: list[View], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    whole = np.array(extract(views, Means(), store, quiet=True).vectors)
    with pytest.raises(KeyboardInterrupt):
        extract(views, Means("b", stop_after=1), store, quiet=True)
    np.testing.assert_array_equal(extract(views, Means(), store, quiet=True).vectors, whole)


def test_a_view_is_cropped_and_then_resized(tmp_path: Path) -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[10:30, 20:50] = 200
    Image.fromarray(picture).save(tmp_path / "a.png")
    seen = View(tmp_path / "a.png", "exact:15x10", (20.0, 10.0, 50.0, 30.0)).load()
    assert seen.shape == (10, 15, 3)
    assert (seen == 200).all()
    with pytest.raises(PhotoError, match="outside"):
        View(tmp_path / "a.png", "descriptor", (90.0, 10.0, 95.0, 30.0)).load()


def test_a_damaged_store_and_a_busy_one_are_named(views: list[View], tmp_path: Path) -> None:
    store = tmp_path / "store"
    extract(views, Means(), store, quiet=True)
    with FileLock(store / "lock"), pytest.raises(LockedError, match="another process"):
        extract(views, Means(), store, quiet=True)
    (store / "progress.json").write_text("{")
    with pytest.raises(FormatError, match="Delete this folder"):
        extract(views, Means(), store, quiet=True)


def test_no_photos(tmp_path: Path) -> None:
    assert extract([], Means(), tmp_path / "store", quiet=True).vectors.shape == (0, 3)
