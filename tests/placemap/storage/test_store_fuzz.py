"""Any byte of any file changed: the same content, a `FormatError`, or less content and a word about it."""

import json
import logging
import shutil
import sqlite3
import time
from contextlib import closing, suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import CONFIG, batch, check

from placeprint.artifact import parse_json, read_artifact
from placeprint.errors import FormatError, PlaceprintError
from placeprint.placemap.storage.array_file import CHECKED
from placeprint.placemap.storage.faults import DamagedSegmentError
from placeprint.placemap.storage.manifest import MANIFEST, checksum
from placeprint.placemap.storage.store import MapStore

PHOTOS = 40


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / "a.placemap"
    with MapStore.create(path, CONFIG) as store:
        store.append(batch(range(PHOTOS)))
        store.append(batch(range(PHOTOS, PHOTOS + 3)))
        store.set_calibration({"weights": [1.5]})
        store.note_skipped([("/photos/99.jpg", "truncated")])
    return path


@pytest.fixture
def path(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "a.placemap")


def read(path):
    """(numbers of the photos, each checked in full; damage): what is met to be damaged is left out."""
    with MapStore.open(path) as store:
        for _ in range(5):
            snapshot = store.snapshot()
            try:
                numbers = check(snapshot)
            except DamagedSegmentError as error:
                store.leave_out(error.fault)
                continue
            assert store.calibration() == {"weights": [1.5]}
            assert store.skipped() == [("/photos/99.jpg", "truncated")]
            return numbers, snapshot.damage
    raise AssertionError("the same damage is met again and again")


def files(path):
    return [p for p in sorted(path.rglob("*")) if p.is_file() and p.suffix in (".json", ".db", ".npy")]


def changes(good, rng):
    """A bit, a few bytes, an end, a beginning, or everything else than what was there."""
    at, size = int(rng.integers(len(good))), int(rng.integers(1, 40))
    flipped = bytearray(good)
    flipped[at] ^= 1 << int(rng.integers(8))
    others = [
        good[:at],
        good[at:],
        good[:at] + rng.bytes(size) + good[at + size :],
        rng.bytes(len(good)),
        b"",
    ]
    return bytes(flipped) if rng.random() < 0.7 else others[int(rng.integers(len(others)))]


def test_no_change_of_a_file_is_silent_or_a_traceback(path):
    rng = np.random.default_rng(3)
    everything = set(range(PHOTOS + 3))
    kinds = dict.fromkeys(("same", "named", "error"), 0)
    for file in files(path):
        good = file.read_bytes()
        for _ in range(25):
            file.write_bytes(changes(good, rng))
            start = time.monotonic()
            try:
                numbers, damage = read(path)
            except FormatError:
                kinds["error"] += 1
            else:
                assert numbers <= everything
                assert damage or numbers == everything, file
                kinds["named" if damage else "same"] += 1
            assert time.monotonic() - start < 5
            for log in path.glob("photos.db-*"):
                log.unlink()
        file.write_bytes(good)
    assert read(path) == (everything, ())
    assert min(kinds.values()) > 10, kinds


def test_a_flipped_bit_costs_the_photos_of_its_block_alone(tmp_path):
    """Descriptors of 128 bytes: a block of 16 KiB holds those of about 85 photos."""
    path = tmp_path / "a.placemap"
    with MapStore.create(path, CONFIG) as store:
        store.append(batch(range(600)))
    file = path / "segments" / "000001" / "local.descriptors.npy"
    content = bytearray(file.read_bytes())
    assert len(content) > 4 * CHECKED
    content[2 * CHECKED + 5] ^= 4
    file.write_bytes(content)
    with MapStore.open(path) as store:
        snapshot = store.snapshot()
        assert snapshot.damage == ()  # nobody has read it yet
        with pytest.raises(DamagedSegmentError) as caught:
            check(snapshot)
        store.leave_out(caught.value.fault)
        rest = store.snapshot()
        (said,) = rest.damage
        kept = check(rest)
    assert 60 < 600 - len(kept) < 130
    assert str(file) in said
    assert f"{600 - len(kept)} photos are left out" in said
    with pytest.raises(FormatError, match=r"nothing is written to a damaged map: .*doctor"):
        MapStore.open(path, writable=True)


