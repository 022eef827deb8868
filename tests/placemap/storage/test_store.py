import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_samples import CONFIG, batch, check, numbers_in, sample

from placeprint.errors import LockedError, PlaceprintError
from placeprint.geo import GeoPoint, distances
from placeprint.placemap.storage import compaction
from placeprint.placemap.storage import segment as segment_module
from placeprint.placemap.storage import store as store_module
from placeprint.placemap.storage.entry import Batch
from placeprint.placemap.storage.segments import write_segment
from placeprint.placemap.storage.store import MapStore


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ä map #1?.placemap"
    with MapStore.create(path, CONFIG | {"descriptor": "x"}) as store:
        store.append(batch(range(6)))
        store.append(batch(range(6, 10)))
    return path


def segment_folders(path):
    return sorted((path / "segments").iterdir())


def test_what_is_stored_comes_back(path):
    with MapStore.open(path) as store:
        assert store.config == CONFIG | {"descriptor": "x"}
        assert len(store) == 10
        snapshot = store.snapshot()
        assert check(snapshot) == set(range(10))
        assert snapshot.positions.tolist() == [[e.lat, e.lon] for e in snapshot.entries]
        assert np.isnan(snapshot.headings[1])
        assert snapshot.headings[3] == 3.0
        assert {e.path: e.id for e in snapshot.entries} == {p: e.id for p, e in store.known().items()}
        again = [b for some in store.batches(3) for b in some.entries]
        assert again == list(snapshot.entries)


def test_ids_are_never_used_again_and_a_changed_photo_takes_its_own_place(path):
    with MapStore.open(path, writable=True) as store:
        before = store.snapshot().ids
        store.remove([*before, 12345])
        assert len(store) == 0
        assert store.snapshot().matrix("vector").shape == (0, 8)
    with MapStore.open(path, writable=True) as store:
        assert segment_folders(path) == []
        again = store.append(batch([3]))
        assert min(again) > max(before)
        more = store.append(batch([3, 4]))
        assert min(more) > max(again)
        assert check(store.snapshot()) == {3, 4}
        assert store.snapshot().ids.tolist() == more


def test_a_snapshot_keeps_its_files_until_it_is_let_go(path, monkeypatch):
    monkeypatch.setattr(compaction, "FULL", 1 << 30)
    with MapStore.open(path) as reader, MapStore.open(path, writable=True) as writer:
        old = reader.snapshot()
        ids = dict(zip((e.path for e in old.entries), old.ids, strict=True))
        writer.remove(old.ids[[1, 7]])
        for number in range(10, 40):
            writer.append(batch([number]))
            writer.compact()
        assert check(writer.snapshot()) == set(range(40)) - {1, 7}
        assert check(old) == set(range(10))  # nothing was read from its files before
        assert {e.path: e.id for e in reader.snapshot().entries if e.path in ids}.items() <= ids.items()
        held = len(segment_folders(path))
        del old
        writer.compact()
        assert len(segment_folders(path)) == held - 2
        assert len(segment_folders(path)) < 8
        assert writer.check_integrity() == []


def test_a_photo_is_rewritten_a_logarithmic_number_of_times(path, monkeypatch):
    written = []

    def spy(folder, streams):
        written.append(streams["ids"].shape[0])
        return write_segment(folder, streams)

    monkeypatch.setattr(store_module, "write_segment", spy)
    with MapStore.open(path, writable=True) as store:
        for number in range(10, 74):
            store.append(batch([number]))
            store.compact()
        assert check(store.snapshot()) == set(range(74))
    assert sum(written) < 64 * 9


def test_small_batches_do_not_pile_up_even_when_no_writer_lives_long(path):
    for number in range(10, 80):
        with MapStore.open(path, writable=True) as store:
            store.append(batch([number]))
    assert len(segment_folders(path)) <= store_module.TIDY_AFTER
    assert numbers_in(path) == set(range(80))


