"""COLMAP models written by hand, byte for byte, with cameras at known places."""

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from placeprint.arrays import Float64

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
