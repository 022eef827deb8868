"""A written segment, opened for reading. Few files stay open: a map may have hundreds of segments."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Int32, Int64
from placeprint.errors import FormatError
from placeprint.features import LocalFeatures
from placeprint.placemap.storage.manifest import RESTORE
from placeprint.placemap.storage.segments import HEADER, folder_name

MAPPED = 8 << 20
"""Vectors of at least so many bytes are memory-mapped, which costs an open file; others are read."""

BLOCK = 16 << 20
"""Bytes read at a time when a segment is copied."""


@dataclass(frozen=True)
class ArrayFile:
    """Where the numbers of a `.npy` file begin, and what they are."""

    path: Path
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Rows start:stop, read from the disk."""
        width = int(np.prod(self.shape[1:]))
        try:
            flat = np.fromfile(
                self.path,
                self.dtype,
                (stop - start) * width,
                offset=self.offset + start * width * self.dtype.itemsize,
            )
            return flat.reshape(stop - start, *self.shape[1:])
        except (OSError, ValueError) as error:
            raise FormatError(f"{self.path} is missing or damaged ({error})", RESTORE) from error


@dataclass(frozen=True)
class Segment:
    """Segment `number` in the folder `parent`; `checksum` is that of its header, from the database."""

    parent: Path
    number: int
    checksum: str

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.parent / folder_name(self.number)

    @cached_property
    def header(self) -> dict[str, Any]:
        """What `segment.json` says. Raises `FormatError` where it is not what was written."""
        path = self.folder / HEADER
        try:
            content = path.read_bytes()
        except OSError as error:
            raise FormatError(f"{path} is missing ({error.strerror})", RESTORE) from error
        if hashlib.sha256(content).hexdigest() != self.checksum:
            raise FormatError(f"{path} is damaged: its checksum differs", RESTORE)
        return dict(json.loads(content))

    @property
    def rows(self) -> int:
        """Photos, removed ones included."""
        return int(self.header["rows"])

    def array(self, name: str) -> ArrayFile:
        """A file of the segment. Raises `FormatError` where it is missing, cut off or damaged."""
        path = self.folder / f"{name}.npy"
        try:
            if path.stat().st_size != self.header["files"][path.name]["bytes"]:
                raise ValueError("it has another size than when it was written")
            with path.open("rb") as file:
                np.lib.format.read_magic(file)
                shape, _, dtype = np.lib.format.read_array_header_1_0(file)
                return ArrayFile(path, dtype, shape, file.tell())
        except (OSError, ValueError, KeyError) as error:
            raise FormatError(f"{path} is missing or damaged ({error})", RESTORE) from error

    @cached_property
    def ids(self) -> Int64:
        """(rows,) of the photos, removed ones included."""
        return self.array("ids").read(0, self.rows)

    @cached_property
    def vectors(self) -> Float32:
        """(rows, dim), memory-mapped where large."""
        file = self.array("vectors")
        if self.header["files"]["vectors.npy"]["bytes"] < MAPPED:
            vectors = file.read(0, self.rows)
            vectors.flags.writeable = False
            return vectors
        return np.memmap(file.path, file.dtype, "r", file.offset, file.shape)

    @cached_property
    def feature_counts(self) -> Int64:
        """(rows,); -1 where a photo's features were not kept."""
        return self.array("feature_counts").read(0, self.rows)

    @cached_property
    def feature_starts(self) -> Int64:
        """(rows + 1,) where each photo's features begin."""
        return np.concatenate([[0], np.cumsum(np.maximum(self.feature_counts, 0))])

    @cached_property
    def thumbnail_starts(self) -> Int64:
        """(rows + 1,) where each thumbnail begins."""
        return np.concatenate([[0], np.cumsum(self.array("thumbnail_lengths").read(0, self.rows))])

    @cached_property
    def sizes(self) -> Int32:
        """(rows, 2) width and height of the images that keypoints refer to."""
        return self.array("sizes").read(0, self.rows)

    @cached_property
    def _feature_files(self) -> tuple[ArrayFile, ArrayFile]:
        return self.array("keypoints"), self.array("descriptors")

    @cached_property
    def _thumbnails(self) -> ArrayFile:
        return self.array("thumbnails")

    def features(self, row: int) -> LocalFeatures | None:
        """The local features of a photo; None where none were kept."""
        if self.feature_counts[row] < 0:
            return None
        start, stop = (int(v) for v in self.feature_starts[row : row + 2])
        points, descriptors = (file.read(start, stop) for file in self._feature_files)
        width, height = (int(v) for v in self.sizes[row])
        return LocalFeatures(
            points[:, :2], points[:, 2], points[:, 3], points[:, 4], descriptors, (width, height)
        )

    def thumbnail(self, row: int) -> bytes:
        """JPEG bytes."""
        start, stop = (int(v) for v in self.thumbnail_starts[row : row + 2])
        return self._thumbnails.read(start, stop).tobytes()

    def blocks(self, name: str, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """Rows start:stop of a file, a few megabytes at a time."""
        file = self.array(name)
        step = max(1, BLOCK // max(1, int(np.prod(file.shape[1:])) * file.dtype.itemsize))
        for at in range(start, stop, step):
            yield file.read(at, min(at + step, stop))

    def problems(self) -> list[str]:
        """What is missing or damaged: every file's checksum is computed anew."""
        try:
            files = self.header["files"]
        except FormatError as error:
            return [error.what]
        found = []
        for name, written in files.items():
            path = self.folder / name
            if not path.is_file():
                found.append(f"{path} is missing")
            elif _sha256(path) != written["sha256"]:
                found.append(f"{path} is damaged: its checksum differs")
        return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