def test_segments_beyond_the_limit_are_left_alone_and_emptied_ones_are_rewritten(path, monkeypatch):
    monkeypatch.setattr(compaction, "FULL", 1)
    with MapStore.open(path, writable=True) as store:
        store.compact()
        assert [p.name for p in segment_folders(path)] == ["000001", "000002"]
        monkeypatch.setattr(compaction, "FULL", 1 << 30)
        store.append(batch(range(10, 60)))
        store.compact()
        assert [p.name for p in segment_folders(path)] == ["000004"]
        store.remove(store.snapshot().ids[:40])
        store.compact()
        assert [p.name for p in segment_folders(path)] == ["000005"]
        assert check(store.snapshot()) == set(range(40, 60))


def test_large_vectors_are_mapped_and_not_copied(path, monkeypatch):
    monkeypatch.setattr("placeprint.placemap.storage.segment.MAPPED", 0)
    with MapStore.open(path, writable=True) as store:
        store.compact()
        snapshot = store.snapshot()
        assert isinstance(snapshot.matrix("vector"), np.memmap)
        ((ids, block),) = snapshot.blocks("vector")
        assert ids.tolist() == snapshot.ids.tolist()
        assert not block.flags.writeable
        assert check(snapshot) == set(range(10))


def test_one_writer_at_a_time_and_any_number_of_readers(path):
    with MapStore.open(path, writable=True) as writer:
        with pytest.raises(LockedError, match=r"another process is writing .*Wait"):
            MapStore.open(path, writable=True)
        other = (
            "from pathlib import Path; from placeprint.placemap.storage.store import MapStore; "
            f"MapStore.open(Path({str(path)!r}), writable=True)"
        )
        done = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, check=False)
        assert "LockedError" in done.stderr
        with MapStore.open(path) as one, MapStore.open(path) as two:
            snapshot = one.snapshot()
            writer.append(batch([50]))
            assert len(snapshot) == 10
            assert check(two.snapshot()) == {*range(10), 50}
            with pytest.raises(PlaceprintError, match="opened for reading"):
                one.append(batch([51]))
    MapStore.open(path, writable=True).close()


def test_readers_in_threads_see_whole_batches_while_one_writes(path):
    seen, errors, done = set(), [], threading.Event()

    def read():
        try:
            with MapStore.open(path) as store:
                while not done.is_set():
                    found = check(store.snapshot())
                    seen.add(len(found))
                    assert (len(found) - 10) % 5 == 0
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    with MapStore.open(path, writable=True) as store:
        for thread in threads:
            thread.start()
        for turn in range(15):
            store.append(batch(range(10 + 5 * turn, 15 + 5 * turn)))
            if turn % 3 == 0:
                store.compact()
        done.set()
        for thread in threads:
            thread.join()
    assert not errors
    assert len(seen) > 2


@pytest.fixture
def read_only(path):
    """A function that makes the map's folder read-only, for root too."""
    mounted = []

    def freeze():
        if os.geteuid():
            for file in [*path.rglob("*"), path]:
                file.chmod(0o555 if file.is_dir() else 0o444)
            return
        if (
            shutil.which("mount") is None
            or subprocess.run(["mount", "--bind", path, path], check=False).returncode
        ):
            pytest.skip("root writes anywhere, and mounting is not permitted here")
        mounted.append(path)
        subprocess.run(["mount", "-o", "remount,ro,bind", path], check=True)

    yield freeze
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)
    for file in [path, *path.rglob("*")]:
        file.chmod(0o755)


@pytest.mark.parametrize("killed", [False, True])
def test_a_read_only_folder_can_be_read(path, read_only, killed):
    if killed:  # the last batch is in the write-ahead log alone
        program = (
            "import os; from pathlib import Path\n"
            "from store_samples import batch; from placeprint.placemap.storage.store import MapStore\n"
            f"MapStore.open(Path({str(path)!r}), writable=True).append(batch([10, 11])); os._exit(0)"
        )
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", program], env=environment, check=True)
        (path / "photos.db-shm").unlink()
        assert (path / "photos.db-wal").stat().st_size > 0
    read_only()
    with MapStore.open(path) as store:
        assert check(store.snapshot()) == set(range(12 if killed else 10))
        assert store.check_integrity() == []
        assert len(store.within(GeoPoint(50.0, 8.5), 30.0)) == 3
    with pytest.raises(PlaceprintError, match="cannot write to"):
        MapStore.open(path, writable=True)


