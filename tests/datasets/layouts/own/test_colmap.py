"""COLMAP models written by hand, byte for byte, with cameras at known places; COLMAP's own if it is there."""

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from placeprint.arrays import Float64
from placeprint.datasets.layouts.own.colmap import LAYOUT
from placeprint.errors import FormatError, PlaceprintError
from placeprint.formats.camera_poses import plane_axes
from placeprint.formats.colmap import find_model, read_model
from placeprint.geo import GeoPoint

Poses = Mapping[str, tuple[Float64, Float64]]


def matrix(q: Float64) -> Float64:
    """R of a unit quaternion w, x, y, z, written out."""
    w, x, y, z = q / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def poses_of(centers: Mapping[str, Float64], seed: int = 0) -> dict[str, tuple[Float64, Float64]]:
    """Any rotations, and the translations t = -R C that put the cameras at these centers."""
    rng = np.random.default_rng(seed)
    rotations = {name: rng.normal(size=4) for name in centers}
    return {name: (q, -matrix(q) @ centers[name]) for name, q in rotations.items()}


def binary(poses: Poses, points: int = 3) -> bytes:
    content = struct.pack("<Q", len(poses))
    for number, (name, (q, t)) in enumerate(poses.items()):
        content += struct.pack("<i", 7 + number) + struct.pack("<4d", *q) + struct.pack("<3d", *t)
        content += struct.pack("<i", 1) + name.encode() + b"\0" + struct.pack("<Q", points)
        content += b"".join(struct.pack("<2dq", 1.5, 2.5, -1) for _ in range(points))
    return content


def text(poses: Poses) -> str:
    lines = ["# Image list with two lines of data per image:", "#   IMAGE_ID, QW, ...", ""]
    for number, (name, (q, t)) in enumerate(poses.items()):
        numbers = " ".join(repr(float(value)) for value in (*q, *t))
        lines += [f"{number} {numbers} 1 {name}", "" if number % 2 else "1.5 2.5 -1 3.5 4.5 17"]
    return "\n".join(lines) + "\n"


def model(folder: Path, poses: Poses, kind: str = "bin") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"cameras.{kind}").write_bytes(struct.pack("<Q", 0))
    content = binary(poses) if kind == "bin" else text(poses).encode()
    (folder / f"images.{kind}").write_bytes(content)
    return folder


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
    assert LAYOUT.splits(tmp_path) == ()
    with pytest.raises(PlaceprintError, match=r"no split 'all'.*no COLMAP model"):
        LAYOUT.read(tmp_path, "all")


def rotation(seed: int) -> Float64:
    return matrix(np.random.default_rng(seed).normal(size=4))


def pairwise(points: Float64) -> Float64:
    return np.asarray(np.linalg.norm(points[:, None] - points[None], axis=-1))


