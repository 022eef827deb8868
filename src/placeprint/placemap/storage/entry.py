"""What a map stores about one reference photo, and what a writer passes on: entries and batches."""

import json
import math
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord
from placeprint.placemap.storage.manifest import seal, unseal


@dataclass(frozen=True)
class Entry:
    """One reference photo as stored in the map. `id` is 0 until it is stored.

    `time` is ISO 8601, `size` and `mtime_ns` are the file's, `sha256` is that of its bytes, in hex;
    `magnetic`, `accuracy` and `source` as in `PhotoRecord`. `view`: 0 for a whole photo, 1, 2, ... for the
    views that were cut from one photo all around, which share its path.
    """

    path: str
    lat: float
    lon: float
    altitude: float | None
    heading: float | None
    time: str | None
    panorama: str | None
    size: int
    mtime_ns: int
    sha256: str
    id: int = field(default=0, compare=False)
    magnetic: bool = False
    accuracy: float | None = None
    source: str = ""
    view: int = 0

    @classmethod
    def of(cls, record: PhotoRecord, size: int, mtime_ns: int, sha256: str, view: int = 0) -> Self:
        """From a listed photo with a position, and its file. Raises `ValueError` without one."""
        point = record.point
        if point is None:
            raise ValueError(f"{record.path} has no position")
        time = None if record.time is None else record.time.isoformat()
        return cls(
            str(record.path), point.lat, point.lon, point.altitude, record.heading, time, record.panorama,
            size, mtime_ns, sha256, 0, record.magnetic, record.accuracy, record.source, view,
        )  # fmt: skip

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Self:
        """From the values of `COLUMNS` and, where the map has it, the text of `details`."""
        magnetic, accuracy, source = _details(*row[len(COLUMNS) :])
        path, _, view = decode_path(row[0]).partition("\0")
        said = dict(zip(COLUMNS, row, strict=False)) | {"path": path}
        return cls(**said, magnetic=magnetic, accuracy=accuracy, source=source, view=int(view or 0))

    @classmethod
    def checked(cls, row: Sequence[Any]) -> Self:
        """From the values of `COLUMNS`, their checksum and, where the map has it, the text of `details`.

        Raises `ValueError` if they are not what was written, or no photo with a position.
        """
        last = len(COLUMNS)
        if row_checksum(row[:last]) != row[last]:
            raise ValueError("the checksum of a photo differs")
        entry = cls.from_row((*row[:last], *row[last + 1 :]))
        entry._check()
        return entry

    def _check(self) -> None:
        optional = (self.altitude, self.heading, self.accuracy)
        texts = (self.time, self.panorama)
        sound = (
            _number(self.lat) and abs(self.lat) <= 90.0
            and _number(self.lon) and abs(self.lon) <= 180.0
            and all(value is None or _number(value) for value in optional)
            and all(value is None or isinstance(value, str) for value in texts)
            and isinstance(self.path, str) and isinstance(self.sha256, str)
            and all(type(value) is int for value in (self.size, self.mtime_ns, self.id))
        )  # fmt: skip
        if not sound:
            raise ValueError("the values of a photo are none of a photo with a position")
        if self.time is not None:
            datetime.fromisoformat(self.time)

    def to_row(self, number: int) -> tuple[Any, ...]:
        """The values of `COLUMNS` under the id `number`, then their checksum."""
        values = [self.key, *(getattr(self, name) for name in COLUMNS[1:-1]), number]
        return (*values, row_checksum(values))

    @property
    def key(self) -> str | bytes:
        """What tells it from all others: the path, with the view behind a NUL, which no path has."""
        return encode_path(f"{self.path}\0{self.view}" if self.view else self.path)

    @property
    def details(self) -> str | None:
        """What `COLUMNS` do not hold, sealed; None if it is nothing. Maps of the first releases lack it."""
        said = {name: getattr(self, name) for name in DETAILS if getattr(self, name) not in (None, False, "")}
        return seal(said) if said else None

    @property
    def record(self) -> PhotoRecord:
        """As a listed photo."""
        time = None if self.time is None else datetime.fromisoformat(self.time)
        point = GeoPoint(self.lat, self.lon, self.altitude)
        return PhotoRecord(
            Path(self.path), point, self.heading, time, self.panorama,
            self.magnetic, self.accuracy, self.source,
        )  # fmt: skip


DETAILS = ("magnetic", "accuracy", "source")
COLUMNS = tuple(f.name for f in fields(Entry) if f.name not in (*DETAILS, "view"))


@lru_cache(maxsize=4096)
def _details(text: str | None = None) -> tuple[bool, float | None, str]:
    """The values of `DETAILS`. Raises ValueError if the text is damaged."""
    if text is None:
        return False, None, ""
    said = unseal(text)
    if said is None:
        raise ValueError("the details of a photo are damaged: their checksum differs")
    return bool(said.get("magnetic", False)), said.get("accuracy"), str(said.get("source", ""))


@dataclass(frozen=True, eq=False)
class Batch:
    """Photos to store: entries and, for each column by name, a value for each photo (None if it has none).

    Raises `ValueError` if they do not belong together.
    """

    entries: Sequence[Entry]
    columns: Mapping[str, Sequence[Any]]

    def __post_init__(self) -> None:
        n = len(self.entries)
        wrong = {name: len(values) for name, values in self.columns.items() if len(values) != n}
        if wrong:
            raise ValueError(f"{n} entries and columns of other lengths {wrong} do not belong together")
        if len({e.key for e in self.entries}) != n:
            raise ValueError("a path is in the batch twice")

    def select(self, rows: Sequence[int]) -> "Batch":
        """Some of the photos."""
        columns = {name: [values[i] for i in rows] for name, values in self.columns.items()}
        return Batch([self.entries[i] for i in rows], columns)


def row_checksum(values: Sequence[Any]) -> int:
    """CRC-32 of a database row: SQLite itself does not notice a flipped bit inside a value."""
    plain = [value.hex() if isinstance(value, bytes) else value for value in values]
    return zlib.crc32(json.dumps(plain).encode())


def _number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def encode_path(path: str) -> str | bytes:
    """As text, or as bytes if a file name is not valid Unicode."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def decode_path(stored: str | bytes) -> str:
    """The inverse of `encode_path`."""
    return os.fsdecode(stored) if isinstance(stored, bytes) else stored