def test_segments_without_checksums_of_blocks_are_verified_whole(path):
    """As the first releases wrote them: their files are read as ever, and damage is noticed."""
    for folder in sorted((path / "segments").iterdir()):
        header = json.loads((folder / "segment.json").read_text())
        for facts in header["files"].values():
            for name in ("crc32", "dtype", "shape", "offset"):
                del facts[name]
        reseal(path, folder, header)
    assert read(path) == (set(range(PHOTOS + 3)), ())
    file = path / "segments" / "000001" / "local.descriptors.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    numbers, (said,) = read(path)
    assert numbers == set(range(PHOTOS, PHOTOS + 3))
    assert "local.descriptors.npy" in said


def reseal(path, folder, header):
    """Write another header that the database believes."""
    import hashlib

    content = json.dumps(header).encode()
    (folder / "segment.json").write_bytes(content)
    with closing(sqlite3.connect(path / "photos.db")) as database:
        row = (hashlib.sha256(content).hexdigest(), int(folder.name))
        database.execute("UPDATE segments SET checksum = ? WHERE number = ?", row)
        database.commit()


@pytest.mark.parametrize(
    "change",
    [
        {"rows": 1 << 61}, {"rows": -1}, {"rows": "3"}, {"files": []}, {"version": 0}, {"version": "2"},
        {"files": {"ids.npy": {"bytes": 1 << 62, "sha256": ""}}}, {"format": "other"}, {"rows": 2},
    ],
)  # fmt: skip
def test_headers_that_are_sealed_but_make_no_sense(path, change):
    folder = path / "segments" / "000001"
    reseal(path, folder, json.loads((folder / "segment.json").read_text()) | change)
    numbers, damage = read(path)
    assert numbers == set(range(PHOTOS, PHOTOS + 3))
    assert "000001" in damage[0]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE photos SET lat = 9e999 WHERE id = 1",
        "UPDATE photos SET time = CAST(x'ff' AS TEXT) WHERE id = 1",
        "UPDATE photos SET path = 7 WHERE id = 1",
        "UPDATE photos SET row = 'a' WHERE id = 1",
        "UPDATE photos SET sha256 = zeroblob(30000000) WHERE id = 1",
        "UPDATE calibration SET content = '[[['",
        "UPDATE calibration SET content = CAST(x'ff' AS TEXT)",
        "UPDATE skipped SET reason = 3",
    ],
)
def test_rows_that_were_changed_are_left_out_or_an_error(path, statement):
    with closing(sqlite3.connect(path / "photos.db")) as database:
        database.execute(statement)
        database.commit()
    try:
        numbers, damage = read(path)
    except FormatError:
        return
    assert len(numbers) == PHOTOS + 2
    assert ["photos.db" in said and "1 photo is left out" in said for said in damage] == [True]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 1 << 70) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_manifest_of_any_content_is_read_or_refused(path, data):
    """Sealed, so that only what it says can be wrong."""
    content = json.loads((path / MANIFEST).read_text()) if not (path / "good").exists() else None
    content = content or json.loads((path / "good").read_text())
    (path / "good").write_text(json.dumps(content))
    where = data.draw(st.sampled_from(["version", "config", "format", "columns", "column"]))
    value = data.draw(json_values)
    if where == "columns":
        content["config"]["columns"] = value
    elif where == "column":
        content["config"]["columns"][0][data.draw(st.sampled_from(["name", "kind", "dim"]))] = value
    else:
        content[where] = value
    del content["checksum"]
    (path / MANIFEST).write_text(json.dumps(content | {"checksum": checksum(content)}))
    with suppress(PlaceprintError), MapStore.open(path) as store:
        store.snapshot()


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, '{"a": NaN}', '{"a": 1e999}', "9" * 9999, ""]
)
def test_json_beyond_all_bounds_is_a_format_error(tmp_path, text):
    with pytest.raises(FormatError):
        parse_json(text.encode(), tmp_path)


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f4', 'shape': (",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2305843009213693952,)}",
    ],
)
def test_arrays_with_broken_headers_are_format_errors(tmp_path, header):
    import zipfile

    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + b"1234"
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("header.npy", content)
    with pytest.raises(FormatError, match=r"a\.npz is damaged"):
        read_artifact(tmp_path / "a.npz", "codebook", 1)


def test_the_log_names_no_damage_that_is_not_there(path, caplog):
    with caplog.at_level(logging.WARNING):
        assert read(path)[1] == ()
    assert caplog.records == []
