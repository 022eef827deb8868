"""The whole way on the synthetic town. Its scores show that everything works, not how well."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from photo_files import placed
from PIL import Image

from placeprint.datasets.town import write_town
from placeprint.errors import LockedError, PhotoError, PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord, find, load, write_sidecar
from placeprint.placemap import Failed, NoMatch, Place, PlaceMap, Reason, examine
from placeprint.placemap.calibration.holding_out import hold_out

REFERENCES = 96


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_town(tmp_path_factory.mktemp("town"), seed=3, references=REFERENCES, queries=8, elsewhere=6)


@pytest.fixture(scope="module")
def built(town, tmp_path_factory):
    path = tmp_path_factory.mktemp("built") / "town.placemap"
    PlaceMap.build(town.folder / "database", path, quiet=True).close()
    return path


@pytest.fixture
def places(built):
    with PlaceMap.open(built) as places:
        yield places


@pytest.fixture
def own(built, tmp_path):
    return shutil.copytree(built, tmp_path / "own.placemap")


def test_day_queries_are_found_within_ten_meters(places, town):
    near = 0
    for path, view in town.queries.items():
        answer = places.locate(town.folder / path)
        if isinstance(answer, Place):
            assert 0 <= answer.radius_50 <= answer.radius_90
            assert answer.query == str(town.folder / path)
            near += answer.point.distance(view.point) < 10.0
    assert near >= 5


def test_every_photo_of_the_map_finds_itself(places):
    for record in places.photos()[::16]:
        answer = places.locate(record.path, verify="always", matches=3)
        assert isinstance(answer, Place)
        assert answer.matches[0].path == str(record.path)
        assert answer.matches[0].distance < 0.05
        assert answer.matches[0].inliers > 50
        assert answer.point.distance(record.point) < 12.0
        assert answer.confidence > 0.8
        assert len(answer.matches) == 3
        pairs = answer.matches[0].correspondences
        np.testing.assert_allclose(pairs.query_xy[pairs.inlier], pairs.reference_xy[pairs.inlier], atol=2.0)


def test_photos_of_nowhere_are_not_placed(places, town):
    assert sum(isinstance(places.locate(town.folder / path), NoMatch) for path in town.elsewhere) >= 5
    blank = places.locate(np.full((240, 320, 3), 128, np.uint8))
    assert isinstance(blank, NoMatch)
    assert blank.reason is Reason.BLANK_PHOTO
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    assert isinstance(places.locate(noise), NoMatch)


def test_an_array_and_its_file_give_the_same_answer_and_nothing_depends_on_what_came_before(places, town):
    path = town.folder / next(iter(town.queries))
    first = places.locate(path, verify="always")
    places.locate(town.folder / list(town.queries)[1])
    second = places.locate(load(path), verify="always")
    assert first.point == second.point
    assert [m.id for m in first.matches] == [m.id for m in second.matches]
    assert second.query is None


def test_near_leaves_only_places_within_the_circle(places, town):
    center = places.photos()[0].point
    answer = places.locate(town.folder / next(iter(town.queries)), near=(center, 30.0), verify="never")
    assert answer.matches
    assert all(m.point.distance(center) <= 30.0 for m in answer.matches)
    nowhere = places.locate(town.folder / next(iter(town.queries)), near=(GeoPoint(10, 10), 30.0))
    assert isinstance(nowhere, NoMatch)
    assert nowhere.reason is Reason.NOTHING_NEAR
    assert not nowhere


def test_one_unreadable_photo_costs_only_itself(places, town, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"not a photo")
    good = town.folder / next(iter(town.queries))
    answers = list(places.locate_many([good, broken, good]))
    assert [answer.query for answer in answers] == [str(good), str(broken), str(good)]
    assert isinstance(answers[1], Failed)
    assert "photo" in answers[1].reason
    assert answers[0].to_dict() == answers[2].to_dict() == places.locate(good).to_dict()
    with pytest.raises(PhotoError, match=r"broken\.jpg"):
        places.locate(broken)


def test_held_out_photos_never_see_their_own_spot(places):
    _, errors, in_map = hold_out(places.references, "descriptor", quiet=True)
    assert in_map.sum() == REFERENCES
    assert np.median(errors[in_map]) > 8.0  # spots are 10 m apart
    assert errors[~in_map].min() > 15.0
    assert (~in_map).any()


def test_add_remove_and_add_again(own, town):
    with PlaceMap.open(own, writable=True) as places:
        first = places.photos()[0].path
        before = {r.path for r in places.photos()}
        assert places.remove([first], quiet=True) == 1
        assert len(places) == REFERENCES - 1
        with pytest.raises(PlaceprintError, match="is not in"):
            places.remove([first])
        added = places.add(town.folder / "database", quiet=True)
        assert (added.added, added.known) == (1, REFERENCES - 1)
        assert {r.path for r in places.photos()} == before
        assert places.add(town.folder / "database", quiet=True).added == 0


def test_a_changed_photo_replaces_its_old_self(own, town, tmp_path):
    folder = shutil.copytree(town.folder / "database", tmp_path / "database")
    with PlaceMap.build(
        folder, tmp_path / "changed.placemap", pipeline="lite0-netvlad", quiet=True
    ) as places:
        paths = sorted(folder.iterdir())
        with Image.open(paths[1]) as other, Image.open(paths[0]) as before:
            other.save(tmp_path / "new.jpg", quality=90, exif=before.getexif())
        shutil.move(tmp_path / "new.jpg", paths[0])
        assert places.add(folder, quiet=True).added == 1
        assert len(places) == REFERENCES
        vectors = places.references.vectors
        rows = [i for i, e in enumerate(places.references.snapshot.entries) if e.path in map(str, paths[:2])]
        assert vectors[rows[0]] @ vectors[rows[1]] > 0.95
        shutil.copy(paths[1], paths[0])
        done = places.add(folder, quiet=True)
        assert (done.added, len(done.skipped), len(places)) == (0, 1, REFERENCES - 1)  # now it is a copy


def test_a_corrupt_photo_is_skipped_listed_and_comes_in_once_mended(town, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    photos = sorted((town.folder / "database").iterdir())[:6]
    for photo in photos:
        shutil.copy(photo, folder)
    good = (folder / photos[2].name).read_bytes()
    (folder / photos[2].name).write_bytes(good[: len(good) // 2])
    with PlaceMap.build(folder, tmp_path / "six.placemap", quiet=True) as places:
        assert len(places) == 5
        ((path, reason),) = places.skipped()
        assert path.endswith(photos[2].name)
        assert "truncated" in reason
        (folder / photos[2].name).write_bytes(good)
        places.add(folder, quiet=True)
        assert len(places) == 6
        assert places.skipped() == []


def test_a_photo_that_gets_a_position_later_leaves_the_list_of_those_left_out(town, tmp_path, monkeypatch):
    folder = tmp_path / "photos"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)  # paths as a user types them, relative
    for name in ("database/" + p.name for p in sorted((town.folder / "database").iterdir())[:3]):
        shutil.copy(town.folder / name, folder)
    late = shutil.copy(town.folder / next(iter(town.queries)), folder)
    with PlaceMap.build("photos", "late.placemap", quiet=True) as places:
        assert [path for path, _ in places.skipped()] == [str(late)]
        write_sidecar(Path(late), GeoPoint(0.5, 0.5))  # an estimate: no reference
        places.add("photos", quiet=True)
        ((_, reason),) = places.skipped()
        assert "placeprint's own estimate" in reason
        Path(f"{late}.xmp").write_bytes(placed(0.5, 0.5))
        places.add("photos", quiet=True)
        assert len(places) == 4
        assert places.skipped() == []


def test_merge_takes_over_what_is_new_without_describing_again(town, tmp_path):
    records = find(town.folder / "database").photos
    with (
        PlaceMap.build(records[:10], tmp_path / "a.placemap", quiet=True) as one,
        PlaceMap.build(records[6:16], tmp_path / "b.placemap", quiet=True) as two,
    ):
        shutil.copytree(town.folder, tmp_path / "copy")
        assert one.merge(two, quiet=True) == 6
        assert len(one) == 16
        assert len(two) == 10
        got = {e.path: one.references.vectors[i] for i, e in enumerate(one.references.snapshot.entries)}
        for i, entry in enumerate(two.references.snapshot.entries):
            np.testing.assert_array_equal(got[entry.path], two.references.vectors[i])


def test_maps_of_different_descriptors_do_not_mix(own, town, tmp_path):
    records = find(town.folder / "database").photos[:8]
    vlad = tmp_path / "vlad.placemap"
    with PlaceMap.build(records, vlad, pipeline="rootsift-vlad+geometry:20", quiet=True) as other:
        assert other.info()["descriptor"] == "rootsift-vlad"
        assert isinstance(other.locate(records[0].path, verify="always"), Place | NoMatch)
    with PlaceMap.open(own, writable=True) as places, pytest.raises(PlaceprintError, match="rootsift-vlad"):
        places.merge(vlad)
    with pytest.raises(PlaceprintError, match="was made with"):
        PlaceMap.build(records, vlad, quiet=True)
    bare = tmp_path / "bare.placemap"
    PlaceMap.build(records, bare, pipeline="lite0-netvlad", quiet=True).close()
    with (
        PlaceMap.open(own, writable=True) as places,
        pytest.raises(PlaceprintError, match="different columns"),
    ):
        places.merge(bare)
    with PlaceMap.open(vlad) as again:
        assert again.descriptor.fingerprint == again.info()["fingerprint"]


@pytest.mark.parametrize("count", [1, 2])
def test_a_map_of_one_or_two_photos_works(count, town, tmp_path):
    records = find(town.folder / "database").photos[:count]
    with PlaceMap.build(records, tmp_path / "tiny.placemap", quiet=True) as places:
        answer = places.locate(records[0].path, verify="always")
        assert answer.matches[0].path == str(records[0].path)
        if isinstance(answer, Place):
            assert answer.point.distance(records[0].point) < 15.0


def test_an_emptied_map_finds_nothing_and_can_be_filled_again(town, tmp_path):
    records = find(town.folder / "database").photos[:3]
    with PlaceMap.build(records, tmp_path / "emptied.placemap", quiet=True) as places:
        places.remove([r.path for r in records], quiet=True)
        answer = places.locate(records[0].path)
        assert isinstance(answer, NoMatch)
        assert answer.reason is Reason.EMPTY_MAP
        assert places.info()["photos"] == 0
        places.add(records, quiet=True)
        assert places.locate(records[0].path).matches[0].path == str(records[0].path)


def test_all_photos_at_one_point(town, tmp_path):
    here = GeoPoint(48.0, 11.0)
    records = [PhotoRecord(r.path, here) for r in find(town.folder / "database").photos[:6]]
    with PlaceMap.build(records, tmp_path / "point.placemap", quiet=True) as places:
        answer = places.locate(records[3].path, verify="always")
        assert isinstance(answer, Place)
        assert answer.point.distance(here) < 0.01


def test_a_folder_without_positions_and_an_empty_one_say_what_to_do(town, tmp_path):
    with pytest.raises(PlaceprintError, match="no photo with a position"):
        PlaceMap.build(town.folder / "queries", tmp_path / "none.placemap", quiet=True)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PlaceprintError, match="no photo with a position"):
        PlaceMap.build(tmp_path / "empty", tmp_path / "none.placemap", quiet=True)
    assert not (tmp_path / "none.placemap").exists()
    with pytest.raises(PlaceprintError, match="not empty"):
        PlaceMap.build(town.folder / "database", town.folder / "database", quiet=True)


def test_readers_go_on_while_a_writer_adds(own, town, tmp_path):
    query = town.folder / next(iter(town.queries))
    with PlaceMap.open(own) as reader:
        expected = reader.locate(query, verify="never")
        with PlaceMap.open(own, writable=True) as writer:
            with pytest.raises(LockedError):
                PlaceMap.open(own, writable=True)
            writer.remove([r.path for r in writer.photos()[:40]], quiet=True)
        assert reader.locate(query, verify="never").matches == expected.matches
    with PlaceMap.open(own) as reader:
        assert len(reader) == REFERENCES - 40


def test_a_killed_build_goes_on_and_ends_as_if_it_had_not_been_killed(town, built, tmp_path):
    path = tmp_path / "killed.placemap"
    command = [
        sys.executable,
        "-m",
        "placeprint",
        "build",
        str(town.folder / "database"),
        "-o",
        str(path),
        "-q",
    ]
    rng = np.random.default_rng(5)
    for _ in range(6):
        build = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(float(rng.uniform(1.0, 4.0)))
        os.kill(build.pid, signal.SIGKILL)
        build.wait()
    subprocess.run(command, check=True, capture_output=True)
    with PlaceMap.open(path) as places, PlaceMap.open(built) as whole:
        assert [r.path for r in places.photos()] == [r.path for r in whole.photos()]
        np.testing.assert_allclose(places.references.vectors, whole.references.vectors, atol=1e-5)
        assert places.check_integrity() == []


def test_a_sound_map_is_well_and_each_ailment_is_named(built, town, tmp_path):
    findings = {f.check: f for f in examine(built, quiet=True)}
    assert all(f.level == "ok" for f in findings.values()), findings
    photos = [shutil.copy(r.path, tmp_path) for r in find(town.folder / "database").photos[:6]]
    records = [PhotoRecord(p, GeoPoint(48.0 + i * 1e-4, 11.0)) for i, p in enumerate(photos)]
    shutil.copy(photos[0], tmp_path / "copy.jpg")
    records += [
        PhotoRecord(tmp_path / "copy.jpg", GeoPoint(48.001, 11.0)),
    ]
    records[1] = PhotoRecord(photos[1], GeoPoint(0.0, 0.0))
    records[2] = PhotoRecord(photos[2], GeoPoint(11.0, 48.0))
    PlaceMap.build(records, tmp_path / "ill.placemap", quiet=True).close()
    Path(photos[3]).unlink()
    findings = {f.check: f for f in examine(tmp_path / "ill.placemap", quiet=True)}
    assert findings["(0, 0)"].level == "error"
    assert photos[1] in findings["(0, 0)"].details
    assert findings["swapped"].level == "error"
    assert any(str(photos[2]) in line for line in findings["swapped"].details)
    assert str(photos[3]) in findings["missing photos"].details
    assert "copy.jpg" in findings["duplicates"].details[0]
    segment = next((tmp_path / "ill.placemap" / "segments").iterdir())
    (segment / "thumbnail.content.npy").write_bytes(b"")
    assert next(iter(examine_or_error(tmp_path / "ill.placemap"))).level == "error"


def examine_or_error(path):
    return examine(path, quiet=True)
