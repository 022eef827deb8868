"""Describing many photos: decoded while others are described, stored as they come, resumed after a kill."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import MappingProxyType

import numpy as np

from placeprint.arrays import Float32, UInt8
from placeprint.descriptors.descriptor import Descriptor
from placeprint.descriptors.resumable_vectors import ResumableVectors, filling
from placeprint.errors import PhotoError
from placeprint.parallel import bounded_map, cores
from placeprint.photos import load, resize
from placeprint.progress import meter

BATCH = 16
"""Photos described at a time; as many are decoded ahead: about 80 MB of working images in total."""

KEEP_EVERY = 256
"""Photos between two acknowledged writes: the most work a kill can lose."""

FULL = 16_384
"""Longest side of a photo that is cropped or resized by a rule before the descriptor sees it."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class View:
    """A photo as a descriptor is to see it: cropped to a box in pixels, then resized by a rule."""

    path: Path
    rule: str = "descriptor"
    box: Box | None = None

    def load(self) -> UInt8:
        """Raises PhotoError, also for a box outside the photo."""
        if self.rule == "descriptor" and self.box is None:
            return load(self.path)
        image = load(self.path, longest=FULL)
        if self.box is not None:
            left, top, right, bottom = (round(side) for side in self.box)
            image = image[max(top, 0) : bottom, max(left, 0) : right]
            if not image.size:
                raise PhotoError(self.path, f"its region of interest {self.box} lies outside the photo")
        return image if self.rule == "descriptor" else resize(image, self.rule)


@dataclass(frozen=True)
class Extraction:
    """`vectors` (n, dim), in the order of the photos; the rows of `unreadable` photos (row: reason) are 0."""

    vectors: Float32
    unreadable: Mapping[int, str] = field(default_factory=dict)


def extract(
    views: Sequence[View],
    descriptor: Descriptor,
    store: Path | None = None,
    label: str = "Describing",
    quiet: bool = False,
) -> Extraction:
    """Describe every view; an unreadable photo does not affect the others.

    With a `store` folder, the vectors go to a memory-mapped file there. When restarted with the same photos
    and the same descriptor, the work resumes after the last `KEEP_EVERY` photos that were finished; if it was
    complete, it is just read. Raises LockedError if another process is filling the same folder.
    """
    if store is None:
        vectors = np.zeros((len(views), descriptor.dim), np.float32)
        return Extraction(vectors, _fill(vectors, views, descriptor, label, quiet))
    with filling(store):
        return _extract_to(store, views, descriptor, label, quiet)


def _extract_to(
    store: Path, views: Sequence[View], descriptor: Descriptor, label: str, quiet: bool
) -> Extraction:
    if not len(views):
        return Extraction(np.zeros((0, descriptor.dim), np.float32))
    shape, maker = (len(views), descriptor.dim), f"{descriptor.fingerprint} of {_digest(views)}"
    kept = ResumableVectors.find(store, shape, "float32")
    if kept is None or kept.maker != maker:
        kept = ResumableVectors.begin(store, shape, "float32", maker)
    if not kept.complete:
        vectors = kept.open("r+")

        def keep(count: int, bad: Mapping[int, str]) -> None:
            vectors.flush()
            kept.acknowledge(count, bad)

        _fill(vectors, views, descriptor, label, quiet, kept.done, kept.unreadable, keep)
    return Extraction(kept.open(), kept.unreadable)


def _fill(
    vectors: Float32,
    views: Sequence[View],
    descriptor: Descriptor,
    label: str,
    quiet: bool,
    done: int = 0,
    unreadable: Mapping[int, str] = MappingProxyType({}),
    keep: Callable[[int, Mapping[int, str]], None] | None = None,
) -> dict[int, str]:
    """Write the vectors of the views after the first `done`; {row: reason} of unreadable photos."""
    bad = dict(unreadable)
    images = enumerate(bounded_map(_loaded, views[done:], cores(), ahead=BATCH), done)
    with meter(label, len(views) - done, quiet=quiet) as advance:
        for batch in _batches(images):
            good = [(row, image) for row, image in batch if isinstance(image, np.ndarray)]
            if good:
                vectors[[row for row, _ in good]] = descriptor.describe([image for _, image in good])
            bad |= {row: e.reason for row, e in batch if isinstance(e, PhotoError)}
            done += len(batch)
            if keep is not None and (done % KEEP_EVERY < BATCH or done == len(views)):
                keep(done, bad)
            advance(len(batch))
    return bad


def _batches(
    images: Iterable[tuple[int, UInt8 | PhotoError]],
) -> Iterator[list[tuple[int, UInt8 | PhotoError]]]:
    iterator = iter(images)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _loaded(view: View) -> UInt8 | PhotoError:
    try:
        return view.load()
    except PhotoError as error:
        return error


def _digest(views: Sequence[View]) -> str:
    digest = hashlib.sha256()
    for view in views:
        try:
            status = view.path.stat()
            facts = (status.st_size, status.st_mtime_ns)
        except OSError:
            facts = (-1, -1)
        digest.update(repr((view.path.as_posix(), view.rule, view.box, facts)).encode())
    return digest.hexdigest()
