import hashlib
import json

import numpy as np
import pytest

from placeprint.descriptors.learnt_from import learnt_from, overlap, photo_digest, with_learnt_from
from placeprint.errors import PhotoError


@pytest.fixture
def photos(tmp_path):
    paths = [tmp_path / f"{name}.jpg" for name in "abcd"]
    for path in paths:
        path.write_bytes(path.name.encode() * 1000)
    return paths


def test_the_digest_is_that_of_the_content(photos):
    expected = hashlib.sha256(b"a.jpg" * 1000).hexdigest()[:10]
    assert photo_digest(photos[0]) == photo_digest(str(photos[0])) == expected
    copy = photos[0].with_name("copy.png")
    copy.write_bytes(photos[0].read_bytes())
    assert photo_digest(copy) == expected
    copy.write_bytes(photos[0].read_bytes()[:-1] + b"!")
    assert photo_digest(copy) != expected


def test_arrays_are_known_by_type_shape_and_numbers():
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    others = [image[::-1], image.reshape(4, 2, 3), image.astype(np.int8), image + 1]
    assert photo_digest(image) == photo_digest(np.asfortranarray(image)) == photo_digest(image.copy())
    assert len({photo_digest(array) for array in [image, *others]}) == 5
    assert len(photo_digest(image)) == 10
    assert photo_digest(np.zeros((0, 4, 3), np.uint8)) != photo_digest(np.zeros((4, 0, 3), np.uint8))


def test_lists_are_sorted_each_once_and_without_the_unreadable(photos, tmp_path):
    gone = tmp_path / "gone.jpg"
    found = learnt_from([*photos[::-1], gone, tmp_path, photos[0]])
    assert found == sorted(photo_digest(path) for path in photos)
    with pytest.raises(PhotoError, match=r"gone\.jpg"):
        photo_digest(gone)


def test_overlap_counts_photos_of_the_same_content(photos, tmp_path):
    image = np.zeros((3, 3, 3), np.uint8)
    before = {"photos": 3, "seed": 0}
    said = json.loads(json.dumps(with_learnt_from(before, [*photos[:2], image])))
    assert (said["photos"], said["seed"], len(said["learnt_from"])) == (3, 0, 3)
    assert "learnt_from" not in before
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(photos[1].read_bytes())
    assert overlap(said, [*photos, copy, image, tmp_path / "gone.jpg"]) == 4
    assert overlap(said, photos[2:]) == 0
    assert overlap(said, []) == 0


def test_without_a_list_no_file_is_read(monkeypatch, photos):
    monkeypatch.setattr("placeprint.descriptors.learnt_from.photo_digest", lambda photo: 1 / 0)
    assert overlap({"photos": 4}, photos) == 0
    assert overlap({"learnt_from": []}, photos) == 0
