"""Joining segments: which ones, so that photos are rarely rewritten, and how, with little memory."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int64
from placeprint.errors import FormatError
from placeprint.placemap.storage.faults import MEND
from placeprint.placemap.storage.records import SegmentRow
from placeprint.placemap.storage.segment import Segment
from placeprint.placemap.storage.segments import Stream, whole
from placeprint.representations import Column

FULL = 1 << 30
"""Size in bytes above which a segment is not joined with others."""


def to_join(segments: Sequence[tuple[SegmentRow, int]]) -> list[SegmentRow]:
    """The segments to rewrite as one, from (segment, number of its photos still in the map).

    The newest ones as long as the next older one has at most twice their bytes, so that a photo is rewritten
    a logarithmic number of times however it was added; and those of which most was removed.
    """
    joined: list[SegmentRow] = []
    size = 0.0
    older = sorted(segments, key=lambda s: s[0].number)
    while older:
        row, live = older[-1]
        more = row.bytes * live / row.rows
        if joined and (more > 2 * size or more + size > FULL):
            break
        older.pop()
        joined.append(row)
        size += more
    thinned = [(row, live) for row, live in segments if live < row.rows / 2]
    for row, live in thinned:
        more = row.bytes * live / row.rows
        if row not in joined and more + size <= FULL:
            joined.append(row)
            size += more
    if len(joined) < 2 and not any(row in joined for row, _ in thinned):
        return []
    return sorted(joined, key=lambda row: row.number)


def joined_streams(
    segments: Sequence[Segment], rows: Sequence[Int64], columns: Sequence[Column]
) -> dict[str, Stream]:
    """The files of one segment with `rows` (ascending) from each of `segments`.

    Raises `FormatError` if a source is damaged: a new checksum must not bless old damage.
    """
    for segment in segments:
        for problem in segment.problems():
            raise FormatError(problem, MEND)
    pairs = list(zip(segments, rows, strict=True))
    streams = {"ids": whole(np.concatenate([s.ids[r] for s, r in pairs]))}
    for column in columns:
        if column.ragged:
            counts = np.concatenate([s.counts(column.name)[r] for s, r in pairs])
            streams[f"{column.name}.counts"] = whole(counts)
        for name, spec in column.kind.arrays.items():
            total = int(np.maximum(counts, 0).sum()) if spec.ragged else sum(map(len, rows))
            streams[f"{column.name}.{name}"] = _joined(segments, rows, column.name, name, spec.ragged, total)
    return streams


def _joined(
    segments: Sequence[Segment], rows: Sequence[Int64], column: str, array: str, ragged: bool, total: int
) -> Stream:
    files = [s.array(s.name_of(column, array)) for s in segments]
    kinds = {(f.dtype, f.shape[1:]) for f in files if f.shape[0]}
    kinds = kinds or {(files[0].dtype, files[0].shape[1:])}
    if len(kinds) > 1:
        raise ValueError(f"segments have {column} of several kinds: {sorted(map(str, kinds))}")
    dtype, shape = kinds.pop()
    starts = [s.starts(column) if ragged else np.arange(s.rows + 1) for s in segments]
    names = [s.name_of(column, array) for s in segments]
    return Stream(dtype, (total, *shape), _parts(segments, rows, names, starts))


def _parts(
    segments: Sequence[Segment], rows: Sequence[Int64], names: Sequence[str], starts: Sequence[Int64]
) -> Iterator[NDArray[Any]]:
    for segment, kept, name, at in zip(segments, rows, names, starts, strict=True):
        for first, last in _runs(kept):
            yield from segment.blocks(name, int(at[first]), int(at[last]))


def _runs(rows: Int64) -> Iterator[tuple[int, int]]:
    """Unbroken stretches start:stop of ascending rows: one copy each."""
    if not len(rows):
        return
    breaks = [0, *(np.flatnonzero(np.diff(rows) > 1) + 1), len(rows)]
    for start, stop in pairwise(breaks):
        yield int(rows[start]), int(rows[stop - 1]) + 1
