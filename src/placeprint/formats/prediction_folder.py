"""The folder of predictions written by VPR-methods-evaluation and read by re-rankers."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from placeprint.arrays import Int64
from placeprint.artifact import sync_folder
from placeprint.errors import FormatError, PlaceprintError
from placeprint.formats.photo_names import absolute, check_lines, check_rows, encode, names_below

QUERY, PREDICTIONS, POSITIVES = "Query path:", "Predictions paths:", "Positives paths:"
MEND = f"A file has the parts {QUERY!r} and {PREDICTIONS!r}, each on a line, with paths below"


def read_prediction_folder(folder: str | Path) -> dict[str, list[str]]:
    """For each query its predictions, best first, from the text files of `folder/preds` or of `folder`.

    Raises `FormatError` for a file of another form, `PlaceprintError` for a folder without files and for
    a query that is there twice.
    """
    folder = Path(folder)
    place = folder / "preds" if (folder / "preds").is_dir() else folder
    files = sorted(place.glob("*.txt"))
    if not files:
        raise PlaceprintError(f"{place} has no predictions (*.txt)", "Check the path")
    named: dict[str, list[str]] = {}
    for file in files:
        query, predictions = _read(file)
        if query in named:
            raise PlaceprintError(f"{file}: {query!r} has been predicted before", "Remove one of the files")
        named[query] = predictions
    return named


def write_prediction_folder(
    folder: str | Path,
    queries: Sequence[Path],
    database: Sequence[Path],
    ranked: Sequence[Int64],
    positives: Sequence[Int64] | None = None,
    root: Path | None = None,
) -> None:
    """Write `folder/preds/000.txt`, `001.txt`, ...: one file per query, all of them or none.

    A file has the parts `Query path:`, `Predictions paths:` (best first) and, if `positives` are given,
    `Positives paths:`, with one path per line and an empty line after each part. Paths are relative to
    `root`; without it they are absolute, so that other tools find the photos.

    Raises `PlaceprintError` if `preds` already exists, and for a name with a line break.
    """
    check_rows(ranked, len(queries), len(database))
    check_rows(positives if positives is not None else ranked, len(queries), len(database))
    target = Path(folder) / "preds"
    if target.exists():
        raise PlaceprintError(f"{target} already exists", "Give another folder, or remove it")
    asked, stored = _paths(queries, root), _paths(database, root)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".preds.") as temporary:
        whole = Path(temporary, "preds")
        whole.mkdir()
        for number, (query, rows) in enumerate(zip(asked, ranked, strict=True)):
            parts = {QUERY: [query], PREDICTIONS: [stored[row] for row in rows]}
            if positives is not None:
                parts[POSITIVES] = [stored[row] for row in positives[number]]
            text = "\n".join(f"{title}\n" + "\n".join(paths) + "\n" for title, paths in parts.items())
            (whole / f"{number:03d}.txt").write_bytes(encode(text))
        whole.rename(target)
    sync_folder(target.parent)


def _read(file: Path) -> tuple[str, list[str]]:
    parts: dict[str, list[str]] = {}
    title = ""
    for line in file.read_text(encoding="utf-8-sig", errors="surrogateescape").split("\n"):
        line = line.strip()
        if line.endswith((" path:", " paths:", " scores:")):
            title = line
            parts[title] = []
        elif line and title:
            parts[title].append(line)
    if len(parts.get(QUERY, [])) != 1 or PREDICTIONS not in parts:
        raise FormatError(f"{file} is no file of predictions", MEND)
    return parts[QUERY][0], parts[PREDICTIONS]


def _paths(paths: Sequence[Path], root: Path | None) -> list[str]:
    names = [absolute(path).as_posix() for path in paths] if root is None else names_below(paths, root)
    check_lines(names)
    return names
