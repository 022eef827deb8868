"""Which photos something was learned from, so that nobody unknowingly evaluates it on them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from placeprint.descriptors.descriptor import Photo
from placeprint.errors import PhotoError
from placeprint.parallel import bounded_map, cores

KEY = "learnt_from"


def photo_digest(photo: Photo) -> str:
    """10 hex digits of the SHA-256 of a file's bytes, or of an array's type, shape and bytes.

    A copy under another name has the same digest, a resized or re-encoded photo a different one. Among 10,000
    photos and 10,000 others, two agree by chance with probability 1e-4. Raises `PhotoError`.
    """
    if isinstance(photo, np.ndarray):
        digest = hashlib.sha256(f"{photo.dtype.str}{photo.shape}".encode())
        digest.update(np.ascontiguousarray(photo).data)
        return digest.hexdigest()[:10]
    try:
        with Path(photo).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:10]
    except OSError as error:
        raise PhotoError(photo, error.strerror or str(error), "Check the path.") from error


def learnt_from(photos: Iterable[Photo]) -> list[str]:
    """The digests of the photos, sorted, without duplicates; unreadable files are skipped."""
    return sorted({digest for digest in _digests(photos) if digest is not None})


def with_learnt_from(provenance: Mapping[str, Any], photos: Iterable[Photo]) -> dict[str, Any]:
    """`provenance` with the digests of the photos under "learnt_from"."""
    return dict(provenance) | {KEY: learnt_from(photos)}


def overlap(provenance: Mapping[str, Any], photos: Iterable[Photo]) -> int:
    """How many of `photos` are among those of `provenance`; also 0 if it names none.

    Reads every file, or none if `provenance` names none.
    """
    learned = set(provenance.get(KEY, ()))
    return sum(digest in learned for digest in _digests(photos)) if learned else 0


def _digests(photos: Iterable[Photo]) -> Iterator[str | None]:
    return bounded_map(_digest_or_none, photos, cores())


def _digest_or_none(photo: Photo) -> str | None:
    try:
        return photo_digest(photo)
    except PhotoError:
        return None