def test_skipped_photos_are_remembered_until_they_come_in(path):
    strange = os.fsdecode(b"/photos/\xff.jpg")
    with MapStore.open(path, writable=True) as store:
        store.note_skipped([("/photos/20.jpg", "truncated"), (strange, "?"), (strange, "no position")])
        store.append(batch([20]))
        assert store.skipped() == [(strange, "no position")]


def test_a_file_name_that_is_no_unicode_comes_back(path):
    entry, vector, features, thumbnail = sample(30)
    strange = replace(entry, path=os.fsdecode(b"/photos/\xff\xfe.jpg"))
    with MapStore.open(path, writable=True) as store:
        store.append(
            Batch([strange], {"vector": vector[None], "local": [features], "thumbnail": [thumbnail]})
        )
        assert store.known()[strange.path] == strange
        assert store.check_integrity() == []


def test_calibration_is_kept_and_replaced(path):
    with MapStore.open(path, writable=True) as store:
        assert store.calibration() == {}
        store.set_calibration({"weights": [1.5], "photos": 10})
        store.set_calibration({"weights": [0.1]})
    with MapStore.open(path) as store:
        assert store.calibration() == {"weights": [0.1]}


def test_a_batch_that_does_not_fit_is_refused_and_leaves_nothing(path):
    good = batch([20, 21])

    def changed(**columns):
        return Batch(good.entries, {**good.columns, **columns})

    with MapStore.open(path, writable=True) as store:
        with pytest.raises(ValueError, match="not 8 finite"):
            store.append(changed(vector=np.zeros((2, 9), np.float32)))
        with pytest.raises(ValueError, match="belong together"):
            changed(thumbnail=[b""])
        with pytest.raises(ValueError, match="has no vector"):
            store.append(changed(vector=[None, good.columns["vector"][1]]))
        with pytest.raises(ValueError, match="not those of the map"):
            store.append(changed(words=[0, 0]))
        with pytest.raises(ValueError, match="twice"):
            batch([20, 20])
        with pytest.raises(ValueError, match="finite"):
            store.append(changed(vector=np.full((2, 8), np.nan, np.float32)))
        one = good.columns["local"][1]
        affine = replace(one, affine=np.zeros((len(one), 2, 2), np.float32))
        with pytest.raises(ValueError, match="affine"):
            store.append(changed(local=[None, affine]))
        mixed = [
            replace(f, descriptors=np.zeros((len(f), n), np.uint8))
            for f, n in zip(good.columns["local"], (3, 4), strict=True)
        ]
        with pytest.raises(ValueError, match="several kinds"):
            store.append(changed(local=mixed))
        assert check(store.snapshot()) == set(range(10))
    assert len(segment_folders(path)) == 2


latitudes = st.floats(-90, 90) | st.sampled_from([-90.0, 90.0, 89.9999, -89.9999])
longitudes = st.floats(-180, 180) | st.sampled_from([-180.0, 180.0, 179.9999, -179.9999])


@pytest.fixture(scope="module")
def scattered(tmp_path_factory):
    """A map of 600 photos: over the whole Earth, around a pole, and around 0 N 180 E."""
    rng = np.random.default_rng(0)
    over_all = np.stack([rng.uniform(-90, 90, 200), rng.uniform(-180, 180, 200)], 1)
    pole = np.stack([rng.uniform(89.99, 90, 200), rng.uniform(-180, 180, 200)], 1)
    line = np.stack([rng.uniform(-0.05, 0.05, 200), (rng.uniform(179.9, 180.1, 200) + 180) % 360 - 180], 1)
    where = np.concatenate([over_all, pole, line])
    content = batch(range(len(where)))
    entries = [
        replace(e, lat=float(a), lon=float(b)) for e, (a, b) in zip(content.entries, where, strict=True)
    ]
    with MapStore.create(tmp_path_factory.mktemp("map") / "m", CONFIG) as store:
        ids = np.array(store.append(replace(content, entries=entries)))
        yield store, ids, where


