"""A map in programs: threads, processes, streams, snapshots, photos from anywhere, older layouts."""

import hashlib
import io
import json
import multiprocessing
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from placeprint.datasets.town import write_town
from placeprint.errors import FormatError, PhotoError, PlaceprintError
from placeprint.photos import load
from placeprint.placemap import Failed, NoMatch, Place, PlaceMap
from placeprint.placemap.storage.manifest import checksum
from placeprint.placemap.storage.segments import VERSION_1
from placeprint.rerank import Candidates, Geometry
from placeprint.verify import Verify


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_town(tmp_path_factory.mktemp("town"), references=12, queries=4, elsewhere=1, quiet=True)


@pytest.fixture(scope="module")
def built(town, tmp_path_factory):
    path = tmp_path_factory.mktemp("built") / "town.placemap"
    PlaceMap.build(town.folder / "database", path, quiet=True).close()
    return path


@pytest.fixture
def own(built, tmp_path):
    return shutil.copytree(built, tmp_path / "own.placemap")


@pytest.fixture(scope="module")
def queries(town):
    return [town.folder / path for path in (*town.queries, *town.elsewhere)]


def told(answer):
    """All that an answer says, its evidence included."""
    drawn = [m.correspondences for m in answer.matches]
    pairs = [None if c is None else (c.query_xy.tolist(), c.inlier.tolist()) for c in drawn]
    return answer.to_dict(), pairs


