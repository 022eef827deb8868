"""The same photo under other names."""

import os
import shutil
from pathlib import Path

import pytest

from placeprint import PlaceMap
from placeprint.datasets.town import write_town
from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord, find
from placeprint.placemap.identity import arrivals, relocated, unchanged
from placeprint.placemap.storage.snapshot import Entry

HERE, THERE = GeoPoint(52.2, 0.1), GeoPoint(52.3, 0.1)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_town(tmp_path_factory.mktemp("town"), seed=3, references=6, queries=2, elsewhere=0)


def photo(path: Path, content: bytes = b"12345") -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(content)
    return path


def entry(path: Path, number: int = 1) -> Entry:
    import hashlib
    from dataclasses import replace

    status, digest = path.stat(), hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(Entry.of(PhotoRecord(path, HERE), status.st_size, status.st_mtime_ns, digest), id=number)


def test_the_same_file_at_the_same_position_is_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"12345")
    status, record = path.stat(), PhotoRecord(path, HERE)
    known = {str(path): Entry.of(record, status.st_size, status.st_mtime_ns, "0" * 64)}
    assert unchanged(record, known)
    assert not unchanged(record, {})
    assert not unchanged(PhotoRecord(path, None), known)
    assert not unchanged(PhotoRecord(path, GeoPoint(52.2, 0.2)), known)
    assert not unchanged(PhotoRecord(path, GeoPoint(52.1, 0.1)), known)
    os.utime(path, ns=(0, status.st_mtime_ns + 1_000_000_000))
    assert not unchanged(record, known)
    path.write_bytes(b"123456")
    os.utime(path, ns=(0, status.st_mtime_ns))
    assert not unchanged(record, known)
    path.unlink()
    assert not unchanged(record, known)


def test_moved_touched_copied_changed_and_new_photos_are_told_apart(tmp_path: Path) -> None:
    paths = {name: photo(tmp_path / name, name.encode() * 3) for name in ("stays", "moves", "touch", "edits")}
    known = {str(path): entry(path, i) for i, path in enumerate(paths.values(), 1)}
    moved = paths["moves"].rename(tmp_path / "moved")
    os.utime(paths["touch"], ns=(0, 5))
    photo(paths["edits"], b"other")
    copy = shutil.copy(paths["stays"], tmp_path / "copy")
    fresh, twin = photo(tmp_path / "fresh", b"never"), photo(tmp_path / "twin", b"never")
    every = [paths["stays"], moved, paths["touch"], paths["edits"], copy, fresh, twin]
    found = arrivals([PhotoRecord(path, HERE) for path in every], list(known.values()))
    assert found.known == 1
    assert [(e.id, Path(e.path).name, e.mtime_ns == 5) for e in found.moved] == [
        (2, "moved", False),
        (3, "touch", True),
    ]
    assert [record.path.name for record in found.new] == ["edits", "fresh"]
    assert [(Path(path).name, reason.rpartition("/")[2]) for path, reason in found.copies] == [
        ("copy", "stays"),
        ("twin", "fresh"),
    ]


def test_the_same_file_at_a_new_position_replaces_the_old_and_a_moved_one_takes_its_new_position(
    tmp_path: Path,
) -> None:
    path = photo(tmp_path / "a")
    known = {str(path): entry(path)}
    assert [r.point for r in arrivals([PhotoRecord(path, THERE)], list(known.values())).new] == [THERE]
    elsewhere = path.rename(tmp_path / "b")
    (moved,) = arrivals([PhotoRecord(elsewhere, THERE)], list(known.values())).moved
    assert (moved.id, moved.lat, moved.path) == (1, THERE.lat, str(elsewhere))


def test_photos_that_exchange_their_names_both_stay(town, tmp_path):
    folder = tmp_path / "photos"
    shutil.copytree(town.folder / "database", folder)
    first, second = find(folder, quiet=True).photos[:2]
    with PlaceMap.build([first, second], tmp_path / "m", pipeline="lite0-netvlad", quiet=True) as places:
        before = {e.sha256: (e.id, e.lat) for e in places.references.snapshot.entries}
        first.path.rename(tmp_path / "between")
        second.path.rename(first.path)
        (tmp_path / "between").rename(second.path)
        swapped = [PhotoRecord(first.path, second.point), PhotoRecord(second.path, first.point)]
        done = places.add(swapped, quiet=True)
        assert (done.added, done.moved, len(places)) == (0, 2, 2)
        assert {e.sha256: (e.id, e.lat) for e in places.references.snapshot.entries} == before
        assert places.check_integrity() == []


def test_a_moved_folder_is_neither_added_again_nor_lost(town, tmp_path):
    folder = tmp_path / "photos"
    shutil.copytree(town.folder / "database", folder)
    with PlaceMap.build(folder, tmp_path / "m", quiet=True) as places:
        count, query = len(places), next(iter(town.queries))
        before = places.locate(town.folder / query)
        moved = folder.rename(tmp_path / "archive")
        done = places.add(moved, quiet=True)
        assert (done.added, done.moved, len(places)) == (0, count, count)
        assert all(record.path.exists() for record in places.photos())
        after = places.locate(town.folder / query)
        assert (after.point, after.radius_90, after.confidence) == (
            before.point,
            before.radius_90,
            before.confidence,
        )
        copied = shutil.copytree(moved, tmp_path / "backup")
        done = places.add(copied, quiet=True)
        assert (done.added, len(done.skipped), len(places)) == (0, count, count)
        shutil.rmtree(moved)
        assert places.relocate(tmp_path, quiet=True) == count
        assert all(record.path.is_relative_to(copied) for record in places.photos())
        assert places.check_integrity() == []
        own = places.photos()[0].path
        assert places.locate(own).in_map == str(own)
        assert places.locate(own.read_bytes()).in_map == str(own)
        assert places.locate(town.folder / query).in_map is None


def test_relocating_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(PlaceprintError, match="not a folder"):
        relocated([], tmp_path / "nowhere")


def test_a_copy_said_to_be_from_elsewhere_stays_beside_the_first(tmp_path: Path) -> None:
    """As in an export that has one picture twice: nobody knows which position is right."""
    first, second = photo(tmp_path / "a"), photo(tmp_path / "b")
    beside = HERE.moved(90.0, 0.5)
    found = arrivals([PhotoRecord(first, HERE), PhotoRecord(second, THERE)], [])
    assert [record.path.name for record in found.new] == ["a", "b"]
    found = arrivals([PhotoRecord(first, HERE), PhotoRecord(second, beside)], [])
    assert [Path(path).name for path, _ in found.copies] == ["b"]
    found = arrivals([PhotoRecord(second, THERE)], [entry(first)])
    assert [record.path.name for record in found.new] == ["b"]
