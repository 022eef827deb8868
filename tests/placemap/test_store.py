import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from placeprint.errors import FormatError, LockedError, PlaceprintError
from placeprint.placemap import store as store_module
from placeprint.placemap.store import MapStore

sys.path.insert(0, str(Path(__file__).parent))
from store_samples import batch, check, sample


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.placemap"
    with MapStore.create(path, {"descriptor": "x"}) as store:
        store.append(batch(range(6)))
        store.append(batch(range(6, 10)))
    return path


def test_what_is_stored_comes_back(path):
    with MapStore.open(path) as store:
        assert store.config == {"descriptor": "x"}
        assert check(store) == set(range(10))
        assert len(store) == 10
        assert store.snapshot().headings.tolist() == list(range(10))


def test_ids_are_never_used_again_and_a_changed_photo_takes_its_own_place(path):
    with MapStore.open(path, writable=True) as store:
        before = {e.path: e.id for e in store.snapshot().entries}
        store.remove(before.values())
        again = store.append(batch([3]))
        assert min(again) > max(before.values())
        more = store.append(batch([3, 4]))
        assert min(more) > max(again)
        assert check(store) == {3, 4}


def test_joining_keeps_ids_and_content_and_lets_readers_go_on(path):
    with MapStore.open(path) as reader, MapStore.open(path, writable=True) as writer:
        old = reader.snapshot()
        writer.remove(old.ids[[1, 7]])
        for number in range(10, 40):
            writer.append(batch([number]))
            writer.compact()
        folders = list((path / "segments").iterdir())
        assert check(writer) == set(range(40)) - {1, 7}
        writer.close()
        assert len(list((path / "segments").iterdir())) < 8 < len(folders)
        # The snapshot taken before all that still sees what it saw.
        assert [e.path for e in old.entries] == [sample(n)[0].path for n in range(10)]
        np.testing.assert_array_equal(old.vectors()[1], sample(1)[1])
        assert old.thumbnail(7) == sample(7)[3]
        ids = dict(zip((e.path for e in reader.snapshot().entries), reader.snapshot().ids, strict=True))
        assert ids["/photos/3.jpg"] == old.ids[3]


def test_a_photo_is_rewritten_a_logarithmic_number_of_times(path, monkeypatch):
    written = []
    monkeypatch.setattr(
        store_module,
        "write_segment",
        lambda f, v, *rest, real=store_module.write_segment: (written.append(len(v)), real(f, v, *rest)),
    )
    with MapStore.open(path, writable=True) as store:
        for number in range(10, 138):
            store.append(batch([number]))
            store.compact()
    assert sum(written) < 128 * 10


def test_one_writer_at_a_time_and_any_number_of_readers(path):
    with MapStore.open(path, writable=True) as writer:
        with pytest.raises(LockedError, match="another process is writing"):
            MapStore.open(path, writable=True)
        with MapStore.open(path) as one, MapStore.open(path) as two:
            snapshot = one.snapshot()
            writer.append(batch([50]))
            assert len(snapshot) == 10
            assert check(two) == {*range(10), 50}
    MapStore.open(path, writable=True).close()


def test_a_read_only_folder_can_be_read(path):
    if os.geteuid() == 0:
        import subprocess

        bound = subprocess.run(["mount", "--bind", "-o", "ro", path, path], capture_output=True, check=False)
        if bound.returncode:
            pytest.skip("root writes anywhere, and a read-only mount is not permitted here")
        subprocess.run(["mount", "-o", "remount,ro,bind", path], check=True)
        try:
            with MapStore.open(path) as store:
                assert check(store) == set(range(10))
        finally:
            subprocess.run(["umount", "-l", path], check=True)
        return
    for file in [*path.rglob("*"), path]:
        file.chmod(0o555 if file.is_dir() else 0o444)
    with MapStore.open(path) as store:
        assert check(store) == set(range(10))
    for file in [path, *path.rglob("*")]:
        file.chmod(0o755)


def test_skipped_photos_are_remembered_until_they_come_in(path):
    with MapStore.open(path, writable=True) as store:
        store.note_skipped([("/photos/20.jpg", "truncated"), ("/photos/21.jpg", "no position")])
        store.append(batch([20]))
        assert store.skipped() == [("/photos/21.jpg", "no position")]


def test_a_damaged_calibration_is_noticed(path):
    with MapStore.open(path, writable=True) as store:
        assert store.calibration() == {}
        store.set_calibration({"weights": [1.5]})
        assert store.calibration() == {"weights": [1.5]}
        store._database.execute("UPDATE calibration SET content = replace(content, '1.5', '2.5')")
        with pytest.raises(FormatError, match="calibration"):
            store.calibration()


def test_every_damaged_file_is_named(path):
    with MapStore.open(path) as store:
        assert store.verify() == []
        for file in sorted((path / "segments").rglob("*")):
            if file.is_dir():
                continue
            good = file.read_bytes()
            file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
            assert any(str(file) in problem for problem in store.verify()), file
            file.unlink()
            assert any(str(file) in problem for problem in store.verify()), file
            file.write_bytes(good)
        assert store.verify() == []


def test_a_newer_a_damaged_and_no_map_are_told_apart(path, tmp_path):
    good = (path / "map.json").read_text()
    content = json.loads(good)
    for change, message in (
        (content | {"version": 99}, "Upgrade placeprint"),
        (content | {"config": {"descriptor": "y"}}, "checksum differs"),
        (content | {"format": "other"}, "not a place map"),
    ):
        (path / "map.json").write_text(json.dumps(change))
        with pytest.raises(FormatError, match=message):
            MapStore.open(path)
    (path / "map.json").write_text(good[:40])
    with pytest.raises(FormatError, match="damaged"):
        MapStore.open(path)
    with pytest.raises(FormatError, match="is not a place map"):
        MapStore.open(tmp_path / "nothing")
    (path / "map.json").write_text(good)
    with pytest.raises(PlaceprintError, match="exists already"):
        MapStore.create(path, {})
    (path / "photos.db").write_bytes(b"not a database, but longer than a header" * 100)
    with pytest.raises(FormatError, match=r"photos\.db is damaged"):
        MapStore.open(path)
    (path / "photos.db").unlink()
    with pytest.raises(FormatError, match=r"photos\.db is missing"):
        MapStore.open(path)