@pytest.mark.parametrize("seed", range(5))
def test_the_plane_keeps_distances_and_level_axes(seed: int) -> None:
    level = np.random.default_rng(seed).normal(size=(30, 3)) * (30.0, 20.0, 0.0) + (4e5, 5e6, 40.0)
    axes = plane_axes(level)
    np.testing.assert_allclose(axes, [[1, 0, 0], [0, 1, 0]], atol=1e-12)
    turned = (level - level.mean(axis=0)) @ rotation(seed).T
    axes = plane_axes(turned)
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(pairwise(turned @ axes.T), pairwise(level), rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_axes_turn_no_more_than_the_plane_leans(seed: int) -> None:
    rng = np.random.default_rng(seed)
    flat = np.insert(rng.normal(size=(20, 2)), seed % 3, 0.0, axis=1)
    near = np.delete(np.eye(3), seed % 3, axis=0)
    np.testing.assert_allclose(plane_axes(flat), near, atol=1e-12)
    np.testing.assert_allclose(plane_axes(-flat), near, atol=1e-12)
    leaning = flat + 0.01 * rng.normal(size=flat.shape)
    np.testing.assert_allclose(plane_axes(leaning), near, atol=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_no_other_plane_keeps_more_of_the_spread(seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(50, 3)) * (5.0, 3.0, 1.0) @ rotation(seed).T
    kept = np.square(pairwise(points @ plane_axes(points).T)).sum()
    for other in range(200):
        assert np.square(pairwise(points @ rotation(1000 + other)[:2].T)).sum() <= kept * (1 + 1e-12)


def test_one_and_two_cameras_have_a_plane() -> None:
    np.testing.assert_allclose(plane_axes(np.ones((1, 3))), [[1, 0, 0], [0, 1, 0]])
    two = np.array([[0.0, 0.0, 0.0], [3.0, 4.0, 12.0]])
    assert np.linalg.norm(np.diff(two @ plane_axes(two).T, axis=0)) == pytest.approx(13.0)


def project(folder: Path) -> Path:
    """Four cameras level at height 2 in a frame of east, north and up; photos in `images`."""
    places = {"q/2.jpg": (30.0, 40.0, 2.0), "a.jpg": (0.0, 0.0, 2.0), "b.jpg": (10.0, 0.0, 2.0)}
    centers = {name: np.array(place) for name, place in places.items()} | {
        "q/1.jpg": np.array([0.0, 24.0, 2.0])
    }
    (folder / "images").mkdir()
    model(folder / "sparse/0", poses_of(centers))
    return folder


def test_all_photos_are_both_database_and_queries(tmp_path: Path) -> None:
    found = LAYOUT.read(project(tmp_path), "all")
    assert LAYOUT.splits(tmp_path) == ("all",)
    assert found.name == f"{tmp_path.name}/all"
    names = ["a.jpg", "b.jpg", "q/1.jpg", "q/2.jpg"]
    assert [photo.path for photo in found.database] == [tmp_path / "images" / name for name in names]
    assert found.database.meters is not None
    np.testing.assert_allclose(found.database.meters, [[0, 0], [10, 0], [0, 24], [30, 40]], atol=1e-12)
    assert [rows.tolist() for rows in found.within(24.5)] == [[0, 1, 2], [0, 1], [0, 2], [3]]
    assert [rows.tolist() for rows in found.itself()] == [[0], [1], [2], [3]]
    assert any("model's unit" in note for note in found.notes)


def test_listed_queries_leave_the_database(tmp_path: Path) -> None:
    (project(tmp_path) / "list_query.txt").write_text(" q/2.jpg \nq/1.jpg\r\nlost.jpg\n\n")
    (tmp_path / "sparse/0/list_test.txt").write_text("a.jpg\n")
    assert LAYOUT.splits(tmp_path) == ("all", "list_query", "list_test")
    found = LAYOUT.read(tmp_path, "list_query")
    assert [photo.path.name for photo in found.queries] == ["1.jpg", "2.jpg"]
    assert [photo.path.name for photo in found.database] == ["a.jpg", "b.jpg"]
    assert [rows.tolist() for rows in found.within(24.5)] == [[0], []]
    assert "1 of 3 queries are left out: not in the model" in found.notes
    assert len(LAYOUT.read(tmp_path, "list_test").database) == 3
    (tmp_path / "metres.txt").write_text("q/2.jpg 0 0 0\na.jpg 0 0 0\n")
    assert list(LAYOUT.read(tmp_path, "list_query").notes) == [
        "2 photos are left out: not in metres.txt",
        "1 of 3 queries are left out: not in the model",
    ]


def test_other_models_are_noted(tmp_path: Path) -> None:
    model(project(tmp_path) / "sparse/1", {})
    assert [note for note in LAYOUT.read(tmp_path, "all").notes if note.startswith("sparse/")] == [
        "sparse/1 is left out: a model in a frame of its own"
    ]


def test_gps_gives_points(tmp_path: Path) -> None:
    gps = project(tmp_path) / "gps.txt"
    gps.write_text("# name lat lon alt\na.jpg 52.0 0.1 20\nq/1.jpg 52.0002 0.1 21.5\nelse.jpg 1 2 3\n")
    found = LAYOUT.read(tmp_path, "all")
    assert [photo.path.name for photo in found.database] == ["a.jpg", "1.jpg"]
    assert [photo.point for photo in found.queries] == [GeoPoint(52.0, 0.1, 20), GeoPoint(52.0002, 0.1, 21.5)]
    assert found.database.meters is None
    assert list(found.notes) == ["2 photos are left out: not in gps.txt"]
    assert [len(rows) for rows in found.within(23.0)] == [2, 2]
    gps.write_text("a.jpg 91 0 0\n")
    with pytest.raises(PlaceprintError, match=r"gps\.txt: latitude 91"):
        LAYOUT.read(tmp_path, "all")


def test_meters_give_meters(tmp_path: Path) -> None:
    (project(tmp_path) / "sparse/0/metres.txt").write_text(
        "b.jpg 430000.5 5000000 80\na.jpg 430000 5000000 80\nq/1.jpg 1 2 3\nq/2.jpg 4 5 6\n"
    )
    found = LAYOUT.read(tmp_path, "all")
    assert found.database.meters is not None
    assert found.database.meters.tolist() == [[430000.0, 5e6], [430000.5, 5e6], [1.0, 2.0], [4.0, 5.0]]
    assert not found.notes


@pytest.mark.parametrize("line", ["a.jpg 1 2", "a.jpg 1 2 x", "a.jpg 1 2 inf"])
def test_wrong_positions_are_named(tmp_path: Path, line: str) -> None:
    (project(tmp_path) / "metres.txt").write_text(f"\n{line}\n")
    with pytest.raises(PlaceprintError, match=r"metres\.txt, line 2"):
        LAYOUT.read(tmp_path, "all")


def test_names_with_spaces_have_positions(tmp_path: Path) -> None:
    model(tmp_path, poses_of({"two words.jpg": np.zeros(3)}))
    (tmp_path / "metres.txt").write_text(" two words.jpg 1 2 3 \n")
    found = LAYOUT.read(tmp_path, "all").database
    assert found[0].path == tmp_path / "two words.jpg"
    assert found.meters is not None
    assert found.meters.tolist() == [[1, 2]]


def test_reference_positions_must_say_what_they_are(tmp_path: Path) -> None:
    (project(tmp_path) / "ref_images.txt").write_text("a.jpg 1 2 3\n")
    with pytest.raises(PlaceprintError, match=r"ref_images\.txt does not say.*gps\.txt"):
        LAYOUT.read(tmp_path, "all")
    (tmp_path / "gps.txt").write_text("a.jpg 1 2 3\n")
    assert LAYOUT.read(tmp_path, "all").database[0].point == GeoPoint(1, 2, 3)
