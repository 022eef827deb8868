"""hloc's files, written by hand as hloc writes them."""

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from placeprint.datasets.layouts.own.hloc import LAYOUT
from placeprint.errors import FormatError, MissingExtraError, PlaceprintError
from placeprint.formats.hloc import feature_names, read_features, read_pairs, read_poses


def test_pairs_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "pairs-query-netvlad3.txt"
    path.write_text("query/b.jpg db/2.jpg\nquery/b.jpg db/1.jpg\nquery/a.jpg db/2.jpg\nquery/b.jpg db/0.jpg")
    pairs = read_pairs(path)
    assert list(pairs.items()) == [
        ("query/b.jpg", ["db/2.jpg", "db/1.jpg", "db/0.jpg"]),
        ("query/a.jpg", ["db/2.jpg"]),
    ]
    path.write_text("a b\n\na b c\n")
    with pytest.raises(FormatError, match="line 3: 3 names instead of 2"):
        read_pairs(path)
    with pytest.raises(PlaceprintError, match="does not exist"):
        read_pairs(tmp_path / "none.txt")


def test_poses_are_centers(tmp_path: Path) -> None:
    path = tmp_path / "results.txt"
    half = np.sqrt(0.5)  # a quarter turn about z: R = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
    path.write_text(f"b.jpg {half} 0 0 {half} 1 2 3\na b.jpg 1.0 0.0 0.0 0.0 -1.0 -2.0 -3.0\n\n")
    poses = read_poses(path)
    assert list(poses.names) == ["b.jpg", "a b.jpg"]
    np.testing.assert_allclose(poses.centers(), [[-2, 1, -3], [1, 2, 3]], atol=1e-12)


@pytest.mark.parametrize(
    "line", ["a.jpg 1 0 0 0 1 2", "a.jpg 1 0 0 0 1 2 x", "a.jpg 0 0 0 0 1 2 3", "a.jpg 1 0 0 0 1 2 nan"]
)
def test_wrong_poses_are_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "results.txt"
    path.write_text(f"{line}\n")
    with pytest.raises(FormatError, match=r"results\.txt"):
        read_poses(path)


def test_global_features(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "global-feats-netvlad.h5"
    vectors = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float16)
    names = ["db/1.jpg", "db/sub/2.jpg", "query.jpg"]
    with h5py.File(path, "a", libver="latest") as file:
        for name, vector in zip(names, vectors, strict=True):
            group = file.create_group(name)
            group.create_dataset("global_descriptor", data=vector)
            group.create_dataset("image_size", data=np.array([640, 480]))
    assert feature_names(path) == names
    found = read_features(path, names[::-1])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, vectors[::-1].astype(np.float32))
    assert read_features(path, []).shape == (0, 0)
    for name in ("db/3.jpg", "db", "", "db/1.jpg/global_descriptor"):
        with pytest.raises(FormatError, match=f"no global_descriptor of '{name}'"):
            read_features(path, [name])
    with h5py.File(path, "a") as file:
        file.create_group("x").create_dataset("global_descriptor", data=np.zeros((1, 7)))
    assert read_features(path, ["x"]).shape == (1, 7)
    with pytest.raises(FormatError, match=r"'x' has 7 values, 'query\.jpg' 8"):
        read_features(path, ["query.jpg", "x"])
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FormatError, match="is damaged or not an HDF5 file"):
        feature_names(path)
    with pytest.raises(PlaceprintError, match="does not exist"):
        feature_names(tmp_path / "none.h5")


def test_without_h5py_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError, match=r"HDF5 files needs.*placeprint\[hdf5\]"):
        feature_names(tmp_path / "f.h5")


def image(name: str, x: float, y: float) -> bytes:
    head = struct.pack("<i7di", 1, 1.0, 0.0, 0.0, 0.0, -x, -y, -1.0, 1)
    return head + name.encode() + b"\0" + struct.pack("<Q", 0)


def test_outputs_are_a_data_set(tmp_path: Path) -> None:
    sfm = tmp_path / "sfm_superpoint+superglue"
    sfm.mkdir()
    (sfm / "cameras.bin").write_bytes(b"")
    photos = [("db/1.jpg", 0.0, 0.0), ("db/2.jpg", 10.0, 0.0), ("db/3.jpg", 0.0, 30.0)]
    (sfm / "images.bin").write_bytes(
        struct.pack("<Q", 3) + b"".join(image(name, x, y) for name, x, y in photos)
    )
    assert LAYOUT.splits(tmp_path) == ()
    results = tmp_path / "aachen_v1.1_hloc.txt"
    results.write_text("2.jpg 1 0 0 0 -9 -1 -1\n1.jpg 1 0 0 0 -1 -28 -1\nday/4.jpg 1 0 0 0 -900 0 -1\n")
    (tmp_path / "notes.txt").write_text("no results\n")
    assert LAYOUT.splits(tmp_path) == ()
    (tmp_path / "aachen_v1.1_hloc.txt_logs.pkl").write_bytes(b"")
    (tmp_path / "gone.txt_logs.pkl").write_bytes(b"")
    assert LAYOUT.splits(tmp_path) == ("aachen_v1.1_hloc",)
    # of 1.jpg there are two, of which one is in the database; of 2.jpg two queries; day/4.jpg has one
    (tmp_path / "pairs-db-covis.txt").write_text("db/1.jpg db/2.jpg\ndb/2.jpg db/3.jpg\n")
    (tmp_path / "pairs-query.txt").write_text(
        "query/night/1.jpg db/1.jpg\nquery/a/2.jpg db/1.jpg\nquery/b/2.jpg db/1.jpg\n"
        "query/day/4.jpg db/1.jpg\nquery/someday/4.jpg db/1.jpg\n"
    )
    found = LAYOUT.read(tmp_path, "aachen_v1.1_hloc")
    assert found.name == f"{tmp_path.name}/aachen_v1.1_hloc"
    assert [p.path.relative_to(tmp_path).as_posix() for p in found.database] == [n for n, _, _ in photos]
    assert [p.path.relative_to(tmp_path).as_posix() for p in found.queries] == [
        "2.jpg",
        "query/night/1.jpg",
        "query/day/4.jpg",
    ]
    assert found.queries.meters is not None
    np.testing.assert_allclose(found.queries.meters, [[9, 1], [1, 28], [900, 0]], atol=1e-9)
    assert [rows.tolist() for rows in found.within(5.0)] == [[1], [2], []]
    assert list(found.notes) == ["Positions from sfm_superpoint+superglue, in the model's unit"]
    with pytest.raises(PlaceprintError, match=r"no model in sfm\* or no other\.txt"):
        LAYOUT.read(tmp_path, "other")
