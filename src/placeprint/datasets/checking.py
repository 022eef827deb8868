"""`check`: what a folder contains, what it lacks, and where to get the original."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from placeprint.datasets.layout import Layout
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.progress import track

SHOWN = 5
"""How many missing photos are listed by name."""


@dataclass(frozen=True)
class SplitCheck:
    """One split: counts (`published`: by the authors), missing photos, and the reader's notes."""

    split: str
    database: int = 0
    queries: int = 0
    published: tuple[int, int] | None = None
    missing: int = 0
    missing_examples: Sequence[str] = ()
    notes: Sequence[str] = ()
    fingerprint: str = ""
    error: str | None = None

    @property
    def sound(self) -> bool:
        """Whether it is readable, complete, and as large as published."""
        same = self.published in (None, (self.database, self.queries))
        return self.error is None and not self.missing and same


@dataclass(frozen=True)
class DatasetCheck:
    """`checksums`: {file: "right" | "wrong" | "missing"} for the files whose checksum is known."""

    folder: Path
    layout: Layout
    splits: Sequence[SplitCheck]
    checksums: dict[str, str] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether every split is sound and no file has a wrong checksum."""
        return all(split.sound for split in self.splits) and "wrong" not in self.checksums.values()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "folder": str(self.folder),
            "layout": self.layout.name,
            "title": self.layout.title,
            "origin": self.layout.origin,
            "sound": self.sound,
            "checksums": self.checksums,
            "splits": [
                {
                    "split": s.split,
                    "database": s.database,
                    "queries": s.queries,
                    "published": list(s.published) if s.published else None,
                    "missing": s.missing,
                    "missing_examples": list(s.missing_examples),
                    "notes": list(s.notes),
                    "fingerprint": s.fingerprint,
                    "error": s.error,
                    "sound": s.sound,
                }
                for s in self.splits
            ],
        }


def check_layout(folder: Path, layout: Layout, quiet: bool = False) -> DatasetCheck:
    """Read every split, look for each photo, and compare with the published numbers."""
    names = layout.splits(folder)
    splits = [
        _check_split(folder, layout, split) for split in track(names, "Checking", len(names), "splits", quiet)
    ]
    return DatasetCheck(folder, layout, splits, _checksums(folder, layout))


def _check_split(folder: Path, layout: Layout, split: str) -> SplitCheck:
    try:
        dataset = layout.read(folder, split)
    except PlaceprintError as error:
        return SplitCheck(split, error=str(error))
    missing = _missing(dataset)
    return SplitCheck(
        split,
        len(dataset.database),
        len(dataset.queries),
        layout.published.get(split),
        len(missing),
        missing[:SHOWN],
        tuple(dataset.notes),
        dataset.fingerprint,
    )


def _missing(dataset: PlaceDataset) -> list[str]:
    """Photos that are not on disk; each folder is listed once."""
    seen: dict[Path, set[str]] = {}
    missing = []
    for photo in {photo.path: None for photo in (*dataset.database, *dataset.queries)}:
        folder = photo.parent
        if folder not in seen:
            seen[folder] = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
        if photo.name not in seen[folder]:
            missing.append(str(photo))
    return missing


def _checksums(folder: Path, layout: Layout) -> dict[str, str]:
    found = {}
    for name, expected in layout.checksums.items():
        path = folder / name
        if not path.is_file():
            found[name] = "missing"
            continue
        kind, _, digest = expected.partition(":")
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, kind).hexdigest()
        found[name] = "right" if actual == digest else "wrong"
    return found
