"""One folder a segment: what a batch of photos adds to a map, never changed once written.

A segment is written under a temporary name, every file flushed to the disk, and then renamed: it is
there as a whole or not at all. `segment.json` holds the size and the checksum of each file, and the
database the checksum of `segment.json`.

Files, for r photos: `ids` (r,), `vectors` (r, dim); `feature_counts` (r,), -1 where none were kept,
`sizes` (r, 2) of the images, `keypoints` (m, 5: x, y, scale, angle, score) and `descriptors` (m, d) of
all photos one after another; `thumbnail_lengths` (r,) and `thumbnails`, their bytes likewise.
"""

import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from placeprint.arrays import Float32
from placeprint.artifact import sync_folder
from placeprint.features import LocalFeatures
from placeprint.placemap.storage.entry import Batch

TEMPORARY = ".writing-"
HEADER = "segment.json"
FORMAT = "placeprint/segment"
KEYPOINT = 5


@dataclass(frozen=True)
class Stream:
    """An array that comes in parts, so that it need not fit into memory."""

    dtype: DTypeLike
    shape: tuple[int, ...]
    parts: Iterable[NDArray[Any]]


def folder_name(number: int) -> str:
    """The folder of segment `number`."""
    return f"{number:06d}"


def write_segment(folder: Path, streams: Mapping[str, Stream]) -> tuple[str, int]:
    """Write the files of a segment; returns the checksum of its header and its size in bytes."""
    temporary = folder.with_name(TEMPORARY + folder.name)
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
        files = {f"{name}.npy": _write_array(temporary / f"{name}.npy", s) for name, s in streams.items()}
        rows = streams["ids"].shape[0]
        header = json.dumps({"format": FORMAT, "version": 1, "rows": rows, "files": files}).encode()
        with (temporary / HEADER).open("wb") as file:
            file.write(header)
            _flush(file)
        sync_folder(temporary)
        temporary.rename(folder)
        sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return hashlib.sha256(header).hexdigest(), sum(int(f["bytes"]) for f in files.values())


def batch_streams(ids: Sequence[int], batch: Batch) -> dict[str, Stream]:
    """The files of a batch. Raises `ValueError` for features that cannot be stored as they are."""
    found = [f for f in batch.features if f is not None]
    if any(f.affine is not None for f in found):
        raise ValueError("a map does not store affine shapes of local features")
    kinds = {(f.descriptors.dtype, f.descriptors.shape[1]) for f in found}
    if len(kinds) > 1:
        raise ValueError(f"descriptors of several kinds in one batch: {sorted(map(str, kinds))}")
    dtype, length = kinds.pop() if kinds else (np.dtype(np.uint8), 0)
    total = sum(len(f) for f in found)
    thumbnails = [np.frombuffer(t, np.uint8) for t in batch.thumbnails]
    return {
        "ids": whole(np.array(ids, np.int64)),
        "vectors": whole(np.asarray(batch.vectors, np.float32)),
        "feature_counts": whole(np.array([-1 if f is None else len(f) for f in batch.features], np.int64)),
        "sizes": whole(np.array([(0, 0) if f is None else f.size for f in batch.features], np.int32)),
        "keypoints": Stream(np.float32, (total, KEYPOINT), map(_keypoints, found)),
        "descriptors": Stream(dtype, (total, length), (f.descriptors for f in found)),
        "thumbnail_lengths": whole(np.array([len(t) for t in thumbnails], np.int64)),
        "thumbnails": Stream(np.uint8, (sum(map(len, thumbnails)),), thumbnails),
    }


def whole(array: NDArray[Any]) -> Stream:
    """A stream of one part."""
    return Stream(array.dtype, array.shape, [array])


def numbers(parent: Path) -> list[int]:
    """Of the segments whose folders are there, named by a database or not."""
    return [int(p.name) for p in parent.iterdir() if p.name.isdigit()]


def delete_segment(parent: Path, number: int) -> None:
    """Delete a folder; where that fails, a later sweep will."""
    shutil.rmtree(parent / folder_name(number), ignore_errors=True)


def delete_unfinished(parent: Path) -> None:
    """Delete what a killed writer was writing."""
    for folder in parent.glob(f"{TEMPORARY}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _keypoints(features: LocalFeatures) -> Float32:
    return np.column_stack([features.xy, features.scale, features.angle, features.score]).astype(np.float32)


def _write_array(path: Path, stream: Stream) -> dict[str, Any]:
    """Write a `.npy` file part by part; returns its size and checksum."""
    dtype = np.dtype(stream.dtype)
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        fields = {"descr": dtype.str, "fortran_order": False, "shape": stream.shape}
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, fields)
        file.write(header.getvalue())
        digest.update(header.getvalue())
        for part in stream.parts:
            content = np.ascontiguousarray(part, dtype).reshape(-1).view(np.uint8).data
            file.write(content)
            digest.update(content)
            size += len(content)
        if size != int(np.prod(stream.shape)) * dtype.itemsize:
            raise ValueError(f"{path.name}: {size} bytes do not make {stream.shape} of {dtype}")
        _flush(file)
        return {"bytes": file.tell(), "sha256": digest.hexdigest()}


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
