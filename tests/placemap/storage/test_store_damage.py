"""Damage of every kind is noticed; none of it makes a map lose more than it had lost."""

import json
import shutil

import numpy as np
import pytest
from store_samples import CONFIG, batch, check, numbers_in

from placeprint.errors import FormatError
from placeprint.placemap.storage.store import MapStore


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.placemap"
    with MapStore.create(path, CONFIG | {"descriptor": "x"}) as store:
        store.append(batch(range(10)))
        store.set_calibration({"weights": [1.5]})
        store.note_skipped([("/photos/99.jpg", "truncated")])
    return path


def files(path):
    return [p for p in sorted(path.rglob("*")) if p.is_file() and p.suffix in (".json", ".db", ".npy")]


def state(path):
    """All that a reader is told; an error where it is told that the map is damaged."""
    with MapStore.open(path) as store:
        snapshot = store.snapshot()
        content = check(snapshot)
        return store.config, content, snapshot.ids.tolist(), store.calibration(), store.skipped()


def test_a_flipped_bit_is_noticed_wherever_it_matters(path):
    rng = np.random.default_rng(0)
    before = state(path)
    noticed = dict.fromkeys([p.name for p in files(path)], 0)
    for file in files(path):
        good = file.read_bytes()
        # Most of a small database is empty pages.
        bytes_used = (
            np.flatnonzero(np.frombuffer(good, np.uint8)) if file.suffix == ".db" else np.arange(len(good))
        )
        for at in rng.permutation(bytes_used)[:80]:
            content = bytearray(good)
            content[at] ^= 1 << rng.integers(8)
            file.write_bytes(content)
            for log in path.glob("photos.db-*"):
                log.unlink()
            try:
                with MapStore.open(path) as store:
                    problems = store.check_integrity()
            except FormatError as error:
                problems = [str(error)]
            if problems:
                noticed[file.name] += 1
                assert any(file.name in problem or file.parent.name in problem for problem in problems)
            else:  # an unused byte of the database, or white space
                assert state(path) == before, f"{file} byte {at}"
        file.write_bytes(good)
        if file.suffix == ".npy":
            assert noticed[file.name] == 80
    assert min(noticed.values()) > 30, noticed


def test_a_missing_or_shortened_file_is_named_by_whoever_needs_it(path):
    for file in files(path):
        good = file.read_bytes()
        for bad in (None, b"", good[: len(good) // 2]):
            file.unlink(missing_ok=True)
            if bad is not None:
                file.write_bytes(bad)
            try:
                with MapStore.open(path) as store:
                    assert any(file.name in problem for problem in store.check_integrity()), (file, bad)
            except FormatError as error:
                message = str(error)
                assert file.name in message or "is not a place map" in message
                assert "Restore" in message or "Build" in message
            with pytest.raises(FormatError):
                state(path)
        file.write_bytes(good)
    assert state(path)[1] == set(range(10))


@pytest.mark.parametrize("content", [None, b"", b"not a database, but longer than a header" * 100])
def test_a_writer_never_takes_a_broken_database_for_an_empty_map(path, content):
    """Otherwise it would sweep every segment away."""
    good = (path / "photos.db").read_bytes()
    (path / "photos.db").unlink()
    if content is not None:
        (path / "photos.db").write_bytes(content)
    with pytest.raises(FormatError, match=r"photos\.db .*Restore"):
        MapStore.open(path, writable=True)
    (path / "photos.db").write_bytes(good)
    assert numbers_in(path) == set(range(10))
    MapStore.open(path, writable=True).close()  # the lock was let go


def test_segments_of_another_moment_are_noticed(path, tmp_path):
    """As after restoring only half of a backup."""
    with MapStore.create(tmp_path / "other", CONFIG) as other:
        other.append(batch([5]))
        other.append(batch(range(10)))
    shutil.rmtree(path / "segments" / "000001")
    shutil.copytree(tmp_path / "other" / "segments" / "000002", path / "segments" / "000001")
    with MapStore.open(path) as store:
        with pytest.raises(FormatError, match="000001"):
            store.snapshot()
        assert any("000001" in problem for problem in store.check_integrity())


def test_joining_does_not_bless_damage(path):
    with MapStore.open(path, writable=True) as store:
        store.append(batch(range(10, 20)))
        file = path / "segments" / "000001" / "local.descriptors.npy"
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
        with pytest.raises(FormatError, match=r"local\.descriptors\.npy is damaged"):
            store.compact()
        assert any("local.descriptors.npy" in problem for problem in store.check_integrity())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 99}, r"layout version 99; .* Upgrade placeprint"),
        *[({"version": odd}, "is no layout version") for odd in (0, -1, "1", None, [], True, 1.0)],
        ({"config": {"descriptor": "y"}}, "checksum differs"),
        ({"format": "placeprint/codebook"}, "codebook"),
    ],
)
def test_a_newer_a_changed_and_another_file_are_told_apart(path, change, message):
    content = json.loads((path / "map.json").read_text())
    (path / "map.json").write_text(json.dumps(content | change))
    for writable in (False, True):
        with pytest.raises(FormatError, match=message):
            MapStore.open(path, writable=writable)


def test_what_is_no_map_is_said_to_be_none(path, tmp_path):
    for content in (b"{", b"[]", b"{}", b'"text"', b"\xff\x00"):
        (path / "map.json").write_bytes(content)
        with pytest.raises(FormatError, match=r"map\.json"):
            MapStore.open(path)
    for folder in (tmp_path, path / "map.json"):
        with pytest.raises(FormatError, match="is not a place map"):
            MapStore.open(folder)
    with pytest.raises(FormatError, match="there is no place map at"):
        MapStore.open(tmp_path / "nothing", writable=True)
    assert not (tmp_path / "nothing").exists()
