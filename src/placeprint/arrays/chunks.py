"""Splitting a long range, so that memory stays bounded."""

from collections.abc import Iterator


def chunks(length: int, size: int) -> Iterator[slice]:
    """Slices of at most `size` that cover 0 … `length` − 1 in order; none for length 0."""
    for start in range(0, length, size):
        yield slice(start, min(start + size, length))
