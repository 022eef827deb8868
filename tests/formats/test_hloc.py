"""hloc's files, written by hand as hloc writes them, and read back."""

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from ranking_samples import DATABASE, QUERIES, RANKED, ROOT, WRONG_ROWS

from placeprint import progress
from placeprint.errors import FormatError, MissingExtraError, PlaceprintError
from placeprint.formats.camera_poses import CameraPoses
from placeprint.formats.hloc import (
    feature_names,
    read_features,
    read_pairs,
    read_poses,
    write_features,
    write_pairs,
    write_poses,
)
from placeprint.formats.photo_names import names_below


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


def test_hloc_pairs(tmp_path: Path) -> None:
    path = tmp_path / "new/pairs.txt"
    write_pairs(path, QUERIES, DATABASE, RANKED, ROOT)
    assert path.read_bytes() == (b"query/b.jpg db/3.jpg\nquery/b.jpg db/1.jpg\nquery/a.jpg db/sub/2.jpg\n")


@pytest.mark.parametrize("name", ["a b.jpg", "a\tb.jpg", "a\u00a0b.jpg", "a\nb.jpg"])
def test_names_that_hloc_would_cut_are_refused(tmp_path: Path, name: str) -> None:
    for queries, database in ([[ROOT / name], DATABASE], [QUERIES[:1], [*DATABASE[:2], ROOT / name]]):
        with pytest.raises(PlaceprintError, match="no spaces"):
            write_pairs(tmp_path / "p.txt", queries, database, [np.array([0])], ROOT)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("rows", WRONG_ROWS)
def test_rows_that_are_not_there_are_programming_errors(
    tmp_path: Path, rows: list[NDArray[np.int64]]
) -> None:
    with pytest.raises(ValueError, match=r"lists do not match|not all in a database of 3"):
        write_pairs(tmp_path / "p.txt", QUERIES, DATABASE, rows, ROOT)
    assert not list(tmp_path.iterdir())


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


def test_poses_are_read_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    poses = CameraPoses(["b.jpg", "two words.jpg"], rng.normal(size=(2, 4)), 1e6 * rng.normal(size=(2, 3)))
    write_poses(tmp_path / "results.txt", poses)
    found = read_poses(tmp_path / "results.txt")
    assert list(found.names) == ["b.jpg", "two words.jpg"]
    np.testing.assert_allclose(np.linalg.norm(found.quaternions, axis=1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(found.centers(), poses.centers(), rtol=1e-12)
    np.testing.assert_array_equal(found.translations, poses.translations)
    write_poses(
        tmp_path / "one.txt", CameraPoses(["a.jpg"], np.array([[1.0, 0, 0, 0]]), np.array([[1, -2.5, 3e-9]]))
    )
    assert (tmp_path / "one.txt").read_text() == "a.jpg 1.0 0.0 0.0 0.0 1.0 -2.5 3e-09\n"
    with pytest.raises(PlaceprintError, match="does not fit on one line"):
        write_poses(tmp_path / "two.txt", CameraPoses(["a\nb.jpg"], np.ones((1, 4)), np.ones((1, 3))))
    assert not (tmp_path / "two.txt").exists()


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


def test_features_are_written(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "global-feats.h5"
    vectors = np.random.default_rng(0).normal(size=(3, 5))
    write_features(path, names_below(DATABASE, ROOT), vectors)
    with h5py.File(path) as file:
        found = []
        file.visititems(lambda _, item: found.append(item.name) if isinstance(item, h5py.Dataset) else None)
        assert found == [f"/db/{name}.jpg/global_descriptor" for name in ("1", "3", "sub/2")]
        for name, vector in zip(("db/1.jpg", "db/sub/2.jpg", "db/3.jpg"), vectors, strict=True):
            assert file[name]["global_descriptor"].shape == (5,)
            assert file[name]["global_descriptor"].dtype == np.float32
            np.testing.assert_array_equal(
                file[name]["global_descriptor"].__array__(), vector.astype(np.float32)
            )
    old = path.read_bytes()
    for names in (["a", "a"], ["/a", "b"], ["a//b", "c"], ["./a", "b"], ["", "b"], [".", "b"]):
        with pytest.raises(PlaceprintError, match="no relative path"):
            write_features(path, names, vectors[:2])
    with pytest.raises(ValueError, match="do not fit 1 names"):
        write_features(path, ["a"], vectors)
    with pytest.raises(ValueError, match="do not fit 3 names"):
        write_features(path, ["a", "b", "c"], vectors[:, 0])
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_features_are_written_with_progress_or_quietly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("h5py")
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    for quiet in (True, False):
        write_features(tmp_path / "f.h5", ["a.jpg"], np.ones((1, 2)), quiet)
        assert ("Writing features: 1/1" in capsys.readouterr().err) is not quiet
