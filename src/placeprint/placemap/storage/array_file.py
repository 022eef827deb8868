"""Arrays in a segment's `.npy` files, read with a checksum for each block of bytes.

What is read is verified, whatever its size, and what is not read costs nothing. Segments of the first
releases have one checksum a file: such a file is verified whole before anything in it is believed.
"""

import hashlib
import io
import math
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHECKED = 16 << 10
"""Bytes of a block: the largest for which a flipped bit costs few photos, and reading one photo little more
than its own bytes."""

_HEADER_MOST = 4096
_CRC = 8  # hexadecimal digits


@dataclass(frozen=True)
class ArrayFile:
    """Where the numbers of a `.npy` file begin, and their type and shape; `crc32` of its blocks, if known."""

    path: Path
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int
    crc32: str = ""

    @property
    def width(self) -> int:
        """Bytes of a row."""
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Rows start:stop, from the disk. Raises `ValueError` if their bytes are not those written, or if
        the file has no such rows; `OSError`.
        """
        if not 0 <= start <= stop <= self.shape[0]:
            raise ValueError(f"it has no rows {start} to {stop}")
        first, last = self.offset + start * self.width, self.offset + stop * self.width
        content = self._bytes(first, last)
        return np.frombuffer(content, self.dtype).reshape(stop - start, *self.shape[1:])

    def _bytes(self, first: int, last: int) -> bytearray:
        if not self.crc32 or first == last:
            return _read(self.path, first, last - first)
        begin = first - first % CHECKED
        content = _read(self.path, begin, -(-last // CHECKED) * CHECKED - begin, exactly=False)
        for at in range(0, len(content), CHECKED):
            if not self._sound(begin + at, memoryview(content)[at : at + CHECKED]):
                raise ValueError("its checksum differs")
        if len(content) < last - begin:
            raise ValueError("it is cut off")
        return content[first - begin : last - begin]

    def bad_rows(self) -> frozenset[int]:
        """The rows that lie in a damaged block. Reads every byte."""
        found: set[int] = set()
        for start, block in _blocks(self.path):
            if not self._sound(start, block):
                stop = start + CHECKED - self.offset
                start = max(0, start - self.offset)
                width = max(1, self.width)
                found.update(range(start // width, min(-(-stop // width), self.shape[0])))
        return frozenset(found)

    def _sound(self, start: int, block: memoryview | bytes) -> bool:
        at = start // CHECKED * _CRC
        return self.crc32[at : at + _CRC] == f"{zlib.crc32(block):08x}"


class Digest:
    """The checksums of a file that is written piece by piece: SHA-256, and CRC-32 of each block."""

    def __init__(self) -> None:
        self._sha256, self._crc, self._size = hashlib.sha256(), 0, 0
        self._blocks: list[str] = []

    def update(self, content: bytes | memoryview) -> None:
        """The next bytes."""
        self._sha256.update(content)
        rest = memoryview(content)
        while len(rest):
            some = rest[: CHECKED - self._size % CHECKED]
            self._crc = zlib.crc32(some, self._crc)
            self._size += len(some)
            rest = rest[len(some) :]
            if self._size % CHECKED == 0:
                self._close_block()

    def _close_block(self) -> None:
        self._blocks.append(f"{self._crc:08x}")
        self._crc = 0

    def facts(self) -> dict[str, Any]:
        """What a segment's header keeps of the file."""
        if self._size % CHECKED:
            self._close_block()
        return {"bytes": self._size, "sha256": self._sha256.hexdigest(), "crc32": "".join(self._blocks)}


def read_header(path: Path) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Type, shape and offset of a `.npy` file. Raises `ValueError` if the file does not hold just that."""
    head = bytes(_read(path, 0, _HEADER_MOST, exactly=False))
    try:
        file = io.BytesIO(head)
        np.lib.format.read_magic(file)
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=_HEADER_MOST)
    except Exception as error:  # NumPy hands the header to Python's tokenizer and parser
        raise ValueError(f"its header is none of an array ({type(error).__name__})") from error
    if dtype.hasobject or fortran or any(side < 0 for side in shape):
        raise ValueError("its header is none of an array of numbers")
    if file.tell() + math.prod(shape) * dtype.itemsize != path.stat().st_size:
        raise ValueError("its size is not that of its array")
    return dtype, shape, file.tell()


def sha256_of(path: Path) -> str:
    """Of a whole file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path, start: int, size: int, exactly: bool = True) -> bytearray:
    with path.open("rb", buffering=0) as file:
        size = min(size, max(0, os.fstat(file.fileno()).st_size - start)) if not exactly else size
        if exactly and os.fstat(file.fileno()).st_size < start + size:
            raise ValueError("it is cut off")
        file.seek(start)
        content = bytearray(size)
        rest = memoryview(content)
        while len(rest):
            count = file.readinto(rest)
            if not count:
                raise ValueError("it is cut off")
            rest = rest[count:]
        return content


def _blocks(path: Path) -> Iterator[tuple[int, memoryview]]:
    start = 0
    with path.open("rb") as file:
        while some := file.read(256 * CHECKED):
            for at in range(0, len(some), CHECKED):
                yield start + at, memoryview(some)[at : at + CHECKED]
            start += len(some)
