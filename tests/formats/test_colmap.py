"""COLMAP models written by hand, byte for byte; COLMAP's own if it is there."""

import struct
from pathlib import Path

import numpy as np
import pytest
from colmap_models import binary, model, poses_of

from placeprint.errors import FormatError, PlaceprintError
from placeprint.formats.camera_poses import CameraPoses
from placeprint.formats.colmap import Camera, find_model, read_model, write_model

CENTERS = {
    "b/two words.jpg": np.array([4.0, -1.0, 2.0]),
    "a/é.jpg": np.array([1e6, 2e6, -3.0]),
    "a/1.jpg": np.array([0.0, 0.0, 0.0]),
}


@pytest.mark.parametrize("kind", ["bin", "txt"])
def test_centers_are_where_the_cameras_were_put(tmp_path: Path, kind: str) -> None:
    found = read_model(model(tmp_path, poses_of(CENTERS), kind))
    assert list(found.names) == sorted(CENTERS)
    for name, center in zip(found.names, found.centers(), strict=True):
        np.testing.assert_allclose(center, CENTERS[name], rtol=1e-12, atol=1e-8)


def test_a_model_written_by_colmap(tmp_path: Path) -> None:
    pycolmap = pytest.importorskip("pycolmap")
    rng = np.random.default_rng(3)
    made = pycolmap.Reconstruction()
    camera = pycolmap.Camera(camera_id=3, model="PINHOLE", width=640, height=480, params=[500, 500, 320, 240])
    made.add_camera_with_trivial_rig(camera)
    for number, name in [(7, "a/one.jpg"), (2, "b two.jpg")]:
        q = rng.normal(size=4)
        pose = pycolmap.Rigid3d(pycolmap.Rotation3d(q / np.linalg.norm(q)), rng.normal(size=3))
        photo = pycolmap.Image(image_id=number, camera_id=3, name=name, keypoints=rng.uniform(0, 9, (5, 2)))
        made.add_image_with_trivial_frame(photo, pose)
    for kind, write in {"bin": made.write_binary, "txt": made.write_text}.items():
        (tmp_path / kind).mkdir()
        write(str(tmp_path / kind))
        found = read_model(tmp_path / kind)
        assert list(found.names) == ["a/one.jpg", "b two.jpg"]
        expected = [made.images[number].projection_center() for number in (7, 2)]
        np.testing.assert_allclose(found.centers(), expected, atol=1e-12)


def test_binary_goes_before_text_and_places_are_tried_in_order(tmp_path: Path) -> None:
    assert find_model(tmp_path) is None
    for place in ("sparse/0", "sparse", "."):
        model(tmp_path / place, poses_of({place: np.zeros(3)}), "txt")
        found = find_model(tmp_path)
        assert found is not None
        assert list(read_model(found).names) == [place]
    model(tmp_path, poses_of({"binary": np.zeros(3)}))
    assert list(read_model(tmp_path).names) == ["binary"]
    (tmp_path / "cameras.bin").unlink()
    assert list(read_model(tmp_path).names) == ["."]


def test_a_file_cut_short_anywhere_is_an_error(tmp_path: Path) -> None:
    whole = binary(poses_of({"a.jpg": np.zeros(3), "b.jpg": np.ones(3)}), points=1)
    model(tmp_path, {})
    for length in range(len(whole)):
        (tmp_path / "images.bin").write_bytes(whole[:length])
        with pytest.raises(FormatError, match=r"images\.bin is damaged"):
            read_model(tmp_path)
    (tmp_path / "images.bin").write_bytes(whole + b"\0")
    with pytest.raises(FormatError, match="1 bytes follow"):
        read_model(tmp_path)


@pytest.mark.parametrize("count", [2**31, 2**63, 2**64 - 1])
def test_counts_beyond_the_file_are_refused_at_once(tmp_path: Path, count: int) -> None:
    one = binary(poses_of({"a.jpg": np.zeros(3)}), points=0)
    model(tmp_path, {})
    (tmp_path / "images.bin").write_bytes(struct.pack("<Q", count) + one[8:])
    with pytest.raises(FormatError, match=f"{count} photos"):
        read_model(tmp_path)
    (tmp_path / "images.bin").write_bytes(one[:-8] + struct.pack("<Q", count))
    with pytest.raises(FormatError, match=f"{count} points of 'a.jpg'"):
        read_model(tmp_path)


