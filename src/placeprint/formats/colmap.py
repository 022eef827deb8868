"""Poses of a COLMAP sparse model (`images` and `cameras`, .bin or .txt), and its reference positions."""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from placeprint.artifact import replace_file
from placeprint.errors import FormatError, PlaceprintError
from placeprint.formats.camera_poses import CameraPoses
from placeprint.formats.photo_names import check_words, encode

HEAD = struct.Struct("<I7dI")  # image id, quaternion w x y z, translation, camera id
COUNT = struct.Struct("<Q")
POINT = 24  # bytes: two doubles and the id of a 3-D point
LEAST = HEAD.size + 1 + COUNT.size
LONGEST_NAME = 4096
AGAIN = "Export the model again with COLMAP"

Row = tuple[str, tuple[float, ...]]


@dataclass(frozen=True)
class Camera:
    """A camera as COLMAP describes it: for example `Camera("PINHOLE", 640, 480, (fx, fy, cx, cy))`.

    model: the name of a camera model of COLMAP; width, height: of its photos in pixels; parameters: those
    of the model, in COLMAP's order (src/colmap/sensor/models.h), lengths in pixels.
    """

    model: str
    width: int
    height: int
    parameters: tuple[float, ...]


def find_model(folder: Path) -> Path | None:
    """The first of `folder`, `sparse`, `sparse/0` that contains a model."""
    return next((place for place in (folder, folder / "sparse", folder / "sparse/0") if _file(place)), None)


def read_model(model: Path) -> CameraPoses:
    """The registered photos of a model, in the order of their names, because COLMAP has no order.

    Binary files take precedence over text, as in COLMAP. Models with rigs and frames (COLMAP 3.12 and later)
    still give each photo's own pose in this file. Points are skipped, never loaded.

    Raises `FormatError` for a file that is cut short or is not such a file.
    """
    path = _file(model)
    if path is None:
        raise PlaceprintError(f"{model} does not contain a COLMAP model", "It needs images and cameras")
    rows = sorted(_binary(path) if path.suffix == ".bin" else _text(path))
    names = [name for name, _ in rows]
    if len(set(names)) < len(names):
        raise FormatError(f"{path}: a photo is listed twice", AGAIN)
    poses = np.array([pose for _, pose in rows], np.float64).reshape(-1, 7)
    try:
        return CameraPoses(names, poses[:, :4], poses[:, 4:])
    except ValueError as error:
        raise FormatError(f"{path}: {error}", AGAIN) from error


def write_model(folder: str | Path, poses: CameraPoses, cameras: Sequence[Camera]) -> None:
    """A text model of known poses without points: `cameras.txt`, `images.txt` and an empty `points3D.txt`.

    cameras: that of each photo; photos of one camera share its line. Cameras and photos are numbered from
    1 in their order. COLMAP's `point_triangulator` and `bundle_adjuster` start from such a model.

    Raises `PlaceprintError` where the folder holds a model, or for a name that is given twice or that has
    white space, at which COLMAP would cut it.
    """
    folder = Path(folder)
    if len(cameras) != len(poses.names):
        raise ValueError(f"{len(cameras)} cameras do not fit {len(poses.names)} photos")
    check_words(poses.names, "COLMAP's text models")
    if len(set(poses.names)) < len(poses.names):
        raise PlaceprintError("a photo is given twice", "Name each photo once")
    if (there := _file(folder)) is not None:
        raise PlaceprintError(f"{there} is there already", "Give another folder, or remove it")
    numbers = {camera: number for number, camera in enumerate(dict.fromkeys(cameras), start=1)}
    listed = ["# CAMERA_ID MODEL WIDTH HEIGHT PARAMS[]\n"]
    for camera, number in numbers.items():
        parameters = " ".join(map(repr, map(float, camera.parameters)))
        listed.append(f"{number} {camera.model} {camera.width} {camera.height} {parameters}\n")
    images = ["# IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, then a line of points\n"]
    photos = zip(poses.names, poses.lines(), cameras, strict=True)
    for number, (name, pose, camera) in enumerate(photos, start=1):
        images.append(f"{number} {pose} {numbers[camera]} {name}\n\n")
    # The photos come last: without them there is no model.
    for name, lines in {"cameras": listed, "points3D": [], "images": images}.items():
        replace_file(folder / f"{name}.txt", encode("".join(lines)))


def read_positions(path: Path) -> dict[str, tuple[float, float, float]]:
    """Three numbers per photo, in lines `name a b c`: the format of `model_aligner`'s `ref_images_path`."""
    known: dict[str, tuple[float, float, float]] = {}
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            try:
                name, first, second, third = line.strip().rsplit(None, 3)
                known[name] = (float(first), float(second), float(third))
                if not all(map(math.isfinite, known[name])):
                    raise ValueError("a number is not finite")
            except ValueError as error:
                raise PlaceprintError(
                    f"{path}, line {number}: {error}", "A line is a name and three numbers"
                ) from error
    return known


def _file(model: Path) -> Path | None:
    for suffix in (".bin", ".txt"):
        if all((model / f"{name}{suffix}").is_file() for name in ("cameras", "images")):
            return model / f"images{suffix}"
    return None


def _binary(path: Path) -> list[Row]:
    size = path.stat().st_size
    with path.open("rb") as file:
        try:
            (count,) = COUNT.unpack(file.read(COUNT.size))
            if count * LEAST > size:
                raise ValueError(f"{count} photos do not fit in {size} bytes")
            rows = [_image(file, size) for _ in range(count)]
            if file.tell() < size:
                raise ValueError(f"{size - file.tell()} bytes follow the last of {count} photos")
        except (ValueError, struct.error) as error:
            raise FormatError(f"{path} is damaged or not a COLMAP file ({error})", AGAIN) from error
    return rows


def _image(file: BinaryIO, size: int) -> Row:
    head = HEAD.unpack(file.read(HEAD.size))
    start = file.read(LONGEST_NAME)
    raw, end, _ = start.partition(b"\0")
    if not end:
        raise ValueError("a name does not end")
    file.seek(len(raw) + 1 - len(start), 1)
    name = raw.decode("utf-8", "surrogateescape")
    (points,) = COUNT.unpack(file.read(COUNT.size))
    if points * POINT > size - file.tell():
        raise ValueError(f"cut short: {points} points of {name!r} are missing")
    file.seek(points * POINT, 1)
    return name, head[1:8]


def _text(path: Path) -> list[Row]:
    """Two lines per photo: the pose, and the points, which may be an empty line."""
    rows: list[Row] = []
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        lines = enumerate(file, start=1)
        for number, line in lines:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            fields = line.strip().split(None, 9)
            try:
                if len(fields) != 10:
                    raise ValueError(f"{len(fields)} fields instead of 10")
                rows.append((fields[9], tuple(float(field) for field in fields[1:8])))
            except ValueError as error:
                raise FormatError(f"{path}, line {number}: {error}", AGAIN) from error
            next(lines, None)
    return rows
