"""The files of a descriptor cache: generations of vectors, each of which records its progress."""

import re
import shutil
from pathlib import Path

from placeprint.descriptors.resumable_vectors import ResumableVectors

Shape = tuple[int, int]


def generations(folder: Path) -> list[Path]:
    """Oldest first, finished or not."""
    found = folder.glob("generation-*")
    return sorted(path for path in found if re.fullmatch(r"generation-\d{6}", path.name))


def newest_complete(folder: Path, shape: Shape, dtype: str, maker: str | None) -> ResumableVectors | None:
    """The newest one by `maker`, if that is given. Raises FormatError for a damaged one."""
    for generation in reversed(generations(folder)):
        found = ResumableVectors.find(generation, shape, dtype)
        if found is not None and found.complete and maker in (None, found.maker):
            return found
    return None


def begin(folder: Path, shape: Shape, dtype: str, maker: str, keep: Path | None) -> ResumableVectors:
    """The generation to fill: an interrupted one of this maker, or a new one; only `keep` stays besides."""
    number, begun = 0, None
    for generation in generations(folder):
        number = int(generation.name[-6:])
        found = ResumableVectors.find(generation, shape, dtype)
        if generation == keep:
            continue
        if found is not None and found.maker == maker:
            begun = found
        else:
            shutil.rmtree(generation, ignore_errors=True)
    return begun or ResumableVectors.begin(folder / f"generation-{number + 1:06}", shape, dtype, maker)
