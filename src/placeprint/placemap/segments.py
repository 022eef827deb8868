"""One folder a segment: what a batch of photos adds to a map, never changed once written.

A segment is written under a temporary name, every file flushed to the disk, and then renamed: it is
there as a whole or not at all. `segment.json` holds the checksum of each file.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.artifact import sync_folder
from placeprint.errors import FormatError
from placeprint.features import LocalFeatures

TEMPORARY = ".writing-"
DESCRIPTOR_LENGTH = 128


def write_segment(
    folder: Path,
    vectors: NDArray[np.float32],
    features: Sequence[LocalFeatures | None],
    thumbnails: Sequence[bytes],
) -> None:
    """Write a segment of n photos: vectors (n, dim), and for each its features and its thumbnail."""
    temporary = folder.with_name(TEMPORARY + folder.name)
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
        found = [f for f in features if f is not None]
        keypoints = [np.column_stack([f.xy, f.scale, f.angle]) for f in found]
        arrays = {
            "vectors": np.ascontiguousarray(vectors, np.float32),
            "keypoints": np.concatenate([np.zeros((0, 4), np.float32), *keypoints]).astype(np.float32),
            "descriptors": np.concatenate(
                [np.zeros((0, DESCRIPTOR_LENGTH), np.uint8), *(f.descriptors for f in found)]
            ),
            "feature_counts": np.array([-1 if f is None else len(f) for f in features], np.int64),
            "sizes": np.array([(0, 0) if f is None else f.size for f in features], np.int32).reshape(-1, 2),
            "thumbnails": np.frombuffer(b"".join(thumbnails), np.uint8),
            "thumbnail_lengths": np.array([len(t) for t in thumbnails], np.int64),
        }
        checksums = {}
        for name, array in arrays.items():
            with (temporary / f"{name}.npy").open("wb") as file:
                np.save(file, array)
                file.flush()
                os.fsync(file.fileno())
            checksums[f"{name}.npy"] = _sha256(temporary / f"{name}.npy")
        header = {"format": "placeprint/segment", "version": 1, "rows": len(vectors), "sha256": checksums}
        with (temporary / "segment.json").open("w") as file:
            json.dump(header, file)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(temporary)
        temporary.rename(folder)
        sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


class Segment:
    """A segment opened for reading; every array is memory-mapped at once, so that a writer may delete
    the folder while a reader goes on. Raises `FormatError` where a file is missing or damaged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vectors: NDArray[np.float32] = self._array("vectors")
        self._keypoints = self._array("keypoints")
        self._descriptors = self._array("descriptors")
        self._counts = self._array("feature_counts")
        self._ends = np.cumsum(np.maximum(self._counts, 0))
        self._sizes = self._array("sizes")
        self._thumbnails = self._array("thumbnails")
        self._thumbnail_ends = np.cumsum(self._array("thumbnail_lengths"))

    def _array(self, name: str) -> NDArray[Any]:
        path = self.folder / f"{name}.npy"
        try:
            array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise FormatError(f"{path} is missing or damaged ({error})", "Build the map anew.") from error
        return array

    def features(self, row: int) -> LocalFeatures | None:
        """The local features of a photo, strongest first; None where none were kept."""
        if self._counts[row] < 0:
            return None
        at = slice(int(self._ends[row] - self._counts[row]), int(self._ends[row]))
        points = np.array(self._keypoints[at])
        # Stored strongest first: the rank stands in for the detector's score.
        score = np.arange(len(points), 0, -1, dtype=np.float32)
        width, height = (int(v) for v in self._sizes[row])
        return LocalFeatures(
            points[:, :2],
            points[:, 2],
            points[:, 3],
            score,
            np.array(self._descriptors[at]),
            (width, height),
        )

    def thumbnail(self, row: int) -> bytes:
        """JPEG bytes."""
        start = int(self._thumbnail_ends[row - 1]) if row else 0
        return bytes(self._thumbnails[start : int(self._thumbnail_ends[row])])


def problems(folder: Path, rows: int) -> list[str]:
    """What is missing or damaged in a segment of so many photos: every checksum is computed anew."""
    try:
        header = json.loads((folder / "segment.json").read_text())
        checksums, stored = header["sha256"], header["rows"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{folder / 'segment.json'} is missing or damaged ({error})"]
    found = [] if stored == rows else [f"{folder} holds {stored} photos, not {rows}"]
    for name, checksum in checksums.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{path} is missing")
        elif _sha256(path) != checksum:
            found.append(f"{path} is damaged: its checksum differs")
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