@settings(max_examples=150, deadline=None)
@given(
    lat=latitudes,
    lon=longitudes,
    near=st.none() | st.integers(0, 599),
    meters=st.floats(0.0, 2.1e7) | st.floats(0.0, 5000.0),
)
def test_within_agrees_with_the_geodesic_to_every_photo(scattered, lat, lon, near, meters):
    store, ids, where = scattered
    if near is not None:
        lat, lon = where[near]
    expected = ids[distances((lat, lon), where) <= meters]
    assert store.within(GeoPoint(float(lat), float(lon)), meters).tolist() == expected.tolist()


def test_only_an_empty_or_unfinished_folder_becomes_a_map(path, tmp_path):
    with pytest.raises(PlaceprintError, match="already exists"):
        MapStore.create(path, CONFIG)
    (tmp_path / "file").touch()
    with pytest.raises(PlaceprintError, match="is a file"):
        MapStore.create(tmp_path / "file", CONFIG)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").touch()
    with pytest.raises(PlaceprintError, match=r"not empty: it contains 1\.jpg"):
        MapStore.create(tmp_path / "photos", CONFIG)
    (path / "map.json").unlink()
    with pytest.raises(PlaceprintError, match=r"map\.json is missing, but there are photos"):
        MapStore.create(path, CONFIG)
    new = tmp_path / "new"
    new.mkdir()
    (new / "descriptor.npz").touch()
    MapStore.create(new, CONFIG).close()
    assert (new / "descriptor.npz").exists()


def test_a_segment_of_photos_without_features_is_rewritten(tmp_path):
    """A ragged column of which no photo has a value, in one segment that is joined with no other."""
    with MapStore.create(tmp_path / "m", CONFIG) as store:
        ids = store.append(batch([4, 14, 24]))
        store.remove(ids[:2])
        store.compact()
        assert check(store.snapshot()) == {24}
        assert store.check_integrity() == []


def test_rows_larger_than_a_block_are_copied_one_at_a_time(path, monkeypatch):
    monkeypatch.setattr(segment_module, "BLOCK", 1)
    with MapStore.open(path, writable=True) as store:
        store.append(batch(range(10, 20)))
        store.compact()
        assert check(store.snapshot()) == set(range(20))
        assert len(segment_folders(path)) == 1


def test_what_is_written_is_of_layout_version_2(path):
    assert json.loads((path / "map.json").read_text())["version"] == 2
    for folder in segment_folders(path):
        assert json.loads((folder / "segment.json").read_text())["version"] == 2


def test_a_map_of_the_first_releases_opens_and_gets_the_column_of_details_when_written(path):
    """Its photos have no `details`: as written before it was known where positions come from."""
    with closing(sqlite3.connect(path / "photos.db")) as database:
        database.execute("ALTER TABLE photos DROP COLUMN details")
        database.commit()

    def before(number):
        entry, *rest = sample(number)
        return (replace(entry, magnetic=False, accuracy=None, source="") if number < 10 else entry, *rest)

    with MapStore.open(path) as store:
        assert check(store.snapshot(), before) == set(range(10))
        assert len(store.known()) == 10
        assert store.check_integrity() == []
    with MapStore.open(path, writable=True) as store:
        store.append(batch(range(10, 16)))
        assert check(store.snapshot(), before) == set(range(16))
    with MapStore.open(path) as store:
        kept = {entry.source for entry in store.snapshot().entries}
        assert kept == {"", "EXIF 0", "EXIF 1"}
        assert [e.record.accuracy for e in store.snapshot().entries][12] == 13.0
        assert store.check_integrity() == []


def test_damaged_details_are_noticed(path):
    with closing(sqlite3.connect(path / "photos.db")) as database:
        database.execute("UPDATE photos SET details = replace(details, 'EXIF 0', 'EXIF 1') WHERE id = 1")
        database.commit()
    with MapStore.open(path) as store:
        assert ["details" in problem for problem in store.check_integrity()] == [True]
        snapshot = store.snapshot()
        assert 1 not in snapshot.ids
        assert len(snapshot) == 9
        assert ["photos.db" in said and "1 photo is left out" in said for said in snapshot.damage] == [True]
