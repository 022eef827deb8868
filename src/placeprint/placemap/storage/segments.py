"""One folder per segment: what a batch of photos adds to a map, never changed once written.

A segment is written under a temporary name, every file is flushed to disk, and then it is renamed: it is
there completely or not at all. `segment.json` has the size, type, shape and checksums of each file, and the
database has the checksum of `segment.json`.

Files: `ids` (r,) of r photos, and the arrays of each column (`representations.Column`), `COLUMN.ARRAY`. A
ragged array has the rows of all photos one after another; `COLUMN.counts` (r,) then says how many rows each
photo has, -1 if it has no value. In version 1 the columns were vector, local and thumbnail under other
names (`VERSION_1`).
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

from placeprint.artifact import sync_folder
from placeprint.placemap.storage.array_file import Digest
from placeprint.placemap.storage.entry import Batch
from placeprint.representations import ArraySpec, Column

TEMPORARY = ".writing-"
HEADER = "segment.json"
FORMAT = "placeprint/segment"
VERSION = 2

VERSION_1 = {
    "vector.values": "vectors",
    "local.counts": "feature_counts",
    "local.size": "sizes",
    "local.keypoints": "keypoints",
    "local.descriptors": "descriptors",
    "thumbnail.counts": "thumbnail_lengths",
    "thumbnail.content": "thumbnails",
}
"""File names in segments of version 1."""


@dataclass(frozen=True)
class Stream:
    """An array that arrives in parts, so that it need not fit in memory."""

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
        header = json.dumps({"format": FORMAT, "version": VERSION, "rows": rows, "files": files}).encode()
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


def batch_streams(ids: Sequence[int], batch: Batch, columns: Sequence[Column]) -> dict[str, Stream]:
    """The files of a batch. Raises `ValueError` for values that do not suit their columns."""
    streams = {"ids": whole(np.array(ids, np.int64))}
    if set(batch.columns) != {column.name for column in columns}:
        raise ValueError(f"columns {sorted(batch.columns)} are not those of the map")
    for column in columns:
        values = batch.columns[column.name]
        parts = [None if value is None else column.kind.pack(value) for value in values]
        if any(part is None for part in parts) and not column.ragged:
            raise ValueError(f"a photo has no {column.name}")
        for name, spec in column.kind.arrays.items():
            arrays = [None if part is None else part[name] for part in parts]
            streams[f"{column.name}.{name}"] = _stream(column.name, spec, arrays)
        if column.ragged:
            ragged = next(name for name, spec in column.kind.arrays.items() if spec.ragged)
            counts = [-1 if part is None else len(part[ragged]) for part in parts]
            streams[f"{column.name}.counts"] = whole(np.array(counts, np.int64))
    return streams


def _stream(column: str, spec: ArraySpec, arrays: Sequence[NDArray[Any] | None]) -> Stream:
    """The parts of one array of all photos; a fixed-size one has zeros for a photo without a value."""
    there = [array for array in arrays if array is not None]
    rows = [array if spec.ragged else array[None] for array in there]
    kinds = {(array.dtype, array.shape[1:]) for array in rows}
    if len(kinds) > 1:
        raise ValueError(f"{column} of several kinds in one batch: {sorted(map(str, kinds))}")
    dtype, shape = kinds.pop() if kinds else (np.dtype(np.uint8), (0,))
    dtype = np.dtype(spec.dtype) if spec.dtype is not None else dtype
    shape = spec.shape if spec.shape is not None else shape
    if spec.ragged:
        return Stream(dtype, (sum(map(len, rows)), *shape), rows)
    nothing = np.zeros((1, *shape), dtype)
    parts = [nothing if array is None else np.asarray(array)[None] for array in arrays]
    return Stream(dtype, (len(parts), *shape), parts)


def whole(array: NDArray[Any]) -> Stream:
    """A stream with a single part."""
    return Stream(array.dtype, array.shape, [array])


def numbers(parent: Path) -> list[int]:
    """The segments whose folders exist, registered in a database or not."""
    return [int(p.name) for p in parent.iterdir() if p.name.isdigit()]


def delete_segment(parent: Path, number: int) -> None:
    """Delete a folder; if that fails, a later sweep will."""
    shutil.rmtree(parent / folder_name(number), ignore_errors=True)


def delete_unfinished(parent: Path) -> None:
    """Delete what a killed writer was writing."""
    for folder in parent.glob(f"{TEMPORARY}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _write_array(path: Path, stream: Stream) -> dict[str, Any]:
    """Write a `.npy` file part by part; returns its size, checksums, type and shape."""
    dtype = np.dtype(stream.dtype)
    digest, size = Digest(), 0
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
        offset = len(header.getvalue())
    return digest.facts() | {"dtype": dtype.str, "shape": list(stream.shape), "offset": offset}


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
