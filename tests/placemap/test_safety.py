"""What a map promises whoever shares it: the same answers in threads and processes, no growth, no silence."""

import gc
import os
import shutil
import tracemalloc
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from placeprint import PlaceMap
from placeprint.errors import FormatError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord, load


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(path of a map of six photos, their paths): blocks of random colors, which have corners to match."""
    folder = tmp_path_factory.mktemp("safety")
    records = []
    for number in range(6):
        small = np.random.default_rng(number).integers(0, 256, (15, 20, 3), dtype=np.uint8)
        path = folder / f"{number}.png"
        Image.fromarray(small).resize((320, 240), Image.Resampling.NEAREST).save(path)
        records.append(PhotoRecord(path, GeoPoint(50.0 + number * 1e-3, 8.0)))
    PlaceMap.build(records, folder / "a.placemap", quiet=True).close()
    return folder / "a.placemap", [record.path for record in records]


@pytest.fixture
def path(made, tmp_path):
    return shutil.copytree(made[0], tmp_path / "a.placemap")


@pytest.fixture(scope="module")
def queries(made):
    return [load(path)[8:, 8:] for path in made[1][:3]]


def answer(places, query):
    return places.locate(query, verify="always").to_dict()


_shared = None


def _in_child(query):
    assert _shared is not None
    return answer(_shared, query)


def _with(places, query):
    return answer(places, query)


def flip(file: Path, at: int) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 16
    file.write_bytes(content)


def test_threads_forks_and_spawned_processes_answer_alike(path, queries):
    global _shared
    with PlaceMap.open(path) as places:
        right = [answer(places, query) for query in queries]
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(_with, [places] * 12, queries * 4)) == right * 4
        if hasattr(os, "fork"):
            _shared = places
            with ProcessPoolExecutor(2, get_context("fork")) as pool:
                assert list(pool.map(_in_child, queries * 2)) == right * 2
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            assert pool.submit(_with, places, queries[0]).result() == right[0]
        assert [answer(places, query) for query in queries] == right


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_many_locates_take_no_more_memory_and_no_more_files(path, queries):
    with PlaceMap.open(path) as places:
        for query in queries:
            answer(places, query)
        gc.collect()
        files = len(list(Path("/proc/self/fd").iterdir()))
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(30):
            answer(places, queries[0])
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert len(list(Path("/proc/self/fd").iterdir())) == files
    assert grown < 300_000


def test_a_damaged_photo_is_left_out_and_the_map_says_so(path, queries, caplog):
    with PlaceMap.open(path) as places:
        assert places.damage == ()
        assert places.info()["damage"] == []
    file = path / "segments" / "000001" / "local.descriptors.npy"
    flip(file, 200)  # of the first photo
    with PlaceMap.open(path) as places:
        found = places.locate(queries[0], verify="always")
        assert all(Path(match.path).stem != "0" for match in found.matches)
        (said,) = places.damage
        assert str(file) in said
        assert "left out" in said
        assert places.info()["damage"] == [said]
        assert len(places) < 6
        assert any("doctor" in message for message in caplog.messages)
        # nothing else changes: what is left answers like a map that never had the photo
        assert [each.id for each in found.matches] == [
            each.id for each in places.locate(queries[0], verify="always").matches
        ]


def test_nothing_is_written_into_a_damaged_map(made, path):
    flip(path / "segments" / "000001" / "thumbnail.content.npy", -1)
    before = sorted((p, p.stat().st_mtime_ns) for p in path.rglob("*.npy"))
    with pytest.raises(FormatError, match=r"nothing is written to a damaged map.*thumbnail.*doctor"):
        PlaceMap.open(path, writable=True)
    flip(path / "segments" / "000001" / "vector.values.npy", -1)
    with PlaceMap.open(made[0], writable=True) as sound, pytest.raises(FormatError):
        sound.merge(path, quiet=True)
    assert sorted((p, p.stat().st_mtime_ns) for p in path.rglob("*.npy"))[:3] == before[:3]


def test_a_calibration_that_is_no_numbers_is_an_error(path):
    from placeprint.placemap.storage.store import MapStore

    for nonsense in ({"descriptor": {"weights": ["a"]}}, {"photos": "many"}, {"verified": []}):
        with MapStore.open(path, writable=True) as store:
            store.set_calibration(nonsense)
        with PlaceMap.open(path) as places, pytest.raises(FormatError, match="calibration"):
            places.locate(np.zeros((64, 64, 3), np.uint8))
