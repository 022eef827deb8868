"""Photos to what a map stores of them: vector, local features, thumbnail, checksum.

Each worker takes a photo all the way: no core waits for a batch to be complete.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from placeprint.arrays import Float32, UInt8
from placeprint.descriptors import Descriptor
from placeprint.errors import PhotoError
from placeprint.features import LocalFeatures
from placeprint.parallel import bounded_map, cores
from placeprint.photos import PhotoRecord, load
from placeprint.placemap.storage.snapshot import Batch, Entry
from placeprint.placemap.stored_features import StoredFeatures

THUMBNAIL = 320
"""Longest side of a thumbnail in pixels: enough to recognize a façade, about 15 kB."""

STORED_AT_ONCE = 32
"""Photos in one acknowledged write: what a kill costs at most."""


@dataclass(frozen=True)
class Prepared:
    """One photo, read once."""

    record: PhotoRecord
    vector: Float32
    features: LocalFeatures | None
    thumbnail: bytes
    sha256: str
    size: int
    mtime_ns: int


def prepare(
    record: PhotoRecord, descriptor: Descriptor, local_features: StoredFeatures | None
) -> Prepared | PhotoError:
    """Read a photo once: decode, describe, checksum, local features, thumbnail. An unusable photo is
    returned as its error, so that one corrupt file costs one photo and not the batch."""
    try:
        content = Path(record.path).read_bytes()
        status = Path(record.path).stat()
        image = load(content)
    except PhotoError as error:
        return PhotoError(record.path, error.reason, error.mend)
    except OSError as error:
        return PhotoError(record.path, f"cannot be read ({error.strerror})", "Check its permissions.")
    return Prepared(
        record,
        descriptor.describe([image])[0],
        None if local_features is None else local_features.of(image),
        thumbnail(image),
        hashlib.sha256(content).hexdigest(),
        status.st_size,
        status.st_mtime_ns,
    )


def thumbnail(image: UInt8) -> bytes:
    """A JPEG of the working image, longest side `THUMBNAIL`."""
    from PIL import Image

    picture = Image.fromarray(image)
    picture.thumbnail((THUMBNAIL, THUMBNAIL), reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def describe_batches(
    records: Iterable[PhotoRecord], descriptor: Descriptor, local_features: StoredFeatures | None
) -> Iterator[tuple[Batch, list[PhotoError]]]:
    """(what the store takes, photos that failed), batch by batch, in the order of the records."""
    done = bounded_map(lambda record: prepare(record, descriptor, local_features), records, cores())
    while some := list(islice(done, STORED_AT_ONCE)):
        good = [p for p in some if isinstance(p, Prepared)]
        yield _batch(good, descriptor.dim), [p for p in some if isinstance(p, PhotoError)]


def _batch(photos: Sequence[Prepared], dim: int) -> Batch:
    return Batch(
        [Entry.of(p.record, p.size, p.mtime_ns, p.sha256) for p in photos],
        np.array([p.vector for p in photos], np.float32).reshape(-1, dim),
        [p.features for p in photos],
        [p.thumbnail for p in photos],
    )