def test_many_points_are_passed_over(tmp_path: Path) -> None:
    model(tmp_path, {})
    points = 2**27  # 3 GB, none of them on the disk
    start = binary(poses_of({"a.jpg": np.array([1.0, 2.0, 3.0])}), points=0)
    second = binary(poses_of({"b.jpg": np.array([4.0, 5.0, 6.0])}), points=0)[8:]
    with (tmp_path / "images.bin").open("wb") as file:
        file.write(struct.pack("<Q", 2) + start[8:-8] + struct.pack("<Q", points))
        file.seek(24 * points, 1)
        file.write(second)
    np.testing.assert_allclose(read_model(tmp_path).centers(), [[1, 2, 3], [4, 5, 6]], atol=1e-12)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("1 1 0 0 0 1 2 3 1\n", "line 1: 9 fields"),
        ("# x\n\n1 1 0 0 0 1 2 x 1 a.jpg\n\n", "line 3: could not convert"),
        ("1 1 0 0 0 1 2 nan 1 a.jpg\n\n", "not finite"),
        ("1 0 0 0 0 1 2 3 1 a.jpg\n\n", "a rotation is zero"),
        ("1 1 0 0 0 1 2 3 1 a.jpg\n\n2 1 0 0 0 1 2 3 1 a.jpg\n\n", "listed twice"),
    ],
)
def test_wrong_lines_are_named(tmp_path: Path, lines: str, message: str) -> None:
    model(tmp_path, {}, "txt")
    (tmp_path / "images.txt").write_text(lines)
    with pytest.raises(FormatError, match=message):
        read_model(tmp_path)


def test_no_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlaceprintError, match="does not contain a COLMAP model"):
        read_model(tmp_path)


PHONE, DRONE = (
    Camera("PINHOLE", 640, 480, (500, 501.5, 320, 240)),
    Camera("SIMPLE_RADIAL", 9, 8, (7, 4, 4, 0.1)),
)


def some_poses(names: list[str]) -> CameraPoses:
    rng = np.random.default_rng(0)
    return CameraPoses(names, rng.normal(size=(len(names), 4)), 1e6 * rng.normal(size=(len(names), 3)))


def test_a_written_model_is_read_back(tmp_path: Path) -> None:
    poses = some_poses(["a/é.jpg", "b.jpg", "c.jpg"])
    write_model(tmp_path / "new/sparse", poses, [DRONE, PHONE, DRONE])
    assert find_model(tmp_path / "new") == tmp_path / "new/sparse"
    found = read_model(tmp_path / "new/sparse")
    assert found.names == poses.names
    np.testing.assert_allclose(np.linalg.norm(found.quaternions, axis=1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(found.centers(), poses.centers(), rtol=1e-12)
    np.testing.assert_array_equal(found.translations, poses.translations)
    with pytest.raises(PlaceprintError, match=r"images\.txt is there already"):
        write_model(tmp_path / "new/sparse", poses, [DRONE] * 3)


def test_a_written_model_has_the_lines_that_colmap_reads(tmp_path: Path) -> None:
    poses = CameraPoses(["b.jpg", "a.jpg", "c.jpg"], np.eye(4)[[0, 1, 0]], np.arange(9.0).reshape(3, 3) / 2)
    write_model(tmp_path, poses, [PHONE, DRONE, PHONE])
    cameras, images, points = (
        (tmp_path / f"{name}.txt").read_text() for name in ("cameras", "images", "points3D")
    )
    assert cameras.splitlines()[1:] == [
        "1 PINHOLE 640 480 500.0 501.5 320.0 240.0",
        "2 SIMPLE_RADIAL 9 8 7.0 4.0 4.0 0.1",
    ]
    assert images.splitlines()[1:] == [
        "1 1.0 0.0 0.0 0.0 0.0 0.5 1.0 1 b.jpg",
        "",
        "2 0.0 1.0 0.0 0.0 1.5 2.0 2.5 2 a.jpg",
        "",
        "3 1.0 0.0 0.0 0.0 3.0 3.5 4.0 1 c.jpg",
        "",
    ]
    assert all(text.startswith("#") for text in (cameras, images))
    assert points == ""


def test_colmap_reads_a_written_model(tmp_path: Path) -> None:
    pycolmap = pytest.importorskip("pycolmap")
    poses = some_poses(["b.jpg", "a.jpg"])
    write_model(tmp_path, poses, [PHONE, DRONE])
    made = pycolmap.Reconstruction(str(tmp_path))
    assert {image.name: made.cameras[image.camera_id].model.name for image in made.images.values()} == {
        "b.jpg": "PINHOLE",
        "a.jpg": "SIMPLE_RADIAL",
    }
    centers = {image.name: image.projection_center() for image in made.images.values()}
    np.testing.assert_allclose([centers[name] for name in poses.names], poses.centers(), rtol=1e-12)


def test_models_that_colmap_would_misread_are_not_written(tmp_path: Path) -> None:
    for names, message in {("two words.jpg", "b.jpg"): "no spaces", ("b.jpg", "b.jpg"): "twice"}.items():
        with pytest.raises(PlaceprintError, match=message):
            write_model(tmp_path, some_poses(list(names)), [PHONE, PHONE])
    with pytest.raises(ValueError, match="1 cameras do not fit 2 photos"):
        write_model(tmp_path, some_poses(["a.jpg", "b.jpg"]), [PHONE])
    assert not list(tmp_path.iterdir())
