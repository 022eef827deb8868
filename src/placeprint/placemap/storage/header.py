"""`segment.json`: the files of a segment, with their sizes, types, shapes and checksums."""

import hashlib
import math
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from placeprint.artifact import parse_json
from placeprint.errors import FormatError
from placeprint.placemap.storage.array_file import CHECKED
from placeprint.placemap.storage.segments import FORMAT, HEADER, VERSION

Count = Annotated[int, Field(ge=0, lt=1 << 48)]


class FileFacts(BaseModel):
    """One file. `crc32`, `dtype`, `shape`, `offset` are missing in segments of the first releases."""

    model_config = ConfigDict(strict=True, frozen=True)

    bytes: Count
    sha256: str
    crc32: str = ""
    dtype: str = ""
    shape: list[Count] = Field(default=[], max_length=8)
    offset: Count = 0

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.crc32:
            if self.numbers.hasobject or self.numbers.itemsize == 0:
                raise ValueError(f"{self.dtype} is no type of numbers")
            if self.offset + math.prod(self.shape) * self.numbers.itemsize != self.bytes:
                raise ValueError("size and shape do not agree")
            if len(self.crc32) != 8 * -(-self.bytes // CHECKED):
                raise ValueError("not one checksum a block")
        return self

    @property
    def numbers(self) -> np.dtype[Any]:
        """The type of the array. Raises `ValueError`."""
        try:
            return np.dtype(self.dtype)
        except (TypeError, SyntaxError) as error:
            raise ValueError(f"{self.dtype!r} is no type of numbers") from error


class SegmentHeader(BaseModel):
    """The whole file."""

    model_config = ConfigDict(strict=True, frozen=True)

    format: str = FORMAT
    version: Annotated[int, Field(ge=1)]
    rows: Count
    files: dict[str, FileFacts]


def read_segment_header(folder: Path, checksum: str) -> SegmentHeader:
    """Raises `FormatError` if it is not what was written, or written by a newer placeprint."""
    path = folder / HEADER
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path} is missing ({error.strerror})") from error
    if hashlib.sha256(content).hexdigest() != checksum:
        raise FormatError(f"{path} is damaged: its checksum differs")
    said = parse_json(content, path)
    version = said.get("version")
    if type(version) is int and version > VERSION:
        raise FormatError(f"{path} has layout version {version}", "Upgrade placeprint.")
    try:
        header = SegmentHeader.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise FormatError(f"{path} is damaged: {where}: {first['msg']}") from error
    if header.format != FORMAT:
        raise FormatError(f"{path} is of a {header.format}, not of a {FORMAT}")
    return header
