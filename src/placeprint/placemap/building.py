"""From photos to what a map stores about them: the columns of its recipe, thumbnail, checksum.

Each worker processes a photo completely, so no core waits for a batch to be complete.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from placeprint.arrays import Pixels
from placeprint.errors import PhotoError
from placeprint.parallel import bounded_map, cores
from placeprint.photos import PhotoRecord, load
from placeprint.placemap.query import SPHERE
from placeprint.placemap.storage.snapshot import Batch, Entry
from placeprint.representations import Blob, Column, Recipe

LONGEST = 320
"""Longest side of a thumbnail in pixels: enough to recognize a façade, about 15 kB."""

STORED_AT_ONCE = 32
"""Photos in one acknowledged write: the most a kill can lose."""


@dataclass(frozen=True)
class Thumbnails:
    """The column "thumbnail": a small JPEG of the working image."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """See `Extractor.columns`."""
        return (Column("thumbnail", Blob()),)

    def extract(self, image: Pixels) -> Mapping[str, Any]:
        """See `Extractor.extract`."""
        return {"thumbnail": thumbnail(image)}

    def to_dict(self) -> dict[str, Any]:
        """See `Extractor.to_dict`."""
        return {"longest": LONGEST}


@dataclass(frozen=True)
class Prepared:
    """One photo, read once."""

    record: PhotoRecord
    columns: Mapping[str, Any]
    sha256: str
    size: int
    mtime_ns: int
    view: int


def prepare(record: PhotoRecord, recipe: Recipe) -> list[Prepared] | PhotoError:
    """Read a photo once: decode, describe, checksum; one all around (360°) becomes several views. An unusable
    photo is returned as its error, so that one corrupt file costs one photo and not the batch.
    """
    try:
        content = Path(record.path).read_bytes()
        status = Path(record.path).stat()
        described = [
            (number, seen, recipe.extract(image)) for number, seen, image in views_of(content, record)
        ]
    except PhotoError as error:
        return PhotoError(record.path, error.reason, error.mend)
    except (MemoryError, ImportError) as error:  # of a library that is loaded at its first use
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        what = "not enough memory" if isinstance(error, MemoryError) else "a library cannot be loaded"
        reason = f"could not be described: {what} ({said})"
        return PhotoError(record.path, reason, "Free memory, or allow more, and add it again.")
    except OSError as error:
        return PhotoError(record.path, f"cannot be read ({error.strerror})", "Check its permissions.")
    digest = hashlib.sha256(content).hexdigest()
    return [
        Prepared(seen, columns, digest, status.st_size, status.st_mtime_ns, number)
        for number, seen, columns in described
    ]


def views_of(content: bytes, record: PhotoRecord) -> list[tuple[int, PhotoRecord, Pixels]]:
    """(number of the view, record with its heading, picture): number 0 is the whole photo."""
    if record.sphere is None:
        return [(0, record, load(content))]
    from placeprint.photos.sphere import sphere_views

    known = record.sphere.heading is not None
    return [
        (number, replace(record, heading=heading if known else None), view)
        for number, (heading, view) in enumerate(sphere_views(load(content, SPHERE), record.sphere), 1)
    ]


def thumbnail(image: Pixels) -> bytes:
    """A JPEG of the working image with longest side `LONGEST`."""
    from PIL import Image

    picture = Image.fromarray(image)
    picture.thumbnail((LONGEST, LONGEST), reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def describe_batches(
    records: Iterable[PhotoRecord], recipe: Recipe
) -> Iterator[tuple[Batch, list[PhotoError]]]:
    """(what the store takes, photos that failed), batch by batch, in the order of the records."""
    done = bounded_map(lambda record: prepare(record, recipe), records, cores())
    while some := list(islice(done, STORED_AT_ONCE)):
        good = [view for views in some if not isinstance(views, PhotoError) for view in views]
        yield _batch(good, recipe), [p for p in some if isinstance(p, PhotoError)]


def _batch(photos: Sequence[Prepared], recipe: Recipe) -> Batch:
    entries = [Entry.of(p.record, p.size, p.mtime_ns, p.sha256, p.view) for p in photos]
    return Batch(entries, {c.name: [p.columns[c.name] for p in photos] for c in recipe.columns})
