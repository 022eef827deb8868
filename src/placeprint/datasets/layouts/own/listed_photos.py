"""Where the photos named in a list are on disk: in which folder, and with which extension."""

from collections.abc import Sequence
from pathlib import Path

from placeprint.photos.walk import EXTENSIONS


def listing(folder: Path) -> list[str]:
    """Names in a folder, sorted; empty if it cannot be read."""
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []


def holding(folders: Sequence[Path], names: Sequence[str]) -> Path:
    """The first folder that contains a listed path, its extension aside; else the first folder."""
    wanted = {_bare(name.partition("/")[0]) for name in names}
    for folder in folders:
        if not wanted.isdisjoint(map(_bare, listing(folder))):
            return folder
    return folders[0]


def present(root: Path, names: Sequence[str]) -> list[Path]:
    """The listed files below `root`; if one is missing but a photo of the same name with another extension is
    there, that photo. Each folder is listed once; missing files keep their listed name.
    """
    seen: dict[str, tuple[set[str], dict[str, str]]] = {}
    paths = []
    for name in names:
        parent, _, file = name.rpartition("/")
        if parent not in seen:
            photos = [entry for entry in listing(root / parent) if Path(entry).suffix.lower() in EXTENSIONS]
            seen[parent] = set(photos), {_bare(photo): photo for photo in reversed(photos)}
        there, twins = seen[parent]
        paths.append(root / parent / (file if file in there else twins.get(_bare(file), file)))
    return paths


def _bare(name: str) -> str:
    return name.rpartition(".")[0] or name