@pytest.mark.parametrize("verify", Verify)
def test_many_are_located_as_each_alone_to_the_bit_and_in_order(built, queries, verify, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo")
    with PlaceMap.open(built) as places:
        alone = [told(places.locate(query, verify=verify)) for query in queries]
        asked = [queries[0], broken, *queries[1:], tmp_path / "missing.jpg"]
        answers = list(places.locate_many(iter(asked), verify=verify))
        assert [a.query for a in answers] == [str(path) for path in asked]
        assert isinstance(answers[1], Failed)
        assert isinstance(answers[-1], Failed)
        assert not answers[1].matches
        assert answers[1].to_dict()["status"] == "failed"
        assert [told(a) for a in answers if not isinstance(a, Failed)] == alone


def test_they_come_while_photos_are_still_coming(built, queries):
    taken = 0

    def coming():
        nonlocal taken
        while True:
            taken += 1
            yield queries[taken % len(queries)]

    with PlaceMap.open(built) as places:
        stream = places.locate_many(coming(), verify="never")
        assert isinstance(next(stream), Place | NoMatch)
        assert taken < 200
        stream.close()


@pytest.mark.parametrize("verify", ["never", "always"])
def test_threads_give_the_same_answers_to_the_bit(built, queries, verify):
    with PlaceMap.open(built) as places, ThreadPoolExecutor(6) as pool:
        alone = [told(places.locate(query, verify=verify)) for query in queries]
        found = list(pool.map(lambda query: told(places.locate(query, verify=verify)), 4 * queries))
        assert found == 4 * alone


def _in_another_process(places, query):
    return told(places.locate(query, verify="always"))


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_a_map_goes_into_other_processes_by_its_path(built, queries, start):
    if start not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system cannot {start}")
    with PlaceMap.open(built, stages="+geometry:5") as places:
        expected = told(places.locate(queries[0], verify="always"))
        again = pickle.loads(pickle.dumps(places))
        assert (again.path, again.spec) == (places.path, places.spec)
        assert told(again.locate(queries[0], verify="always")) == expected
        again.close()
        if start == "fork":  # the threads of the parent are not in its child
            with multiprocessing.get_context("fork").Pool(1) as pool:
                assert pool.apply_async(_in_another_process, (places, queries[0])).get(60) == expected


def test_an_open_reader_keeps_its_photos_and_its_calibration_until_it_is_refreshed(own, queries):
    with PlaceMap.open(own) as reader, PlaceMap.open(own, writable=True) as writer:
        before = [told(reader.locate(query)) for query in queries]
        writer._store.set_calibration({})  # as another process might
        gone = Path(reader.locate(queries[0]).matches[0].path)
        writer.remove([gone], quiet=True)
        assert [told(reader.locate(query)) for query in queries] == before
        assert len(reader) == len(writer) + 1
        reader.refresh()
        assert len(reader) == len(writer)
        assert str(gone) not in {m.path for m in reader.locate(queries[0]).matches}
        assert [told(reader.locate(q)) for q in queries] == [told(writer.locate(q)) for q in queries]


def test_a_closed_map_says_so(built, queries):
    places = PlaceMap.open(built)
    places.close()
    assert "closed" in repr(places)
    for ask in (lambda: places.locate(queries[0]), lambda: len(places), lambda: list(places.locate_many([]))):
        with pytest.raises(PlaceprintError, match="is closed"):
            ask()


def test_photos_come_from_anywhere(built, queries):
    with PlaceMap.open(built) as places:
        expected = told(places.locate(queries[0]))
        content = queries[0].read_bytes()
        with queries[0].open("rb") as file, Image.open(queries[0]) as image:
            image.load()
            sources = [str(queries[0]), content, io.BytesIO(content), file, image, load(queries[0])]
            for source in sources:
                answer, drawn = told(places.locate(source))
                assert answer["query"] in (None, str(queries[0]))
                assert (answer | {"query": str(queries[0])}, drawn) == expected
        turned = Image.open(queries[0]).transpose(Image.Transpose.ROTATE_90)
        turned.getexif()[0x0112] = 6  # upright again after a quarter turn to the right
        np.testing.assert_array_equal(load(turned), load(queries[0]))
        with pytest.raises(PhotoError):
            places.locate(io.BytesIO(b"no photo"))


def test_near_takes_a_point_or_two_numbers(built, town, queries):
    view = next(iter(town.queries.values()))
    with PlaceMap.open(built) as places:
        there = places.locate(queries[0], near=(view.point, 30.0))
        assert told(places.locate(queries[0], near=((view.point.lat, view.point.lon), 30.0))) == told(there)
        assert isinstance(places.locate(queries[0], near=((0.0, 0.0), 5.0)), NoMatch)
        with pytest.raises(ValueError, match="latitude"):
            places.locate(queries[0], near=((95.0, 0.0), 5.0))


@pytest.mark.parametrize("verify", [True, False, "sometimes", None, 1])
def test_verify_is_one_of_three_words(built, queries, verify):
    with PlaceMap.open(built) as places:
        with pytest.raises(ValueError, match='not one of "auto", "always", "never"'):
            places.locate(queries[0], verify=verify)
        assert told(places.locate(queries[0], verify="always")) == told(
            places.locate(queries[0], verify=Verify.ALWAYS)
        )
        assert any(m.inliers is not None for m in places.locate(queries[0]).matches)
        assert all(m.inliers is None for m in places.locate(queries[0], verify="never").matches)


def test_other_stages_than_it_was_built_with(built, queries, tmp_path, town):
    with PlaceMap.open(built, stages="+geometry:3") as places:
        assert places.spec.rerankers == (Geometry(3),)
        found = places.locate(queries[0], verify="always").matches
        assert sum(m.inliers is not None for m in found) <= 3
    with PlaceMap.open(built, stages="+exact") as places:
        assert places.spec.rerankers == ()
        assert all(m.inliers is None for m in places.locate(queries[0]).matches)
        with pytest.raises(PlaceprintError, match="no local features"):
            places.locate(queries[0], verify="always")
    with PlaceMap.open(built, stages="+k-reciprocal:6+geometry:3") as places:
        assert isinstance(places.locate(queries[0], verify="always"), Place | NoMatch)
    PlaceMap.build(town.folder / "database", tmp_path / "bare", pipeline="lite0-netvlad", quiet=True).close()
    with PlaceMap.open(tmp_path / "bare") as bare:
        assert bare.info()["columns"] == ["vector", "thumbnail"]
        assert bare.info()["pipeline"] == "lite0-netvlad"
    with pytest.raises(PlaceprintError, match=r"stores no column 'local', .*\+geometry:30 needs"):
        PlaceMap.open(tmp_path / "bare", stages="+geometry")
    with pytest.raises(PlaceprintError, match="neither an index"):
        PlaceMap.open(built, stages="+magic")


def test_retrieval_can_be_asked_alone(built, queries):
    """Research: the ranked list behind an answer."""
    with PlaceMap.open(built) as places:
        references, query = places.references, places.recipe.represent(load(queries[0]))
        found = references.pipeline.search(query, references, 10)
        assert isinstance(found, Candidates)
        answer = places.locate(queries[0], verify="always")
        assert {m.id for m in answer.matches[:10]} == set(found.ids.tolist())


def as_version_1(path: Path) -> None:
    """Lay a map out as placeprint 0.1 did: other names of files, and a manifest without columns."""
    import sqlite3

    manifest = json.loads((path / "map.json").read_text())
    features = manifest["config"]["extractors"].get("local")
    manifest["config"] = {"descriptor": manifest["config"]["descriptor"], "features": features}
    manifest["version"] = 1
    manifest.pop("checksum")
    (path / "map.json").write_text(json.dumps(manifest | {"checksum": checksum(manifest)}))
    with sqlite3.connect(path / "photos.db") as database:
        for folder in (path / "segments").iterdir():
            header = json.loads((folder / "segment.json").read_text())
            files = {}
            for name, said in header["files"].items():
                old = VERSION_1.get(name.removesuffix(".npy"), name.removesuffix(".npy")) + ".npy"
                (folder / name).rename(folder / old)
                files[old] = said
            text = json.dumps(header | {"version": 1, "files": files}).encode()
            (folder / "segment.json").write_bytes(text)
            database.execute(
                "UPDATE segments SET checksum = ? WHERE number = ?",
                (hashlib.sha256(text).hexdigest(), int(folder.name)),
            )
    database.close()


def test_a_map_of_layout_1_is_read_as_it_is_and_converted_when_written_to(own, built, town, queries, caplog):
    as_version_1(own)
    with PlaceMap.open(built) as new, PlaceMap.open(own) as old:
        assert str(old.spec) == "lite0-netvlad+geometry:20"
        assert [told(old.locate(q)) for q in queries] == [told(new.locate(q)) for q in queries]
        assert old.check_integrity() == []
    assert json.loads((own / "map.json").read_text())["version"] == 1
    with PlaceMap.open(own, writable=True) as places:
        assert "converted from layout version 1" in caplog.text
        first = places.photos()[0]
        places.remove([first.path], quiet=True)
        places.add([first], quiet=True)
    assert json.loads((own / "map.json").read_text())["version"] == 2
    with PlaceMap.open(own) as places, PlaceMap.open(built) as new:
        assert len(places) == len(new)
        assert places.check_integrity() == []
        for query in queries:
            one, other = places.locate(query).to_dict(), new.locate(query).to_dict()
            assert one["status"] == other["status"]
            assert [m["path"] for m in one["matches"]] == [m["path"] for m in other["matches"]]


def test_a_map_of_a_later_layout_is_refused(own):
    content = json.loads((own / "map.json").read_text())
    (own / "map.json").write_text(json.dumps(content | {"version": 3}))
    with pytest.raises(FormatError, match="layout version 3; this placeprint reads up to 2"):
        PlaceMap.open(own)


def test_a_build_over_a_map_of_another_descriptor_lets_go_of_it(own, town):
    try:
        PlaceMap.build(town.folder / "database", own, pipeline="rootsift-vlad", quiet=True)
    except PlaceprintError as error:
        kept = error  # with its traceback, in which the map that was opened still lives
        assert "was made with" in kept.what
        PlaceMap.open(own, writable=True).close()
    else:
        pytest.fail("it was built")


def test_writing_is_reported_unless_it_is_to_be_quiet(own, town, monkeypatch):
    monkeypatch.setattr("placeprint.progress.LINE_EVERY", 0.0)
    said = []
    monkeypatch.setattr("builtins.print", lambda *words, **_: said.append(words[0].split(":")[0]))
    with PlaceMap.open(own, writable=True) as places:
        first = places.photos()[0]
        places.remove([first.path], quiet=True)
        places.add([first], quiet=True)
        assert said == []
        places.remove([first.path])
        places.add([first])
        assert "describing" in said
